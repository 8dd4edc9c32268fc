import { Command, InvalidArgumentError } from "commander";
import { isUri } from "../wire/uri.ts";
import { isLoopback } from "../serve/origins.ts";
import { folderOf, portOf } from "./arguments.ts";

/** What `nexus serve` is asked for. */
export interface ServeOptions {
  /** The TCP port for WebSockets, where it was said. */
  readonly port: number | undefined;
  /** The address for it, where it was said. */
  readonly host: string | undefined;
  /** Where RawSocket is spoken, too, where it was said: an address and port, or the path of a unix socket. */
  readonly rawsocket: { readonly hostname: string; readonly port: number } | { readonly path: string } | undefined;
  /** A Nexus or a realm. */
  readonly served: ServedNexus | ServedRealm;
}

/** A Nexus, by a configuration file or on a data folder alone. */
export interface ServedNexus {
  /** The configuration file, if there is one. */
  readonly config: string | undefined;
  /** The data folder, where it was said. */
  readonly data: string | undefined;
  /** The seed, where it was said. */
  readonly seed: string | undefined;
}

/** A realm in which anonymous sessions may do everything; `anyOrigin`: also those of web pages from elsewhere. */
export interface ServedRealm {
  /** The name of the realm. */
  readonly open: string;
  /** Whether web pages from everywhere may connect. */
  readonly anyOrigin: boolean;
}

/** The options as they are written. */
interface GivenOptions {
  readonly port?: number;
  readonly host?: string;
  readonly config?: string;
  readonly rawsocket?: ServeOptions["rawsocket"];
  readonly data?: string;
  readonly seed?: string;
  readonly open?: string;
  readonly insecure?: boolean;
}

/**
 * Makes `nexus serve`.
 *
 * @returns The command; what it needs is loaded when it runs.
 */
export function serveCommand(): Command {
  const command = new Command("serve");
  return command
    .description("Runs a router until SIGINT or SIGTERM; SIGHUP reads the configuration file and the data again.")
    .option("--config <file>", "a YAML file as `nexus init` writes it; the other options override what it says")
    .option("--port <number>", "the TCP port for WebSockets, 0 for a free one (default: 8080)", portOf)
    .option("--host <address>", "the address for WebSockets (default: 127.0.0.1)")
    .option("--rawsocket <address>", "speak RawSocket, too: on HOST:PORT, PORT or unix:PATH", parseRawSocket)
    .option("--data <folder>", "where users, roles and metadata are kept", folderOf)
    .option("--seed <file>", "a YAML file with roles, restrictions and users that fills an empty data folder")
    .option("--open <realm>", "serve a realm, for trials, in which anonymous sessions may do everything")
    .option("--insecure", "allow --open on an address that other machines can reach, and to any web page")
    .addHelpText(
      "after",
      `
Examples:
  nexus serve --data ./nexus-data                        a Nexus; its first start makes the user admin and shows the password
  nexus serve --data ./team-data --seed seed.yaml        a Nexus whose roles and users come from a file
  nexus serve --config nexus.yaml                        a Nexus as a file describes it, which nexus init writes
  nexus serve --port 9000 --open realm1                  a realm without users, for trials`,
    )
    .action(async (options: GivenOptions) => {
      const served = options.open === undefined ? servedNexus(options) : servedRealm(options.open, options);
      if (typeof served === "string") return command.error(served);
      const { serve } = await import("./serve_router.ts");
      await serve({ port: options.port, host: options.host, rawsocket: options.rawsocket, served });
    });
}

function parseRawSocket(text: string): ServeOptions["rawsocket"] {
  if (text.startsWith("unix:") && text.length > 5) return { path: text.slice(5).replace(/^\/\/(?=\/)/, "") };
  const colon = text.lastIndexOf(":");
  const hostname = colon < 0 ? "127.0.0.1" : text.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  if (hostname === "") throw new InvalidArgumentError("It has to be HOST:PORT, PORT or unix:PATH");
  return { hostname, port: portOf(text.slice(colon + 1)) };
}

/** What is asked for, or in words why it cannot be had. */
function servedNexus({ config, data, seed, insecure }: GivenOptions): ServedNexus | string {
  if (data === undefined && config === undefined) {
    return "nothing to serve: add --data FOLDER or --config FILE, or --open REALM for trials";
  }
  return insecure ? "--insecure goes with --open only: leave it out" : { config, data, seed };
}

function servedRealm(
  open: string,
  { config, data, seed, insecure = false, host = "127.0.0.1", rawsocket }: GivenOptions,
): ServedRealm | string {
  if (config !== undefined) return `--open ${open} is all there is to say: leave out --config`;
  if (data !== undefined || seed !== undefined) {
    return `--open ${open} keeps nothing: leave out ${data === undefined ? "--seed" : "--data"}`;
  }
  if (!isUri(open)) return `--open "${open}" is no realm's name: use one such as realm1`;
  if (!insecure && !isLoopback(host)) {
    return `--open ${open} would let everyone who reaches ${host} do everything: leave out --host, or add --insecure`;
  }
  if (!insecure && rawsocket !== undefined && "hostname" in rawsocket && !isLoopback(rawsocket.hostname)) {
    return `--open ${open} would let everyone who reaches ${rawsocket.hostname} do everything: leave out --rawsocket, or add --insecure`;
  }
  return { open, anyOrigin: insecure };
}

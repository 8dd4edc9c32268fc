import { Command, InvalidArgumentError } from "commander";
import { isUri } from "../wire/uri.ts";
import { isLoopback } from "./loopback.ts";

/** What `nexus serve` serves, and where. */
export interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly served: ServedNexus | ServedRealm;
}

/** A Nexus on a data folder. */
export interface ServedNexus {
  readonly data: string;
  readonly seed: string | undefined;
}

/** A realm in which anonymous sessions may do everything; `anyOrigin`: also those of web pages from elsewhere. */
export interface ServedRealm {
  readonly open: string;
  readonly anyOrigin: boolean;
}

/** The options as they are written. */
interface GivenOptions {
  readonly port: number;
  readonly host: string;
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
    .description("Runs a router until SIGINT or SIGTERM.")
    .option("--port <number>", "the TCP port to listen on, 0 for a free one", parsePort, 8080)
    .option("--host <address>", "the address to listen on", "127.0.0.1")
    .option("--data <folder>", "where users, roles and metadata are kept")
    .option("--seed <file>", "a YAML file with roles, restrictions and users that fills an empty data folder")
    .option("--open <realm>", "serve a realm, for trials, in which anonymous sessions may do everything")
    .option("--insecure", "allow --open on an address that other machines can reach, and to any web page")
    .addHelpText(
      "after",
      `
Examples:
  nexus serve --data ./nexus-data                        a Nexus; its first start makes the user admin and shows the password
  nexus serve --data ./team-data --seed seed.yaml        a Nexus whose roles and users come from a file
  nexus serve --port 9000 --open realm1                  a realm without users, for trials`,
    )
    .action(async (options: GivenOptions) => {
      const served = options.open === undefined ? servedNexus(options) : servedRealm(options.open, options);
      if (typeof served === "string") return command.error(served);
      const { serve } = await import("./serve_router.ts");
      await serve({ port: options.port, host: options.host, served });
    });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("It has to be a number from 0 to 65535");
}

/** What is asked for, or in words why it cannot be had. */
function servedNexus({ data, seed, insecure }: GivenOptions): ServedNexus | string {
  if (data === undefined) return "nothing to serve: add --data FOLDER, or --open REALM for trials";
  return insecure ? "--insecure goes with --open only: leave it out" : { data, seed };
}

function servedRealm(open: string, { data, seed, insecure = false, host }: GivenOptions): ServedRealm | string {
  if (data !== undefined || seed !== undefined) {
    return `--open ${open} keeps nothing: leave out ${data === undefined ? "--seed" : "--data"}`;
  }
  if (!isUri(open)) return `--open "${open}" is no realm's name: use one such as realm1`;
  if (!insecure && !isLoopback(host)) {
    return `--open ${open} would let everyone who reaches ${host} do everything: leave out --host, or add --insecure`;
  }
  return { open, anyOrigin: insecure };
}

import { Command, InvalidArgumentError } from "commander";
import { isUri } from "../wire/uri.ts";

/** The options of `nexus serve`. */
export interface ServeOptions {
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
    .option("--insecure", "allow --open on an address that other machines can reach")
    .addHelpText(
      "after",
      `
Examples:
  nexus serve --data ./nexus-data                        a Nexus; its first start makes the user admin and shows the password
  nexus serve --data ./nexus-data --seed seed.yaml       a Nexus whose roles and users come from a file
  nexus serve --port 9000 --open realm1                  a realm without users, for trials`,
    )
    .action(async (options: ServeOptions) => {
      const problem = findProblem(options);
      if (problem !== undefined) command.error(problem);
      const { serve } = await import("./serve_router.ts");
      await serve(options);
    });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("It has to be a number from 0 to 65535");
}

function findProblem({ data, seed, open, insecure, host }: ServeOptions): string | undefined {
  if (open === undefined) {
    if (data === undefined) return "nothing to serve: add --data FOLDER, or --open REALM for trials";
    return insecure ? "--insecure goes with --open only: leave it out" : undefined;
  }
  if (data !== undefined || seed !== undefined) {
    return `--open ${open} keeps nothing: leave out ${data === undefined ? "--seed" : "--data"}`;
  }
  if (!isUri(open)) return `--open "${open}" is no realm's name: use one such as realm1`;
  if (!insecure && !isLoopback(host)) {
    return `--open ${open} would let everyone who reaches ${host} do everything: leave out --host, or add --insecure`;
  }
  return undefined;
}

function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}

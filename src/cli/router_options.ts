import type { Command } from "commander";
import { millisecondsOf } from "./arguments.ts";

/** How a command reaches a router, as it is written on the command line. */
export interface RouterOptions {
  /** The environment of the izaber.yaml that holds url, realm, username and the rest. */
  readonly context?: string;
  /** The izaber.yaml (default the one that izaber would find). */
  readonly izaber?: string;
  /** Where the router is. */
  readonly url?: string;
  /** The realm. */
  readonly realm?: string;
  /** Who it is. */
  readonly user?: string;
  /** The file that holds the password, key or ticket. */
  readonly passwordFile?: string;
  /** What goes before every URI. */
  readonly prefix?: string;
  /** How long anything may take, in milliseconds. */
  readonly timeout?: number;
}

/**
 * Gives a command the options by which it reaches a router.
 *
 * @param command The command.
 * @returns The same command.
 */
export function reachesRouter(command: Command): Command {
  return command
    .option("--context <name>", "the environment of izaber.yaml that says where and who (default NEXUS_CONTEXT)")
    .option("--izaber <file>", "the izaber.yaml (default the one that izaber finds)")
    .option("--url <url>", "where the router is (default ws://127.0.0.1:8080/ws)")
    .option("--realm <realm>", "the realm (default izaber with --user, as a Nexus has it, else realm1)")
    .option("--user <name>", "log in by this name; the password comes from NEXUS_PASSWORD, a file or a prompt")
    .option("--password-file <file>", "the file that holds the password, API key or one-time password")
    .option("--prefix <uri>", "goes before every URI (default none)")
    .option("--timeout <seconds>", "how long an answer may take (default 30)", millisecondsOf);
}

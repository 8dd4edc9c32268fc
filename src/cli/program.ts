import process from "node:process";
import { Command, CommanderError } from "commander";
import { WampError } from "../wire/errors.ts";
import { serveCommand } from "./serve.ts";
import { version } from "./version.ts";

/** What the command ends with: all well, it failed, it was called wrongly. */
const ExitCode = { done: 0, failed: 1, usage: 2 } as const;

/**
 * Runs the `nexus` command.
 *
 * @param args Its arguments, without the program's own name.
 * @returns The exit code, when the command has ended: 0, 1 when it failed, 2 when it was called wrongly.
 */
export async function run(args: readonly string[]): Promise<number> {
  const program = new Command("nexus")
    .description("A Nexus-compatible WAMP router.")
    .version(version)
    .addCommand(serveCommand());
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => {} });
  }
  if (args.length === 0) {
    program.outputHelp();
    return ExitCode.usage;
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return ExitCode.done;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.done;
    const usage = error instanceof CommanderError;
    const help = args[0] === "serve" ? "nexus serve --help" : "nexus --help";
    const message = usage ? `${error.message.replace(/^error: |\.$/g, "")}; see ${help}` : messageOf(error);
    process.stderr.write(`nexus: ${message.replaceAll(/\s*\n\s*/g, " ")}\n`);
    return usage ? ExitCode.usage : ExitCode.failed;
  }
}

function messageOf(error: unknown): string {
  if (WampError.is(error)) return error.message;
  return error instanceof Error ? `this should not have happened: ${error.stack ?? error.message}` : String(error);
}

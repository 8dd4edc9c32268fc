import process from "node:process";
import { Command, CommanderError } from "commander";
import { WampError } from "../wire/errors.ts";
import { adminCommands } from "./admin_commands.ts";
import { benchCommand } from "./bench.ts";
import { heedBrokenOutput } from "./broken_output.ts";
import { callCommand } from "./call.ts";
import { completionCommand } from "./completion.ts";
import { ExitCode, exitCodeOf, ProblemsFound } from "./exit_code.ts";
import { importCommand } from "./import.ts";
import { initCommand } from "./init.ts";
import { legible } from "./legible.ts";
import { publishCommand } from "./publish.ts";
import { realmCommands } from "./realm_commands.ts";
import { recordCommands } from "./record.ts";
import { registerCommand } from "./register.ts";
import { runCommand } from "./run.ts";
import { serveCommand } from "./serve.ts";
import { subscribeCommand } from "./subscribe.ts";
import { typesCommand } from "./types.ts";
import { userCommands } from "./user_commands.ts";
import { version } from "./version.ts";
import { wordsOf } from "./wording.ts";

/**
 * Runs the `nexus` command.
 *
 * @param args Its arguments, without the program's own name.
 * @returns The exit code, when the command has ended: 0, or what docs/cli.md says of failures.
 */
export async function run(args: readonly string[]): Promise<number> {
  const program = new Command("nexus")
    .description("A Nexus-compatible WAMP router, and a client of any WAMP router.")
    .version(version);
  const commands = [
    serveCommand(),
    initCommand(),
    importCommand(),
    callCommand(),
    publishCommand(),
    subscribeCommand(),
    registerCommand(),
    runCommand(),
    ...userCommands(),
    ...adminCommands(),
    ...realmCommands(),
    typesCommand(),
    ...recordCommands(),
    benchCommand(),
    completionCommand(program),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of all(program)) command.exitOverride().configureOutput({ writeErr: () => {} });
  if (args.length === 0) {
    program.outputHelp();
    return ExitCode.usage;
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return ExitCode.done;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.done;
    const command = commands.find((command) => command.name() === args[0]);
    const isUsage = error instanceof CommanderError;
    const message = isUsage ? usageOf(error, command) : messageOf(error);
    process.stderr.write(`nexus: ${legible(message.replaceAll(/\s*\n\s*/g, " "))}\n`);
    return isUsage ? ExitCode.usage : exitCodeOf(error);
  }
}

/** Runs the command as this process: by its arguments, with the exit code as its own. */
export async function runProcess(): Promise<void> {
  const args = process.argv.slice(2);
  heedBrokenOutput(args[0]);
  process.exitCode = await run(args);
}

function all(command: Command): Command[] {
  return [command, ...command.commands.flatMap(all)];
}

function usageOf({ code, message }: CommanderError, command: Command | undefined): string {
  // It would have shown the help of a group of which no command was said.
  const what = code === "commander.help"
    ? `say which command: ${command?.commands.map((one) => one.name()).join(", ")}`
    : message.replace(/^error: |\.$/g, "");
  return `${what}; see nexus ${command === undefined ? "" : `${command.name()} `}--help`;
}

function messageOf(error: unknown): string {
  if (error instanceof ProblemsFound) return error.message;
  if (WampError.is(error)) return wordsOf(error);
  return error instanceof Error ? `this should not have happened: ${error.stack ?? error.message}` : String(error);
}

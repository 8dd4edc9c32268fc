import { Command } from "commander";

/**
 * Makes a command that only has commands of its own.
 *
 * @param name Its name.
 * @param description What they are about.
 * @param commands The commands.
 * @returns The command.
 */
export function commandGroup(name: string, description: string, commands: readonly Command[]): Command {
  const group = new Command(name).description(description);
  for (const command of commands) group.addCommand(command);
  return group;
}

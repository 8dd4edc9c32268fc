import { Command } from "commander";
import { folderOf } from "./arguments.ts";

interface ImportCommandOptions {
  readonly data: string;
  readonly json?: boolean;
}

/**
 * Makes `nexus import`.
 *
 * @returns The command; what it needs is loaded when it runs.
 */
export function importCommand(): Command {
  return new Command("import")
    .description(
      "Takes over users, roles, URIs, metadata and API keys of an existing Nexus from its folder of YAML files.",
    )
    .argument("<folder>", "the data folder of that Nexus; it is only read")
    .requiredOption("--data <folder>", "the data folder that gets them; no server may run on it", folderOf)
    .option("--json", "write JSON on one line, as in a pipe")
    .addHelpText(
      "after",
      `
The folder has users/NAME/data.yaml, roles/NAME/data.yaml and so on, in itself or in its folder db. Passwords and keys go on working. What is there
already stays as it is. It writes how many came in, and what did not and why; where nothing is to be had, it fails.

Examples:
  nexus import /var/lib/nexus --data ./nexus-data
  nexus import ./backup/db --data ./nexus-data | jq .refused`,
    )
    .action(async (folder: string, { data, ...options }: ImportCommandOptions) => {
      const { importData } = await import("./import_data.ts");
      const { print } = await import("./terminal.ts");
      print(await importData(folder, data), options);
    });
}

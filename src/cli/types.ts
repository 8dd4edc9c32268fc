import { Command } from "commander";
import type { RealmQuestion } from "./realm_rows.ts";
import { reachesRouter } from "./router_options.ts";
import type { RouterOptions } from "./router_options.ts";

interface TypesOptions extends RouterOptions, RealmQuestion {
  readonly name: string;
}

/**
 * Makes `nexus types`.
 *
 * @returns The command; what it needs is loaded when it runs.
 */
export function typesCommand(): Command {
  return reachesRouter(new Command("types"))
    .description("Writes a TypeScript interface of the procedures that are registered, for connect<Api>().")
    .option("--name <name>", "what the interface is called", "Api")
    .option("--all", "with what the Nexus itself serves")
    .addHelpText(
      "after",
      `
Types come from the JSON Schemas that callees give with register(..., { document: { args, kwargs, result } }); without any they are unknown.
URIs are relative to --prefix.

Examples:
  nexus types > api.ts
  nexus types --prefix com.example --name Example > example_api.ts`,
    )
    .action(async ({ name, all, ...options }: TypesOptions) => {
      const { default: process } = await import("node:process");
      const { withRouter } = await import("./router_client.ts");
      const { interfaceOf, readProcedures } = await import("./interface.ts");
      await withRouter(options, async (wamp) => {
        process.stdout.write(interfaceOf(name, await readProcedures(wamp, { all }), options.prefix ?? ""));
      });
    });
}

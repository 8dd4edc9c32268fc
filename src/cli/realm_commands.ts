import { Command } from "commander";
import { administerAndPrint, administers } from "./admin_commands.ts";
import type { AdminOptions } from "./administer.ts";
import { countOf, folderOf } from "./arguments.ts";
import type { RealmQuestion } from "./realm_rows.ts";
import { reachesRouter } from "./router_options.ts";
import type { RouterOptions } from "./router_options.ts";

/** The options of a command that shows a table. */
interface TableOptions extends RouterOptions, RealmQuestion {
  readonly json?: boolean;
  readonly watch?: boolean;
}

interface KillOptions extends AdminOptions {
  readonly reason?: string;
  readonly message?: string;
}

/**
 * Makes the commands that show what there is in a realm, by its meta API.
 *
 * @returns `sessions`, `kill` and `uris`; what they need is loaded when they run.
 */
export function realmCommands(): Command[] {
  return [
    table("sessions", "Lists the sessions of the realm.", "nexus sessions --watch --user ada")
      .option("--data <folder>", "as the owner of this data folder, with who logged in and how", folderOf)
      .action(async ({ data, ...options }: TableOptions & { readonly data?: string }) => {
        if (data === undefined) return await show(options, "sessionRows");
        await administerAndPrint("sessions.list", {}, { ...options, data });
      }),
    administers(new Command("kill"))
      .description("Ends a session with GOODBYE.")
      .argument("<session>", "its id", countOf)
      .option("--reason <uri>", "why (default wamp.close.killed)")
      .option("--message <text>", "what to say of it")
      .addHelpText("after", "\nExamples:\n  nexus kill 8772603450211245 --data ./nexus-data")
      .action((session: number, options: KillOptions) =>
        administerAndPrint("sessions.kill", { session, reason: options.reason, message: options.message }, options, {
          missing: `session ${session}; nexus sessions lists those that there are`,
        })
      ),
    table(
      "uris",
      "Lists the procedures and topics of the realm, and how many serve or hear them.",
      "nexus uris | jq .uri",
    )
      .option("--all", "with what the Nexus itself serves and hears")
      .action((options: TableOptions) => show(options, "uriRows")),
  ];
}

function table(name: string, description: string, example: string): Command {
  return reachesRouter(new Command(name))
    .description(description)
    .option("--watch", "show it again every second until SIGINT or SIGTERM")
    .option("--json", "write a line of JSON for each row, as in a pipe")
    .addHelpText("after", `\nExamples:\n  nexus ${name}\n  ${example}`);
}

async function show(
  { watch = false, json, all, ...options }: TableOptions,
  rows: "sessionRows" | "uriRows",
): Promise<void> {
  const { withRouter } = await import("./router_client.ts");
  const realm = await import("./realm_rows.ts");
  const { showRows, showRowsAgain } = await import("./table.ts");
  await withRouter(options, async (wamp) => {
    const read = () => realm[rows](wamp, { all });
    if (watch) await showRowsAgain(read, { json });
    else showRows(await read(), { json });
  });
}

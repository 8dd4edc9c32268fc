import { Command } from "commander";
import { reachesRouter } from "./router_options.ts";
import type { RouterOptions } from "./router_options.ts";

/** The options of a command that shows a table. */
interface TableOptions extends RouterOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
}

/**
 * Makes the commands that show what there is in a realm, by its meta API.
 *
 * @returns `sessions` and `uris`; what they need is loaded when they run.
 */
export function realmCommands(): Command[] {
  return [
    table("sessions", "Lists the sessions of the realm.", "nexus sessions --watch --user ada")
      .action((options: TableOptions) => show(options, "sessionRows")),
    table(
      "uris",
      "Lists the procedures and topics of the realm, and how many serve or hear them.",
      "nexus uris | jq .uri",
    )
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

async function show({ watch = false, json, ...options }: TableOptions, rows: "sessionRows" | "uriRows"): Promise<void> {
  const { withRouter } = await import("./router_client.ts");
  const realm = await import("./realm_rows.ts");
  const { showRows, showRowsAgain } = await import("./table.ts");
  await withRouter(options, async (wamp) => {
    const read = () => realm[rows](wamp);
    if (watch) await showRowsAgain(read, { json });
    else showRows(await read(), { json });
  });
}

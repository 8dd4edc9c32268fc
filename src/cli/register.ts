import { Command, Option } from "commander";
import type { MatchPolicy } from "../wire/uri.ts";
import { countOf } from "./arguments.ts";
import { reachesRouter } from "./router_options.ts";
import type { RouterOptions } from "./router_options.ts";

interface RegisterCommandOptions extends RouterOptions {
  readonly match: MatchPolicy;
  readonly force?: boolean;
  readonly jobs: number;
}

/**
 * Makes `nexus register`.
 *
 * @returns The command; what it needs is loaded when it runs.
 */
export function registerCommand(): Command {
  return reachesRouter(new Command("register"))
    .description("Serves a procedure by a program until SIGINT or SIGTERM, also over reconnects.")
    .argument("<uri>", "the procedure")
    .argument("<command...>", "the program and its arguments, behind --")
    .addOption(
      new Option("--match <how>", "how the URI matches").choices(["exact", "prefix", "wildcard"]).default("exact"),
    )
    .option("--force", "take the procedure from whoever has it")
    .option("--jobs <number>", "how many calls may run at once; the others wait", countOf, 8)
    .addHelpText(
      "after",
      `
The program runs once for each call. It reads one line of JSON, { "procedure": ..., "args": [...], "kwargs": {...}, "caller": {...} }. The last line that
it writes is the result, those before it are progress: JSON where they are JSON, else text. If it ends with another code than 0, the
call fails with wamp.error.runtime_error, what it wrote to its standard error, and { "exit_code": ... }. The program of a
canceled call gets SIGTERM, and is killed when it has not ended 5 s later. Output that is still open 5 s after the program has ended is not waited for.

Examples:
  nexus register com.example.date -- date +%F
  nexus register com.example.upper -- jq -c '.args[0] | ascii_upcase'`,
    )
    .action(
      async (uri: string, command: string[], { match, force = false, jobs, ...options }: RegisterCommandOptions) => {
        const { joinRouter } = await import("./router_client.ts");
        const { serveByProgram } = await import("./program_procedure.ts");
        const { ConcurrencyQueue } = await import("../service/queue.ts");
        const { stopSignal } = await import("./stop_signal.ts");
        const { note } = await import("./terminal.ts");
        const wamp = await joinRouter(options, true);
        try {
          const queue = new ConcurrencyQueue("jobs", { limit: jobs });
          const { procedure } = await wamp.register(uri, serveByProgram(command), {
            match,
            force_reregister: force,
            queue,
          });
          note(`nexus serves ${procedure} by ${command[0]}`);
          await stopSignal();
          await wamp.drain();
        } finally {
          await wamp.close();
        }
      },
    );
}

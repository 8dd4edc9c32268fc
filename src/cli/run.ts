import { Command, Option } from "commander";
import type { LogLevel } from "../service/run.ts";
import { reachesRouter } from "./router_options.ts";
import type { RouterOptions } from "./router_options.ts";

interface RunCommandOptions extends RouterOptions {
  readonly log: LogLevel;
  readonly watch?: boolean;
}

/**
 * Makes `nexus run`.
 *
 * @returns The command; what it needs is loaded when it runs.
 */
export function runCommand(): Command {
  return reachesRouter(new Command("run"))
    .description("Runs services until SIGINT or SIGTERM, and lets them finish what they do then.")
    .argument(
      "<modules...>",
      "a module each, with :EXPORT for another than the default one: a class, an object, or a list of them",
    )
    .addOption(
      new Option("--log <level>", "from which level on to tell what happens")
        .choices(["debug", "info", "warn", "error", "none"]).default("info"),
    )
    .option("--watch", "start anew when a file beside a module changes")
    .addHelpText(
      "after",
      `
Examples:
  nexus run ./greeter.ts
  nexus run ./services.ts:Greeter ./services.ts:Clock --context live
  nexus run ./greeter.ts --watch`,
    )
    .action(async (modules: string[], { watch, log, ...options }: RunCommandOptions) => {
      if (watch) {
        const { runAgain } = await import("./run_again.ts");
        await runAgain(modules);
      } else {
        const { runServices } = await import("./run_services.ts");
        await runServices(modules, options, log);
      }
    });
}

import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { countOf } from "./arguments.ts";
import { reachesRouter } from "./router_options.ts";
import type { RouterOptions } from "./router_options.ts";

/** What is measured. */
export type Load = "rpc" | "pubsub" | "fanout";

/** How much of it. */
export interface BenchOptions extends RouterOptions {
  readonly seconds: number;
  readonly clients: number;
  readonly inFlight: number;
  readonly payload: number;
  readonly json?: boolean;
}

/**
 * Makes `nexus bench`.
 *
 * @returns The command; what it needs is loaded when it runs.
 */
export function benchCommand(): Command {
  return reachesRouter(new Command("bench"))
    .description("Measures a router under load from this machine: calls, events, or events to many.")
    .addArgument(new Argument("<load>", "what to measure").choices(["rpc", "pubsub", "fanout"]))
    .addOption(new Option("--seconds <number>", "for how long").argParser(secondsOf).default(5))
    .option("--clients <number>", "how many callers, publishers, or for fanout subscribers", countOf, 4)
    .option("--in-flight <number>", "how many calls or publications of each client wait at once", countOf, 16)
    .option("--payload <bytes>", "how long the text in each is", countOf, 16)
    .option("--json", "write JSON on one line, as in a pipe")
    .addHelpText(
      "after",
      `
What it says is how fast router and clients together are; the clients of this process take their part of the machine.

Examples:
  nexus bench rpc
  nexus bench fanout --clients 100 --seconds 10
  nexus bench pubsub --payload 16384 --url ws://router.example.com/ws`,
    )
    .action(async (load: Load, options: BenchOptions) => {
      const { bench } = await import("./bench_load.ts");
      await bench(load, options);
    });
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && seconds > 0 && seconds <= 3_600) return seconds;
  throw new InvalidArgumentError("It has to be a number of seconds above 0, at most 3600.");
}

import { Command, Option } from "commander";
import type { MatchPolicy } from "../wire/uri.ts";
import { countOf } from "./arguments.ts";
import { reachesRouter } from "./router_options.ts";
import type { RouterOptions } from "./router_options.ts";

interface SubscribeCommandOptions extends RouterOptions {
  readonly match: MatchPolicy;
  readonly count?: number;
  readonly retained?: boolean;
  readonly json?: boolean;
}

/**
 * Makes `nexus subscribe`.
 *
 * @returns The command; what it needs is loaded when it runs.
 */
export function subscribeCommand(): Command {
  return reachesRouter(new Command("subscribe"))
    .description("Writes the events of a topic until SIGINT or SIGTERM, also over reconnects.")
    .argument("<uri>", "the topic")
    .addOption(
      new Option("--match <how>", "how the URI matches").choices(["exact", "prefix", "wildcard"]).default("exact"),
    )
    .option("--count <number>", "end after so many events", countOf)
    .option("--retained", "begin with the event that the router keeps")
    .option("--json", "write JSON on one line, as in a pipe")
    .addHelpText(
      "after",
      `
Each event is written as { "topic": ..., "args": [...], "kwargs": {...} }.

Examples:
  nexus subscribe com.example.news
  nexus subscribe com.example --match prefix | jq -c .args
  nexus subscribe com.example.news --count 1              waits for one event`,
    )
    .action(async (uri: string, { match, count = Infinity, retained = false, ...options }: SubscribeCommandOptions) => {
      const { joinRouter } = await import("./router_client.ts");
      const { print } = await import("./terminal.ts");
      const { stopSignal } = await import("./stop_signal.ts");
      const wamp = await joinRouter(options, true);
      try {
        const events = wamp.events(uri, { match, get_retained: retained });
        void stopSignal().then(() => events.return());
        let seen = 0;
        for await (const { topic, args, kwargs } of events) {
          print({ topic, args, kwargs }, options);
          if (++seen >= count) break;
        }
      } finally {
        await wamp.close();
      }
    });
}

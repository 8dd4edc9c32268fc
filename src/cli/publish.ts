import { Command } from "commander";
import type { WampValue } from "../wire/values.ts";
import { collectKwarg, valueOf } from "./arguments.ts";
import { reachesRouter } from "./router_options.ts";
import type { RouterOptions } from "./router_options.ts";

interface PublishCommandOptions extends RouterOptions {
  readonly kwarg?: Readonly<Record<string, WampValue>>;
  readonly retain?: boolean;
}

/**
 * Makes `nexus publish`.
 *
 * @returns The command; what it needs is loaded when it runs.
 */
export function publishCommand(): Command {
  return reachesRouter(new Command("publish"))
    .description("Publishes an event and waits until the router has taken it.")
    .argument("<uri>", "the topic")
    .argument("[args...]", "its arguments: JSON where they are JSON, else text")
    .option("--kwarg <name=value>", "a keyword argument, any number of times", collectKwarg)
    .option("--retain", "keep the event for those who subscribe later")
    .addHelpText(
      "after",
      `
Examples:
  nexus publish com.example.news "it rains"
  nexus publish com.example.state '{"on": true}' --retain`,
    )
    .action(async (uri: string, args: string[], { kwarg, retain = false, ...options }: PublishCommandOptions) => {
      const { withRouter } = await import("./router_client.ts");
      await withRouter(options, (wamp) => wamp.publish(uri, args.map(valueOf), kwarg, { acknowledge: true, retain }));
    });
}

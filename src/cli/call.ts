import { Command } from "commander";
import type { Result } from "../client/result.ts";
import { collectKwarg, valueOf } from "./arguments.ts";
import { reachesRouter } from "./router_options.ts";
import type { RouterOptions } from "./router_options.ts";
import type { WampValue } from "../wire/values.ts";

interface CallCommandOptions extends RouterOptions {
  readonly kwarg?: Readonly<Record<string, WampValue>>;
  readonly json?: boolean;
  readonly progress?: boolean;
}

/**
 * Makes `nexus call`.
 *
 * @returns The command; what it needs is loaded when it runs.
 */
export function callCommand(): Command {
  return reachesRouter(new Command("call"))
    .description("Calls a procedure and writes its result.")
    .argument("<uri>", "the procedure")
    .argument("[args...]", "its arguments: JSON where they are JSON, else text")
    .option("--kwarg <name=value>", "a keyword argument, any number of times", collectKwarg)
    .option("--progress", "write progressive results, too, one line each")
    .option("--json", "write JSON on one line, as in a pipe")
    .addHelpText(
      "after",
      `
A result of one value is written as that; any other as { "args": [...], "kwargs": {...} }.

Examples:
  nexus call com.example.add 1 2                               3
  nexus call com.example.greet Ada --kwarg greeting=Hello
  nexus call com.example.store '{"a": [1, 2]}' --user ada      asks for the password
  nexus call --context live --prefix com.izaber.wamp auth.whoami | jq .authid`,
    )
    .action(async (uri: string, args: string[], options: CallCommandOptions) => {
      const { withRouter } = await import("./router_client.ts");
      const { isInteractive, note, print, jsonOf } = await import("./terminal.ts");
      await withRouter(options, async (wamp) => {
        const stream = wamp.stream(uri, args.map(valueOf), options.kwarg);
        for await (const step of stream) {
          if (options.progress) print(outcomeOf(step), options);
          else if (isInteractive()) note(jsonOf(outcomeOf(step)));
        }
        print(outcomeOf(await stream.result), options);
      });
    });
}

/**
 * Makes one value of a result.
 *
 * @param result The result.
 * @returns Its only argument, or all of it.
 */
export function outcomeOf({ args, kwargs }: Pick<Result, "args" | "kwargs">): unknown {
  if (Object.keys(kwargs).length > 0) return { args, kwargs };
  return args.length <= 1 ? args[0] ?? null : { args, kwargs };
}

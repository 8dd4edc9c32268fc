import { join } from "node:path";
import { connect, json, msgpack, RemoteError, webSocketDialer } from "../../../mod.ts";
import type { Client } from "../../../mod.ts";
import { freePorts } from "../free_port.ts";
import { peers, pythonOf } from "../install.ts";
import { within } from "../mailbox.ts";
import { same } from "../scenario.ts";
import { ServerProcess } from "../server_process.ts";
import type { Suite } from "../suite.ts";

type Check = (client: Client, other: Client) => Promise<void>;

const checks: Record<string, Check> = {
  calls: async (client) => same(await client.call("com.example.add", [2, 3]), 5, "2 + 3"),
  "whole results": async (client) => {
    const { args, kwargs } = await client.callResult("com.example.whole", [1, "two"], { three: [4] });
    same({ args, kwargs }, { args: [1, "two"], kwargs: { three: [4] } }, "the result");
  },
  errors: async (client) => {
    const error = await client.call("com.example.fail").catch((error) => error);
    if (!(error instanceof RemoteError)) throw error;
    same([error.uri, error.args, error.kwargs], ["com.example.error.custom", ["sorry", 42], { why: "test" }], "error");
    const missing = await client.call("com.example.nothing").catch((error) => error);
    // It answers wamp.error.runtime_error, where the specification has wamp.error.no_such_procedure.
    same(missing instanceof RemoteError, true, "a procedure that is not there");
    const wrong = await client.call("com.example.add", ["x"]).catch((error) => error);
    same(wrong.uri, "wamp.error.invalid_argument", "arguments that are not taken");
  },
  progress: async (client) => {
    const stream = client.stream("com.example.count");
    const steps: unknown[] = [];
    for await (const { args } of stream) steps.push(args);
    same([steps, (await stream.result).args], [[[1], [2], [3]], ["done"]], "progress and result");
  },
  "events to one session": async (client, other) => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const heard = await client.subscribe("com.example.news", (args, kwargs) => resolve([args, kwargs]));
    let overheard = 0;
    const listening = await other.subscribe("com.example.news", () => overheard++);
    await client.call("com.example.tell_me", ["hello"]);
    same(await within(promise, "the event"), [["hello"], { to: "you" }], "the event");
    await other.call("com.example.add", [1, 1]);
    same(overheard, 0, "what the other session heard");
    await Promise.all([heard.unsubscribe(), listening.unsubscribe()]);
  },
};

/** Our client on an application of serverwamp. */
export const serverwamp: readonly Suite[] = [{
  name: "serverwamp",
  needs: ["python/serverwamp"],
  run: async (report) => {
    const [port] = await freePorts(1) as [number];
    const script = join(peers, "python", "serverwamp_app.py");
    const server = new ServerProcess([pythonOf("python/serverwamp"), script, String(port)]);
    await server.start([port]);
    try {
      const ways = [[json, false], [json, true], [msgpack, false], [msgpack, true]] as const;
      for (const [serializer, batched] of ways) {
        const open = () =>
          connect(webSocketDialer(`ws://127.0.0.1:${port}/ws`, { batched }), {
            realm: "realm1",
            serializers: [serializer],
            reconnect: false,
            timeout: 15_000,
          });
        const [client, other] = await Promise.all([open(), open()]);
        try {
          await report.check(
            {
              ours: "client",
              who: "serverwamp",
              version: "2.0.0",
              transport: "ws",
              serializer: `${serializer.name}${batched ? " batched" : ""}`,
            },
            Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, () => check(client, other)])),
          );
        } finally {
          await Promise.all([client.close(), other.close()]);
        }
      }
    } finally {
      await server.stop();
    }
  },
}];

import { expect, test } from "vitest";
import type { Invocation, ProcedureHandler } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined } from "../support/scripted_client.ts";

/** How often a loop goes round at most: without turns in between it comes that far, with them never. */
const ENDLESS = 300_000;
const roles = { broker: {}, dealer: { features: { progressive_call_invocations: true } } };

const endless: [what: string, serve: (call: Invocation, count: () => void) => unknown][] = [
  ["an async generator", async function* (call, count) {
    for (let n = 0; n < ENDLESS && !call.aborted; n++) {
      count();
      yield n;
    }
  }],
  ["a loop that awaits progress()", async (call, count) => {
    for (let n = 0; n < ENDLESS && !call.aborted; n++) {
      count();
      await call.progress([n]);
    }
  }],
];

for (const progress of [false, true]) {
  test.each(endless)(
    `%s hears of an INTERRUPT, where progress is ${progress ? "wanted" : "not wanted"}`,
    async (_what, serve) => {
      const { client, peer } = await joined();
      let steps = 0;
      const handler: ProcedureHandler = (_args, _kwargs, call) => serve(call, () => steps += 1);
      const registered = client.register("com.example.p", handler);
      await peer.registered(5);
      await registered;
      setTimeout(() => peer.send([MessageType.INTERRUPT, 1, { mode: "killnowait" }]), 0);
      peer.send([MessageType.INVOCATION, 1, 5, { receive_progress: progress }]);
      while (client.session?.pending.invocations !== 0 || steps === 0) await new Promise((next) => setTimeout(next, 0));
      expect(steps).toBeGreaterThan(0);
      expect(steps).toBeLessThan(ENDLESS);
    },
  );
}

const wrong = { [Symbol.asyncIterator]: () => ({ next: () => 5 }) } as unknown as AsyncIterable<[]>;

test("an iterator whose next() gives no object is refused, and not read for ever", async () => {
  const { client, peer } = await joined({}, { roles });
  const reported: unknown[] = [];
  client.on("error", (error) => reported.push(error));
  const registered = client.register("com.example.p", () => wrong);
  await peer.registered(5);
  await registered;
  peer.send([MessageType.INVOCATION, 1, 5, { receive_progress: true }]);
  const { uri, payload } = await peer.next(MessageType.ERROR);
  const text = "next() of an async iterator gave 5, expected { value, done }";
  expect([uri, payload.args]).toEqual(["wamp.error.runtime_error", [text]]);
  expect(reported).toEqual([new TypeError(text)]);
  await expect(client.stream("com.example.p", wrong).result).rejects.toMatchObject({
    code: "aborted",
    cause: new TypeError(text),
  });
});

import { createClient } from "@izaber/wamp";
import { cbor, msgpack, Payload } from "@izaber/wamp/codec";
import type { Head, Serializer } from "@izaber/wamp/codec";
import { openRealm, Router } from "@izaber/wamp/router";
import { listen } from "@izaber/wamp/serve";
import { expect, test } from "vitest";
import { memoryPair } from "../../src/transport/memory.ts";
import type { Connection } from "../../src/transport/connection.ts";

const PROCEDURE = "com.example.a_procedure_whose_name_is_longer_than_what_an_invocation_says";

/** Joins by hand over memory, and gives what comes, one after the other. */
async function peer(router: Router, serializer: Serializer): Promise<{ send: Connection; next: () => Promise<Head> }> {
  const [send, other] = memoryPair(serializer);
  const heads: Head[] = [];
  let wake = () => {};
  send.start({
    message: (head) => {
      heads.push(head);
      wake();
    },
    violation: () => {},
    drained: () => {},
    closed: () => wake(),
  });
  router.accept(other);
  const next = async () => {
    while (heads.length === 0) await new Promise<void>((resolve) => wake = resolve);
    return heads.shift()!;
  };
  send.send([1, "realm1", { roles: { caller: {}, callee: {} } }]);
  expect((await next()).type).toBe(2);
  return { send, next };
}

test.each([msgpack, cbor])("what a sender keeps is not written into: $name", async (serializer) => {
  const router = new Router({ realms: [openRealm("realm1")] });
  const callee = await peer(router, serializer);
  const caller = await peer(router, serializer);
  callee.send.send([64, 1, {}, PROCEDURE]);
  expect((await callee.next()).type).toBe(65);
  const large = "x".repeat(6_000);
  const call = serializer.encode([48, 1, {}, PROCEDURE], Payload.of([large])) as Uint8Array<ArrayBuffer>;
  const copy = call.slice();
  caller.send.sendFrame(call);
  const invocation = await callee.next();
  expect(invocation.payload.args).toEqual([large]);
  expect(call).toEqual(copy);
  const answer = serializer.encode([70, invocation.firstId, {}], Payload.of([large])) as Uint8Array<ArrayBuffer>;
  const kept = answer.slice();
  callee.send.sendFrame(answer);
  expect((await caller.next()).payload.args).toEqual([large]);
  expect(answer).toEqual(kept);
  await router.close();
});

test.each([msgpack, cbor])(
  "over a WebSocket large calls and results come as they are, at once and in batches: $name",
  async (serializer) => {
    const router = new Router({ realms: [openRealm("realm1")], serializers: [serializer] });
    const listener = await listen(router);
    const options = { realm: "realm1", serializers: [serializer] };
    const callee = createClient(listener.url, options);
    const caller = createClient(listener.url, options);
    await Promise.all([callee.open(), caller.open()]);
    await callee.register(PROCEDURE, (args, kwargs) => [args, kwargs]);
    const sizes = Array.from({ length: 60 }, (_, i) => 3_000 + 417 * i);
    const values = sizes.map((size, i) =>
      i % 2 === 0 ? "x".repeat(size) : Array.from({ length: size / 16 }, (_, n) => `row ${n} of ${i}`)
    );
    const results = await Promise.all(values.map((value, i) => caller.call(PROCEDURE, [value, i], { i })));
    expect(results).toEqual(values.map((value, i) => [[value, i], { i }]));
    await Promise.all([callee.close(), caller.close()]);
    await router.close();
    await listener.close();
  },
);

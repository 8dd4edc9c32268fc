import { expect, inject, test } from "vitest";
import { cbor, connect, json, msgpack, webSocketDialer } from "@izaber/wamp";

const url = inject("routerUrl");

for (const serializer of [json, msgpack, cbor]) {
  for (const batched of [true, false]) {
    test(`a call comes back over ${batched ? "batched" : "plain"} ${serializer.name}`, async () => {
      const name = `com.example.add.${serializer.name}.${batched}.${crypto.randomUUID()}`;
      const options = { realm: "realm1", serializers: [serializer] };
      await using callee = await connect(webSocketDialer(url, { batched }), options);
      await using caller = await connect(webSocketDialer(url, { batched }), options);
      expect(caller.serializer).toBe(serializer.name);
      await callee.register(name, ([a, b]: [number, number]) => a + b);
      const sums = await Promise.all(Array.from({ length: 100 }, (_, n) => caller.call(name, [n, 1])));
      expect(sums).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
    });
  }
}

test("bytes, dates' texts, big numbers and unicode arrive as they were sent, whatever the two serializers are", async () => {
  const name = `com.example.echo.${crypto.randomUUID()}`;
  const values = [null, true, -1, 2 ** 40, 0.5, "grüße 👋", new Uint8Array([0, 1, 255]), { a: [1, { b: "c" }] }];
  await using callee = await connect(url, { realm: "realm1", serializers: [cbor] });
  await callee.register(name, (args) => args);
  for (const serializer of [json, msgpack, cbor]) {
    await using caller = await connect(url, { realm: "realm1", serializers: [serializer] });
    expect(await caller.call(name, values)).toEqual(values);
  }
});

import { expect, test } from "vitest";
import { connect } from "../../src/client/connect.ts";
import { ticket } from "../../src/auth/mod.ts";
import { json, msgpack } from "../../src/codec/mod.ts";
import { listen } from "../../src/serve/mod.ts";
import type { WampValue } from "../../src/wire/values.ts";
import { NexusHarness, refusal } from "./nexus_harness.ts";

/** A value of so many lists in each other. */
function nested(levels: number): WampValue {
  return Array.from({ length: levels }).reduce<WampValue>((inner) => [inner], 1);
}

test.each([json, msgpack])(
  "what is nested too deep to be listed with others is not kept ($name)",
  async (serializer) => {
    await using on = await NexusHarness.start();
    await using listener = await listen(on.nexus.router, { port: 0 });
    const join = (login: string) =>
      connect(listener.url, {
        realm: on.nexus.realm,
        auth: ticket(login, "pass"),
        serializers: [serializer],
        reconnect: false,
      });
    const [ann, tom] = [await join("ann"), await join("tom")];
    const { uuid } = on.nexus.users.get("ann")!;
    for (const levels of [65, 120, 122]) {
      const value = nested(levels);
      const kept = [
        ann.call("my.metadata.set", ["deep", value]),
        ann.call("my.metadata.set", ["deep", { a: value }]),
        ann.call("system.db.create", [uuid, "metadata", { key: "deep", value }]),
        ann.call("system.roster.register", ["roster.x", value]),
        ann.call("system.roster.register", ["roster.x", 1, value]),
      ];
      for (const one of kept) expect((await refusal(one)).text).toContain("has more than 64 levels");
    }
    await ann.call("my.metadata.set", ["deep", nested(64)]);
    await ann.call("system.roster.register", ["roster.x", nested(64)]);
    expect(await tom.call("system.db.query", ["users", null])).toMatchObject({ hits: 3 });
    expect(await tom.call("system.db.query", ["metadata", null])).toMatchObject({ hits: 1 });
    expect(await tom.call("system.db.query", ["rosters", null])).toMatchObject({ hits: 1 });
    expect(await tom.call("system.roster.query", ["roster.x"])).toEqual([nested(64)]);
    expect(Object.keys(await ann.call("my.metadata.list") as object)).toEqual(["deep"]);
    await ann.close();
    await tom.close();
  },
);

test("a value that YAML has no form for is listed as JSON, and the others as YAML", async () => {
  await using on = await NexusHarness.start();
  const [ann, tom] = [await on.join("ann"), await on.join("tom")];
  await ann.call("my.metadata.set", ["bytes", { a: new Uint8Array([1]) }]);
  await ann.call("my.metadata.set", ["plain", { a: 1 }]);
  const { records } = await tom.call("system.db.query", ["metadata"], { conditions: null, yaml: true }) as {
    records: { key: string; value: string }[];
  };
  const expected = { bytes: '{"a":"\\u0000AQ=="}', plain: "a: 1\n" };
  expect(Object.fromEntries(records.map(({ key, value }) => [key, value]))).toEqual(expected);
  expect(await ann.call("my.metadata.list", [true])).toMatchObject({ bytes: { value: expected.bytes } });
});

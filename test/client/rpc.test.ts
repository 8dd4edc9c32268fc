import { expect, test } from "vitest";
import { kwargs } from "@izaber/wamp";
import type { Rpc } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";

test("a procedure is called as a method, keyword arguments last", async () => {
  const { client, peer } = await joined({ prefix: "com.example" });
  const { session } = client;
  const calls = [
    client.rpc.math!.add!(1, 2),
    client.rpc.math!.add!<number>(1, kwargs({ base: 10 })),
    session!.rpc.now!(),
    client.rpc.name.length(),
  ];
  const sent: unknown[] = [];
  for (let n = 0; n < calls.length; n++) {
    const { firstId, uri, payload } = await peer.next(MessageType.CALL);
    sent.push([uri, payload.args, payload.kwargs]);
    peer.send([MessageType.RESULT, firstId, {}], [n]);
  }
  expect(sent).toEqual([
    ["com.example.math.add", [1, 2], {}],
    ["com.example.math.add", [1], { base: 10 }],
    ["com.example.now", [], {}],
    ["com.example.name.length", [], {}],
  ]);
  expect(await Promise.all(calls)).toEqual([0, 1, 2, 3]);
});

test("looking at a method, waiting for it, printing it and comparing it call nothing", async () => {
  const { client, peer } = await joined();
  const node: Rpc = client.rpc.a!.b!;
  const looked = node as unknown as Record<PropertyKey, unknown>;
  for (
    const name of [
      "then",
      "catch",
      "finally",
      "toJSON",
      "constructor",
      "call",
      "apply",
      "bind",
      "valueOf",
      "toLocaleString",
    ]
  ) {
    expect(looked[name]).toBeUndefined();
  }
  expect([looked[Symbol.iterator], looked[Symbol.toPrimitive], looked[Symbol.toStringTag]]).toEqual(
    [undefined, undefined, undefined],
  );
  expect(await node).toBe(node);
  expect(JSON.stringify({ node })).toBe("{}");
  expect(typeof node).toBe("function");
  expect([`calling ${node}`, node + "", String(client.rpc)]).toEqual(["calling a.b", "a.b", ""]);
  await settle();
  expect(peer.unread).toBe(0);
});

test("what cannot be sent is refused as by call", async () => {
  const { client, peer } = await joined();
  await expect(client.rpc.a!.b!(kwargs([1]))).rejects.toThrow(/kwargs is an array/);
  await expect(client.rpc["a b"]!()).rejects.toMatchObject({ code: "invalid_argument" });
  await expect((client.rpc as unknown as () => Promise<unknown>)()).rejects.toMatchObject({ code: "invalid_argument" });
  expect(peer.unread).toBe(0);
});

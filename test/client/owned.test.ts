import { cbor, json, msgpack } from "@izaber/wamp";
import { expect, test } from "vitest";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";

// What is received is the program's own, also where nothing was sent.
const sent: [string, unknown[][]][] = [["no arguments", []], ["positional ones alone", [[]]], [
  "empty ones",
  [[], {}] as never,
]];
const cases = [json, msgpack, cbor].flatMap((serializer) =>
  sent.map(([name, payload]) => [serializer.name, name, serializer, payload] as const)
);

test.each(cases)("by %s, a handler may change what it gets: %s", async (_, _name, serializer, payload) => {
  const { client, peer } = await joined({ serializers: [serializer] }, {}, serializer);
  const registered = client.register("a.p", (args: unknown[], kwargs: { limit?: number }) => {
    args[0] ??= "default";
    kwargs.limit ??= 10;
    return [args[0], kwargs.limit];
  });
  await peer.registered(5);
  await registered;
  for (const request of [1, 2]) {
    peer.send([MessageType.INVOCATION, request, 5, {}], ...payload as []);
    expect((await peer.next(MessageType.YIELD)).payload.args).toEqual([["default", 10]]);
  }

  const failed: unknown[] = [];
  client.on("error", (error) => void failed.push(error));
  const got: unknown[] = [];
  const subscribed = client.subscribe("a.t", (args: unknown[], kwargs: { seen?: number }) => {
    got.push([args.length, kwargs.seen]);
    args.push("more");
    kwargs.seen = 1;
  });
  await peer.subscribed(6);
  await subscribed;
  for (const publication of [1, 2]) peer.send([MessageType.EVENT, 6, publication, {}], ...payload as []);
  await settle();
  expect([got, failed]).toEqual([[[0, undefined], [0, undefined]], []]);

  const called = client.callResult("a.q");
  const { firstId } = await peer.next(MessageType.CALL);
  peer.send([MessageType.RESULT, firstId, {}], ...payload as []);
  const { args, kwargs } = await called as unknown as { args: unknown[]; kwargs: { mine?: number } };
  args.push(1);
  kwargs.mine = 1;
  expect([args, kwargs]).toEqual([[1], { mine: 1 }]);
}, 20_000);

test("the parts of a call that comes in parts may be changed, too", async () => {
  const { client, peer } = await joined();
  const registered = client.register("a.p", async (_args, _kwargs, call) => {
    const got: unknown[] = [];
    for await (const { args, kwargs } of call.input) {
      (args as unknown[]).push("own");
      (kwargs as { mine?: number }).mine = 1;
      got.push([args, kwargs]);
    }
    return got;
  });
  await peer.registered(5);
  await registered;
  peer.send([MessageType.INVOCATION, 1, 5, { progress: true }]);
  peer.send([MessageType.INVOCATION, 1, 5, { progress: true }], ["x"]);
  peer.send([MessageType.INVOCATION, 1, 5, {}]);
  const own = { mine: 1 };
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual([[[["own"], own], [["x", "own"], own]]]);
});

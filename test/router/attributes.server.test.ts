import { beforeEach, describe, expect, test } from "vitest";
import { cbor, direct, json, msgpack } from "../../src/codec/mod.ts";
import type { Serializer } from "../../src/codec/serializer.ts";
import { openRealm } from "../../src/router/mod.ts";
import type { Dict } from "../../src/wire/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { harness } from "./harness.ts";
import { fullRoles, settled } from "./peer.ts";
import type { Peer } from "./peer.ts";

let asked: Dict[] = [];
beforeEach(() => {
  asked = [];
});
const authorizer = {
  authorize(_: unknown, action: string, __: string, options: Dict) {
    if (action === "publish") asked.push(options);
    return true;
  },
};
const on = harness(() => ({
  realms: [
    { ...openRealm("realm1"), authorizer },
    { ...openRealm("strict"), strict: true },
    { ...openRealm("kept"), history: { topics: [{ uri: "com.example.own" }] } },
  ],
  limits: { retainedBytes: 20_000, optionsSize: 4_000 },
}));

const roles = {
  ...fullRoles,
  caller: { features: { ...fullRoles.caller!.features, progressive_call_invocations: true } },
  callee: { features: { ...fullRoles.callee!.features, progressive_call_invocations: true, call_reroute: true } },
};
const uri = "com.example.own";
const own: Dict = {
  _traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  _baggage: { user: "ann", parts: [1, 2.5, null, "grüße"] },
  _seal: Uint8Array.of(0, 255, 128),
};
/** What is not passed on: what WAMP does not define, and what the router alone says, though it stands among what is. */
const others: Dict = {
  x_own: 1,
  own_: 1,
  caller: 1,
  caller_authid: "forged",
  publisher: 1,
  publisher_authid: "forged",
  callee: 1,
  procedure: "com.forged",
  topic: "com.forged",
  retained: true,
};
const speaking = [direct, json, msgpack, cbor];
const pairs = speaking.flatMap((from) => speaking.map((to) => ({ from, to, names: `${from.name} to ${to.name}` })));

async function two(
  from: Serializer = direct,
  to: Serializer = direct,
  realm = "realm1",
): Promise<[sender: Peer, receiver: Peer]> {
  return [await on.dial(from).join(realm, roles), await on.dial(to).join(realm, roles)];
}

describe.each(pairs)("attributes of a program's own, from $names,", ({ from, to }) => {
  test("go along with the call, its progress, its result and the event, and nothing else does", async () => {
    const [caller, callee] = await two(from, to);
    const registration = await callee.register(uri);
    const subscription = await callee.subscribe(uri);
    const request = caller.call(uri, { ...others, ...own, receive_progress: true }, ["x"]);
    const details = { ...own, receive_progress: true };
    expect(await callee.next()).toEqual([M.INVOCATION, 1, registration, details, ["x"]]);
    const { caller: _, callee: __, ...answered } = others;
    callee.send([M.YIELD, 1, { ...answered, _step: 1, progress: true }, ["y"]]);
    callee.send([M.YIELD, 1, { ...answered, ...own }, ["z"]]);
    expect(await caller.next()).toEqual([M.RESULT, request, { _step: 1, progress: true }, ["y"]]);
    expect(await caller.next()).toEqual([M.RESULT, request, own, ["z"]]);
    caller.publish(uri, { ...others, ...own }, ["e"]);
    expect(await callee.next()).toEqual([M.EVENT, subscription, expect.any(Number), own, ["e"]]);
    expect(await callee.rest()).toEqual([]);
  });

  test("come back with an ERROR, and nothing else does", async () => {
    const [caller, callee] = await two(from, to);
    await callee.register(uri);
    const request = caller.call(uri);
    await callee.next();
    callee.send([M.ERROR, M.INVOCATION, 1, { ...own, private: 1 }, "com.example.error", ["x"]]);
    expect(await caller.next()).toEqual([M.ERROR, M.CALL, request, own, "com.example.error", ["x"]]);
  });
});

test("they stand beside what the router itself says, and in the place of none of it", async () => {
  const [sender, receiver] = await two(json, msgpack, "strict");
  await receiver.register("com.example", { match: "prefix", disclose_caller: true });
  await receiver.subscribe("com..own", { match: "wildcard" });
  const named = { _caller: 1, _publisher: 1, _procedure: "x", _topic: "x", ["__proto__"]: { a: 1 } };
  sender.call(uri, { ...named, disclose_me: true });
  const { caller, caller_authid, ...call } = (await receiver.next())[3] as Dict;
  expect(caller).toBe(sender.id);
  expect(caller_authid).toEqual(expect.any(String));
  expect(call).toEqual({ ...named, procedure: uri, caller_authrole: "anonymous" });
  sender.publish(uri, { ...named, disclose_me: true });
  const { publisher, publisher_authid, ...event } = (await receiver.next())[3] as Dict;
  expect(publisher).toBe(sender.id);
  expect(publisher_authid).toEqual(expect.any(String));
  expect(event).toEqual({ ...named, topic: uri, publisher_authrole: "anonymous" });
  for (const details of [call, event]) expect(Object.keys(details)).toContain("__proto__");
});

test("they go along with a payload that is not for the router", async () => {
  const features = { payload_passthru_mode: true };
  const roles = { caller: { features }, callee: { features }, publisher: { features }, subscriber: { features } };
  const [sender, receiver] = [await on.dial().join("strict", roles), await on.dial().join("strict", roles)];
  await receiver.register(uri);
  sender.call(uri, { ...own, ppt_scheme: "x_own", ppt_cipher: "x" });
  expect((await receiver.next())[3]).toEqual({ ...own, ppt_scheme: "x_own", ppt_cipher: "x" });
});

test("each part of a call in parts has its own", async () => {
  const [caller, callee] = await two();
  const registration = await callee.register("com.example", { match: "prefix" });
  const request = caller.call(uri, { _first: 1, _both: 1, progress: true, disclose_me: true }, ["a"]);
  caller.send([M.CALL, request, { _both: 2, progress: true }, uri, ["b"]]);
  caller.send([M.CALL, request, { progress: true }, uri, ["c"]]);
  caller.send([M.CALL, request, { _last: 3 }, uri, ["d"]]);
  const said = {
    procedure: uri,
    caller: caller.id,
    caller_authid: expect.any(String),
    caller_authrole: "anonymous",
  };
  const parts = [];
  for (let part = 0; part < 4; part++) parts.push((await callee.next()).slice(1));
  expect(parts).toEqual([
    [1, registration, { ...said, _first: 1, _both: 1, progress: true }, ["a"]],
    [1, registration, { ...said, _both: 2, progress: true }, ["b"]],
    [1, registration, { ...said, progress: true }, ["c"]],
    [1, registration, { ...said, _last: 3 }, ["d"]],
  ]);
});

test("a call that goes to the next callee has the same", async () => {
  const [caller, callee] = await two(json, json);
  const second = await on.dial(json).join("realm1", roles);
  for (const peer of [callee, second]) await peer.register(uri, { invoke: "first" });
  caller.call(uri, own);
  expect((await callee.next())[3]).toEqual(own);
  callee.send([M.ERROR, M.INVOCATION, 1, {}, "wamp.error.unavailable"]);
  expect((await second.next())[3]).toEqual(own);
});

test("a retained event has them, and so has what is kept of a topic's history", async () => {
  const [publisher, late] = await two(json, cbor, "kept");
  publisher.publish(uri, { ...own, retain: true, exclude_me: false });
  await settled();
  const subscription = await late.subscribe(uri, { get_retained: true });
  expect((await late.next())[3]).toEqual({ ...own, retained: true });
  const [, , , events] = await late.ask([M.CALL, 1, {}, "wamp.subscription.get_events", [subscription]]);
  expect((events as Dict[]).map(({ details }) => details)).toEqual([own]);
});

test("retained ones count for what they take in memory, since they are kept decoded", async () => {
  const [publisher, late] = await two(json, json);
  const kept = async () => {
    await late.rest();
    await late.subscribe("", { match: "prefix", get_retained: true });
    return (await late.rest()).map((event) => (event[3] as Dict).topic);
  };
  publisher.publish("com.plain", { retain: true }, ["x".repeat(15_000)]);
  expect(await kept()).toEqual(["com.plain"]);
  publisher.publish("com.own", { retain: true, _lists: new Array(100).fill([]) });
  expect(await kept()).toEqual(["com.own"]);
});

test("a testament is published with them", async () => {
  const [dying, heir] = await two(json, json);
  await heir.subscribe(uri);
  const kwargs = { publish_options: { ...own, private: 1 } };
  await dying.ask([M.CALL, 1, {}, "wamp.session.add_testament", [uri, ["left"], {}], kwargs]);
  dying.send([M.GOODBYE, {}, "wamp.close.normal"]);
  expect((await heir.next()).slice(3)).toEqual([own, ["left"]]);
});

test("an authorizer is shown them; what the router itself answers and announces has none", async () => {
  const [peer, other] = await two(json, json);
  await other.subscribe("wamp.session", { match: "prefix" });
  peer.publish(uri, own);
  expect(await peer.ask([M.CALL, peer.request(), own, "wamp.session.get", [peer.id]])).toEqual(
    [M.RESULT, 2, {}, [expect.objectContaining({ session: peer.id })]],
  );
  expect(asked).toEqual([own]);
  expect((await peer.ask([M.CALL, peer.request(), own, "com.nobody"])).slice(2, 4)).toEqual([3, {}]);
});

test("those that one side cannot be sent fail the call, and the event for that side alone", async () => {
  const [local, far] = await two(direct, json);
  const near = await on.dial(msgpack).join("realm1", roles);
  await far.register(uri);
  for (const peer of [far, near]) await peer.subscribe(uri);
  const odd = { _map: new Map([[1, "one"]]), _wild: NaN };
  const request = local.call(uri, odd);
  expect((await local.next()).slice(1, 5)).toEqual([M.CALL, request, {}, "wamp.error.invalid_argument"]);
  local.publish(uri, odd);
  expect((await near.next())[3]).toMatchObject({ _wild: NaN });
  expect(await far.rest()).toEqual([]);
  expect(on.takeFailures()).toHaveLength(1);
  local.call(uri, own);
  const [, id] = await far.next();
  far.send([M.YIELD, id, {}]);
  expect((await local.next())[0]).toBe(M.RESULT);
});

test("they count as options: of a message with too many the session ends", async () => {
  const [sender] = await two(json, json);
  const answer = await sender.ask([M.PUBLISH, 1, { _large: "x".repeat(4_000) }, uri]);
  expect(answer[2]).toBe("wamp.error.protocol_violation");
});

test("an event with them is encoded once for each serializer, however many receive it", async () => {
  let encoded = 0;
  const counting: Serializer = {
    ...json,
    encode: (header, payload) => {
      if (header[0] === M.EVENT) encoded++;
      return json.encode(header, payload);
    },
  };
  const [publisher, first] = await two(json, counting);
  const second = await on.dial(counting).join("realm1", roles);
  for (const peer of [first, second]) await peer.subscribe(uri);
  publisher.publish(uri, own);
  for (const peer of [first, second]) expect((await peer.next())[3]).toEqual(own);
  expect(encoded).toBe(1);
});

import { describe, expect, test } from "vitest";
import { cbor, direct, json, msgpack } from "../../src/codec/mod.ts";
import { openRealm } from "../../src/router/mod.ts";
import type { Dict, Roles } from "../../src/wire/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { harness } from "./harness.ts";
import { fullRoles } from "./peer.ts";

const on = harness(() => ({ realms: [openRealm("realm1"), { ...openRealm("strict"), strict: true }] }));

const roles: Roles = Object.fromEntries(
  Object.entries(fullRoles).map(([role, { features }]) => [role, {
    features: { ...features, payload_passthru_mode: true },
  }]),
);
const passthru: Dict = {
  ppt_scheme: "wamp",
  ppt_serializer: "cbor",
  ppt_cipher: "xsalsa20poly1305",
  ppt_keyid: "key-1",
};
const secret = Uint8Array.of(0, 255, 128, 7);
const uri = "com.example.secret";
const refused = "wamp.error.feature_not_supported";
const speaking = [direct, json, msgpack, cbor];
const pairs = speaking.flatMap((from) => speaking.map((to) => ({ from, to, names: `${from.name} to ${to.name}` })));

describe.each(pairs)("a payload that is not for the router, from $names,", ({ from, to }) => {
  test("reaches callee, caller and subscriber with what they need to read it", async () => {
    const [caller, callee] = [await on.dial(from).join("realm1", roles), await on.dial(to).join("realm1", roles)];
    const registration = await callee.register(uri);
    const subscription = await callee.subscribe(uri);
    const request = caller.call(uri, { ...passthru, receive_progress: true }, [secret]);
    const details = { ...passthru, receive_progress: true };
    expect(await callee.next()).toEqual([M.INVOCATION, 1, registration, details, [secret]]);
    callee.send([M.YIELD, 1, { ...passthru, progress: true }, [secret]]);
    callee.send([M.YIELD, 1, passthru, [secret]]);
    expect(await caller.next()).toEqual([M.RESULT, request, { ...passthru, progress: true }, [secret]]);
    expect(await caller.next()).toEqual([M.RESULT, request, passthru, [secret]]);
    caller.publish(uri, passthru, [secret]);
    expect(await callee.next()).toEqual([M.EVENT, subscription, expect.any(Number), passthru, [secret]]);
  });

  test("comes back with an ERROR", async () => {
    const [caller, callee] = [await on.dial(from).join("realm1", roles), await on.dial(to).join("realm1", roles)];
    await callee.register(uri);
    const request = caller.call(uri);
    await callee.next();
    callee.send([M.ERROR, M.INVOCATION, 1, { ...passthru, private: 1 }, "com.example.error", [secret]]);
    expect(await caller.next()).toEqual([M.ERROR, M.CALL, request, passthru, "com.example.error", [secret]]);
  });
});

describe("where one side did not announce it,", () => {
  test("the callee: the caller is told", async () => {
    const [caller, callee] = [await on.dial().join("realm1", roles), await on.dial().join()];
    await callee.register(uri, { invoke: "first" });
    const request = caller.call(uri, passthru, [secret]);
    expect((await caller.next()).slice(0, 5)).toEqual([M.ERROR, M.CALL, request, {}, refused]);
    const able = await on.dial().join("realm1", roles);
    await able.register(uri, { invoke: "first" });
    caller.call(uri, passthru, [secret]);
    expect((await able.next())[3]).toEqual(passthru);
    expect(await callee.rest()).toEqual([]);
  });

  test.each([M.YIELD, M.ERROR])("the caller: its call ends with an error (%i)", async (type) => {
    const [caller, callee] = [await on.dial().join(), await on.dial().join("realm1", roles)];
    await callee.register(uri);
    const request = caller.call(uri);
    await callee.next();
    callee.send(type === M.YIELD ? [type, 1, passthru, [secret]] : [type, M.INVOCATION, 1, passthru, "a.b", [secret]]);
    expect((await caller.next()).slice(0, 5)).toEqual([M.ERROR, M.CALL, request, {}, refused]);
    expect(await callee.rest()).toEqual([]);
  });

  test("the subscriber: it gets the event all the same", async () => {
    const [publisher, subscriber] = [await on.dial().join("realm1", roles), await on.dial().join()];
    const subscription = await subscriber.subscribe(uri);
    publisher.publish(uri, passthru, [secret]);
    expect(await subscriber.next()).toEqual([M.EVENT, subscription, expect.any(Number), passthru, [secret]]);
  });

  test.each([
    [M.CALL, [M.CALL, 1, passthru, uri]],
    [M.PUBLISH, [M.PUBLISH, 1, passthru, uri]],
    [M.YIELD, [M.YIELD, 1, passthru]],
    [M.ERROR, [M.ERROR, M.INVOCATION, 1, passthru, uri]],
  ])("the sender: a strict realm ends its session (%i)", async (_, message) => {
    const peer = await on.dial().join("strict");
    expect((await peer.ask(message))[2]).toBe("wamp.error.protocol_violation");
    expect((await peer.closed).code).toBe(1002);
  });
});

test("a retained event and one of a pattern keep it", async () => {
  const [publisher, subscriber] = [await on.dial().join("realm1", roles), await on.dial().join()];
  publisher.publish(uri, { ...passthru, retain: true, disclose_me: true }, [secret]);
  await publisher.rest();
  const subscription = await subscriber.subscribe("com.example", { match: "prefix", get_retained: true });
  const publishing = { publisher: publisher.id, publisher_authid: expect.any(String), publisher_authrole: "anonymous" };
  const details = { ...passthru, ...publishing, topic: uri, retained: true };
  expect(await subscriber.next()).toEqual([M.EVENT, subscription, expect.any(Number), details, [secret]]);
});

test.each([
  [{ ppt_scheme: "" }],
  [{ ppt_scheme: null, ppt_keyid: "x" }],
  [{ ppt_serializer: "cbor" }],
])("options %j are an ordinary message's", async (options) => {
  const [caller, callee] = [await on.dial().join(), await on.dial().join()];
  const registration = await callee.register(uri);
  caller.call(uri, options, ["x"]);
  expect(await callee.next()).toEqual([M.INVOCATION, 1, registration, {}, ["x"]]);
});

test("a scheme that is no string is a violation", async () => {
  const peer = await on.dial().join();
  expect((await peer.ask([M.CALL, 1, { ppt_scheme: 1 }, uri]))[2]).toBe("wamp.error.protocol_violation");
});

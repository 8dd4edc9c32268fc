import { describe, expect, test } from "vitest";
import { json } from "../../src/codec/mod.ts";
import { openRealm } from "../../src/router/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { harness } from "./harness.ts";
import type { Peer } from "./peer.ts";
import { settled } from "./peer.ts";

const on = harness(() => ({ realms: [openRealm("realm1"), { ...openRealm("strict"), strict: true }] }));

/** A pair that calls and publishes while others misbehave. */
async function wellBehaved() {
  const [callee, caller] = [await on.dial(json).join(), await on.dial().join()];
  await callee.register("com.example.p");
  await callee.subscribe("com.example.t");
  return async () => {
    const request = caller.call("com.example.p", {}, ["x"]);
    caller.publish("com.example.t", {}, ["y"]);
    const [invocation, event] = [await callee.next(), await callee.next()];
    expect([invocation[4], event[4]]).toEqual([["x"], ["y"]]);
    callee.send([M.YIELD, invocation[1], {}, ["z"]]);
    expect(await caller.next()).toEqual([M.RESULT, request, {}, ["z"]]);
  };
}

async function isEnded(peer: Peer): Promise<void> {
  const abort = await peer.next();
  expect([abort[0], abort[2]]).toEqual([M.ABORT, "wamp.error.protocol_violation"]);
  expect((abort[1] as { message: string }).message.length).toBeGreaterThan(10);
  expect(await peer.closed).toMatchObject({ code: 1002, local: false });
  expect(on.router.violations).toBe(1);
}

const notWamp = [
  "",
  "x",
  "{}",
  "[]",
  "[48",
  "null",
  "7",
  '["48"]',
  "[48,1,{}]",
  '[48,1,[],"a.b"]',
  '[48,-1,{},"a.b"]',
  "[77,1]",
  "[1.5]",
];
const notFromClients = [
  [M.WELCOME, 1, {}],
  [M.CHALLENGE, "ticket", {}],
  [M.RESULT, 1, {}],
  [M.EVENT, 1, 1, {}],
  [M.INVOCATION, 1, 1, {}],
  [M.INTERRUPT, 1, {}],
  [M.SUBSCRIBED, 1, 1],
  [M.UNSUBSCRIBED, 1],
  [M.PUBLISHED, 1, 1],
  [M.REGISTERED, 1, 1],
  [M.UNREGISTERED, 1],
];

describe("what is not WAMP ends the session that said it, and disturbs no other", () => {
  test.each(notWamp)("frame %j on a session", async (frame) => {
    const others = await wellBehaved();
    const peer = await on.dial(json).join();
    peer.connection.sendFrame(frame);
    await others();
    await isEnded(peer);
    await others();
  });

  test.each(notWamp)("frame %j instead of HELLO", async (frame) => {
    const peer = on.dial(json);
    peer.connection.sendFrame(frame);
    await isEnded(peer);
  });

  test.each(notFromClients)("message %j from a client", async (...message) => {
    const peer = await on.dial().join();
    peer.send(message);
    await isEnded(peer);
  });
});

describe("an option that is not what it has to be ends the session", () => {
  test.each([
    [M.REGISTER, 1, { match: "regex" }, "a.b"],
    [M.REGISTER, 1, { invoke: "nosuch" }, "a.b"],
    [M.REGISTER, 1, { concurrency: 0 }, "a.b"],
    [M.REGISTER, 1, { force_reregister: "x" }, "a.b"],
    [M.SUBSCRIBE, 1, { match: 5 }, "a.b"],
    [M.PUBLISH, 1, { eligible: 5 }, "a.b"],
    [M.PUBLISH, 1, { exclude: ["x"] }, "a.b"],
    [M.CALL, 1, { receive_progress: "yes" }, "a.b"],
    [M.CANCEL, 1, { mode: "nosuch" }],
    [M.YIELD, 1, { progress: 1 }],
  ])("%j %j %j", async (...message) => {
    const peer = await on.dial().join();
    peer.send(message);
    await isEnded(peer);
  });

  test("and one that nobody knows is ignored", async () => {
    const peer = await on.dial().join();
    await peer.register("a.b", { unknown_option: 1, disclose_caller: true });
  });
});

test.each([
  [M.CALL, 2, {}, "com.example.p"],
  [M.CALL, 0, {}, "com.example.p"],
  [M.REGISTER, 77, {}, "com.example.p"],
  [M.UNSUBSCRIBE, 3, 1],
])("request id %j %j out of turn ends a session of a strict realm, and no other", async (...message) => {
  const [strict, lenient] = [await on.dial().join("strict"), await on.dial().join()];
  lenient.send(message);
  await lenient.rest();
  strict.send(message);
  await isEnded(strict);
  await lenient.subscribe("com.example.t");
});

test("request ids in turn are taken in a strict realm, whatever their message", async () => {
  const peer = await on.dial().join("strict");
  await peer.register("com.example.p");
  const subscription = await peer.subscribe("com.example.t");
  const request = peer.call("com.example.p");
  peer.send([M.CANCEL, request, { mode: "skip" }]);
  peer.publish("com.example.t", { acknowledge: true });
  expect((await peer.ask([M.UNSUBSCRIBE, peer.request(), subscription]))[0]).not.toBe(M.ABORT);
  expect((await peer.rest()).map(([type]) => type)).not.toContain(M.ABORT);
});

test("options that are too large end the session, however large args may be", async () => {
  const [peer, other] = [await on.dial(json).join(), await on.dial().join()];
  await other.subscribe("com.example.t");
  peer.publish("com.example.t", {}, ["x".repeat(300_000)]);
  expect((await other.next())[0]).toBe(M.EVENT);
  peer.publish("com.example.t", { x_large: "x".repeat(300_000) });
  await isEnded(peer);
  expect(await other.rest()).toEqual([]);
});

test("a message type that is open to extensions is ignored", async () => {
  const peer = await on.dial(json).join();
  peer.connection.sendFrame('[300, "whatever", {}]');
  expect(await peer.rest()).toEqual([]);
  await peer.subscribe("com.example.t");
});

test("what follows a violation in the same turn is not acted on", async () => {
  const [peer, other] = [await on.dial(json).join(), await on.dial().join()];
  await other.subscribe("com.example.t");
  peer.connection.sendFrame("not json");
  peer.publish("com.example.t");
  await isEnded(peer);
  expect(await other.rest()).toEqual([]);
  expect(await peer.rest()).toEqual([]);
});

test("ABORT is never answered", async () => {
  const [early, joined] = [on.dial(), await on.dial().join()];
  for (const peer of [early, joined]) {
    peer.send([M.ABORT, { message: "enough" }, "wamp.error.protocol_violation"]);
    await peer.closed;
    expect(await peer.rest()).toEqual([]);
  }
  await settled();
  expect(on.router.statistics("realm1")?.sessions).toBe(0);
});

import { afterEach, describe, expect, test } from "vitest";
import { json } from "../../src/codec/mod.ts";
import { openRealm } from "../../src/router/mod.ts";
import { Connection } from "../../src/transport/connection.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { harness } from "./harness.ts";
import { fullRoles, settled } from "./peer.ts";
import { Socket } from "./socket.ts";

let clock: FakeClock;

const on = harness(() => {
  clock = new FakeClock();
  const kept = { ...openRealm("kept"), history: { topics: [{ uri: "com.log" }] } };
  return {
    realms: [openRealm("realm1"), kept],
    limits: { calleeBytes: 4_000, queuedBytes: 10_000, pendingCalls: 2 },
    clock,
  };
});

const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.terminate();
});

async function socket(realm = "realm1"): Promise<Socket> {
  const transport = new Socket();
  sockets.push(transport);
  on.router.accept(new Connection(transport, json, { highWaterMark: 1_000 }));
  transport.receive([M.HELLO, realm, { roles: fullRoles }]);
  expect((await transport.said())[0]![0]).toBe(M.WELCOME);
  return transport;
}

/** Makes a subscriber full by events that it does not read; gives its publisher. */
async function fill(subscriber: Socket) {
  subscriber.receive([M.SUBSCRIBE, 100, {}, "com.example.t"]);
  await subscriber.said();
  subscriber.stuck = true;
  const publisher = await on.dial().join();
  while (subscriber.queuedBytes < 1_000) {
    publisher.publish("com.example.t", {}, ["x".repeat(200)]);
    await settled();
  }
  await subscriber.said();
  return publisher;
}

describe("a session that does not read", () => {
  test("loses events, which are counted, and gets the later ones when it reads again", async () => {
    const slow = await socket();
    const publisher = await fill(slow);
    publisher.publish("com.example.t", {}, ["lost"]);
    publisher.publish("com.example.t", {}, ["lost, too"]);
    expect(await slow.said()).toEqual([]);
    expect(on.router.statistics("realm1")?.droppedEvents).toBe(2);
    slow.drain();
    publisher.publish("com.example.t", {}, ["seen"]);
    expect((await slow.said())[0]![4]).toEqual(["seen"]);
  });

  test("but what comes in one turn is not lost to a session that reads, though it is more than its mark", async () => {
    const quick = await socket();
    quick.receive([M.SUBSCRIBE, 100, {}, "com.example.t"]);
    await quick.said();
    const publisher = await on.dial().join();
    for (let i = 0; i < 5; i++) publisher.publish("com.example.t", {}, ["x".repeat(900)]);
    expect(await quick.saidOf(M.EVENT)).toHaveLength(5);
    expect([quick.pauses, on.router.statistics("realm1")?.droppedEvents]).toEqual([0, 0]);
  });

  test("still gets calls, until too much waits for it: then their callers hear network_failure", async () => {
    const slow = await socket();
    slow.receive([M.REGISTER, 1, {}, "com.example.p"]);
    await fill(slow);
    const caller = await on.dial().join();
    caller.call("com.example.p", {}, ["x".repeat(3_000)]);
    expect((await slow.saidOf(M.INVOCATION)).length).toBe(1);
    const request = caller.call("com.example.p");
    expect((await caller.next()).slice(0, 5)).toEqual([M.ERROR, M.CALL, request, {}, "wamp.error.network_failure"]);
    expect(on.router.reached()).toEqual({ calleeBytes: 1 });
    slow.drain();
    caller.call("com.example.p");
    expect((await slow.saidOf(M.INVOCATION)).length).toBe(1);
  });

  test("leaves a shared registration's calls to the others", async () => {
    const slow = await socket();
    slow.receive([M.REGISTER, 1, { invoke: "first" }, "com.example.p"]);
    await fill(slow);
    const quick = await on.dial().join();
    await quick.register("com.example.p", { invoke: "first" });
    const caller = await on.dial().join();
    caller.call("com.example.p");
    expect((await quick.next())[0]).toBe(M.INVOCATION);
    quick.connection.close();
    await settled();
    await slow.said();
    caller.call("com.example.p");
    expect((await slow.saidOf(M.INVOCATION)).length).toBe(1);
  });

  test("still gets every RESULT and ERROR", async () => {
    const slow = await socket();
    const callee = await on.dial().join();
    await callee.register("com.example.p");
    await fill(slow);
    slow.receive([M.CALL, 1, {}, "com.example.p"]);
    slow.receive([M.CALL, 2, {}, "com.example.p"]);
    await callee.rest();
    callee.send([M.YIELD, 1, {}, ["kept"]]);
    callee.send([M.ERROR, M.INVOCATION, 2, {}, "com.example.kept"]);
    expect(await slow.said()).toEqual([
      [M.RESULT, 1, {}, ["kept"]],
      [M.ERROR, M.CALL, 2, {}, "com.example.kept"],
    ]);
  });

  test("is not read from until it has drained", async () => {
    const slow = await socket();
    const publisher = await fill(slow);
    publisher.publish("com.example.t");
    await settled();
    expect(slow.paused).toBe(true);
    slow.drain();
    expect(slow.paused).toBe(false);
  });

  test("is not read from while a turn's messages wait to be written, and is once they are", async () => {
    const quick = await socket();
    const callee = await on.dial().join();
    await callee.register("com.example.p");
    quick.receive([M.CALL, 1, { receive_progress: true }, "com.example.p"]);
    await callee.next();
    for (let step = 0; step < 4; step++) callee.send([M.YIELD, 1, { progress: true }, ["x".repeat(500)]]);
    expect((await quick.saidOf(M.RESULT)).length).toBe(4);
    expect([quick.pauses, quick.paused]).toEqual([1, false]);
  });

  test("is not taken for one that does, however much leaves in one turn", async () => {
    const quick = await socket();
    const callee = await on.dial().join();
    await callee.register("com.example.p");
    quick.receive([M.CALL, 1, { receive_progress: true }, "com.example.p"]);
    await callee.next();
    for (let step = 0; step < 30; step++) callee.send([M.YIELD, 1, { progress: true }, ["x".repeat(500)]]);
    expect((await quick.saidOf(M.RESULT)).length).toBe(30);
    expect(quick.ended).toBeUndefined();
    callee.send([M.YIELD, 1, {}]);
  });

  test("is ended at the hard cap with a reason, which its transport has the time to deliver", async () => {
    const slow = await socket();
    const callee = await on.dial().join();
    await callee.register("com.example.p");
    slow.stuck = true;
    slow.receive([M.CALL, 1, { receive_progress: true }, "com.example.p"]);
    await callee.next();
    for (let step = 0; step < 30 && slow.ended === undefined; step++) {
      callee.send([M.YIELD, 1, { progress: true }, ["x".repeat(500)]]);
      await settled();
    }
    expect(slow.queuedBytes).toBeLessThan(12_000);
    expect(slow.ended).toEqual({ local: true, code: 1008, reason: "wamp.error.network_failure" });
    expect((await slow.saidOf(M.ABORT))[0]![2]).toBe("wamp.error.network_failure");
    expect((await callee.next())[0]).toBe(M.INTERRUPT);
    expect(slow.terminated).toBe(false);
    clock.advance(30_000);
    expect(slow.terminated).toBe(false);
  });

  test("does not hold up the others", async () => {
    const slow = await socket();
    const publisher = await fill(slow);
    const quick = await on.dial().join();
    await quick.subscribe("com.example.t");
    publisher.publish("com.example.t", {}, ["for those who read"]);
    expect((await quick.next()).slice(4)).toEqual([["for those who read"]]);
  });
});

test("a session that calls more than is answered hears that it may not", async () => {
  const [callee, caller] = [await on.dial().join(), await on.dial().join()];
  await callee.register("com.example.p");
  caller.call("com.example.p");
  caller.call("com.example.p");
  const refused = caller.call("com.example.p");
  expect((await caller.next()).slice(0, 5)).toEqual([M.ERROR, M.CALL, refused, {}, "wamp.error.unavailable"]);
  await callee.rest();
  callee.send([M.YIELD, 1, {}]);
  await caller.next();
  caller.call("com.example.p");
  expect((await callee.next())[1]).toBe(3);
});

test("of several histories that a session asks for each is made when the one before has left", async () => {
  const slow = await socket("kept");
  const publisher = await on.dial().join("kept");
  for (let index = 0; index < 8; index++) publisher.publish("com.log", {}, ["x".repeat(200)]);
  await settled();
  slow.stuck = true;
  for (let request = 1; request <= 5; request++) {
    slow.receive([M.CALL, request, {}, "wamp.subscription.get_events", [1]]);
  }
  for (let request = 1; request <= 3; request++) {
    expect((await slow.saidOf(M.RESULT)).map(([, id]) => id)).toEqual([request]);
    expect(await slow.said()).toEqual([]);
    slow.drain();
    slow.stuck = true;
  }
  slow.terminate();
  expect(await slow.said()).toEqual([]);
});

test("a history that is more than may be queued for a session is refused, and the session lives on", async () => {
  const reader = await socket("kept");
  const publisher = await on.dial().join("kept");
  for (let index = 0; index < 60; index++) publisher.publish("com.log", {}, ["x".repeat(200)]);
  await settled();
  reader.receive([M.CALL, 1, {}, "wamp.subscription.get_events", [1]]);
  const text = expect.stringContaining("ask for fewer with limit");
  expect(await reader.said()).toEqual([
    [M.ERROR, M.CALL, 1, {}, "wamp.error.payload_size_exceeded", [text]],
  ]);
  reader.receive([M.CALL, 2, {}, "wamp.subscription.get_events", [1], { limit: 20 }]);
  expect((await reader.said()).map(([type, id, , events]) => [type, id, (events as unknown[]).length])).toEqual([
    [M.RESULT, 2, 20],
  ]);
});

import { describe, expect, test } from "vitest";
import type { Dict, Roles } from "../../src/wire/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { harness } from "./harness.ts";
import { fullRoles } from "./peer.ts";
import type { Peer } from "./peer.ts";

let clock: FakeClock;
const on = harness(() => ({ clock: clock = new FakeClock() }));

const roles = { ...fullRoles, callee: { features: { ...fullRoles.callee!.features, call_reroute: true } } };
const uri = "com.example.shared";

async function callees(count: number, options: Dict, their: Roles = roles): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (let index = 0; index < count; index++) {
    const peer = await on.dial().join("realm1", their);
    await peer.register(uri, options);
    peers.push(peer);
  }
  return peers;
}

/** The one peer that has got an INVOCATION, and its id. */
async function asked(peers: Peer[]): Promise<{ peer: Peer; id: number }> {
  for (const peer of peers) {
    const [message] = await peer.rest();
    if (message !== undefined) return { peer, id: message[1] as number };
  }
  throw new Error("nobody was asked");
}

const refuse = (peer: Peer, id: number) => peer.send([M.ERROR, M.INVOCATION, id, {}, "wamp.error.unavailable", ["no"]]);
const errorOf = (message: unknown[]) => message.slice(0, 5);

describe("a callee that is unavailable", () => {
  test.each([
    ["first", [0, 1, 2]],
    ["last", [2, 1, 0]],
    ["roundrobin", [0, 1, 2]],
  ])("gives way to the next of %s, until nobody is left", async (invoke, order) => {
    const peers = await callees(3, { invoke });
    const caller = await on.dial().join();
    const request = caller.call(uri, {}, ["x"], { y: 1 });
    for (const at of order) {
      expect((await peers[at]!.next()).slice(3)).toEqual([{}, ["x"], { y: 1 }]);
      refuse(peers[at]!, 1);
    }
    expect(errorOf(await caller.next())).toEqual([M.ERROR, M.CALL, request, {}, "wamp.error.no_available_callee"]);
    for (const peer of peers) expect(await peer.rest()).toEqual([]);
  });

  test("gives way to another at random, never to itself", async () => {
    const peers = await callees(2, { invoke: "random" });
    const caller = await on.dial().join();
    for (let time = 0; time < 20; time++) {
      const request = caller.call(uri);
      const first = await asked(peers);
      refuse(first.peer, first.id);
      const second = await asked(peers);
      expect(second.peer).not.toBe(first.peer);
      second.peer.send([M.YIELD, second.id, {}]);
      expect(await caller.next()).toEqual([M.RESULT, request, {}]);
    }
  });

  test("that is the only one is told of to the caller in WAMP's words", async () => {
    const [peer] = await callees(1, {});
    const caller = await on.dial().join();
    const request = caller.call(uri);
    await peer!.next();
    refuse(peer!, 1);
    expect(errorOf(await caller.next())).toEqual([M.ERROR, M.CALL, request, {}, "wamp.error.no_available_callee"]);
  });

  test("and did not announce rerouting says so to the caller", async () => {
    const [peer] = await callees(2, { invoke: "first" }, fullRoles);
    const caller = await on.dial().join();
    const request = caller.call(uri);
    await peer!.next();
    refuse(peer!, 1);
    expect(await caller.next()).toEqual([M.ERROR, M.CALL, request, {}, "wamp.error.unavailable", ["no"]]);
  });

  test("gives way to one that is free only", async () => {
    const peers = await callees(2, { invoke: "first", concurrency: 1 });
    const caller = await on.dial().join();
    const [first, second] = [caller.call(uri), caller.call(uri)];
    await Promise.all(peers.map((peer) => peer.next()));
    refuse(peers[0]!, 1);
    expect(errorOf(await caller.next())).toEqual([M.ERROR, M.CALL, first, {}, "wamp.error.no_available_callee"]);
    peers[1]!.send([M.YIELD, 1, {}]);
    expect(await caller.next()).toEqual([M.RESULT, second, {}]);
  });

  test("has used up its part of the call's time", async () => {
    const peers = await callees(2, { invoke: "first" });
    const caller = await on.dial().join();
    const request = caller.call(uri, { timeout: 100 });
    await peers[0]!.next();
    clock.advance(70);
    refuse(peers[0]!, 1);
    await peers[1]!.next();
    clock.advance(29);
    expect(await caller.rest()).toEqual([]);
    clock.advance(1);
    expect(errorOf(await caller.next())).toEqual([M.ERROR, M.CALL, request, {}, "wamp.error.timeout"]);
    expect((await peers[1]!.next())[0]).toBe(M.INTERRUPT);
    expect(clock.pending).toBe(0);
  });

  test("does not give way any more after a CANCEL or a progressive result", async () => {
    const peers = await callees(2, { invoke: "first" });
    const caller = await on.dial().join();
    const [canceled, progressed] = [0, 1].map(() => caller.call(uri, { receive_progress: true }));
    await peers[0]!.next();
    await peers[0]!.next();
    caller.send([M.CANCEL, canceled, { mode: "kill" }]);
    await peers[0]!.next();
    peers[0]!.send([M.YIELD, 2, { progress: true }]);
    refuse(peers[0]!, 1);
    refuse(peers[0]!, 2);
    const answers = (await caller.rest()).map((message) => [message[0], message[0] === M.ERROR ? message[4] : 0]);
    expect(answers).toEqual([[M.RESULT, 0], [M.ERROR, "wamp.error.unavailable"], [M.ERROR, "wamp.error.unavailable"]]);
    expect(await peers[1]!.rest()).toEqual([]);
    expect(progressed).toBe(2);
  });

  test("gives way to a callee that takes arguments in parts, as long as only the first has come", async () => {
    const features = { ...roles.callee.features, progressive_call_invocations: true };
    const streams = { ...roles, callee: { features } };
    const peers = [...await callees(1, { invoke: "first" }, streams), ...await callees(1, { invoke: "first" })];
    peers.push(...await callees(1, { invoke: "first" }, streams));
    const caller = await on.dial().join();
    caller.send([M.CALL, 1, { progress: true }, uri, ["a"]]);
    await peers[0]!.next();
    refuse(peers[0]!, 1);
    expect((await peers[2]!.next()).slice(3)).toEqual([{ progress: true }, ["a"]]);
    caller.send([M.CALL, 1, {}, uri, ["b"]]);
    expect((await peers[2]!.next()).slice(3)).toEqual([{}, ["b"]]);
    refuse(peers[2]!, 1);
    expect((await caller.next())[4]).toBe("wamp.error.unavailable");
    expect(await peers[1]!.rest()).toEqual([]);
  });

  test("that has unregistered in the meantime still gives way", async () => {
    const peers = await callees(2, { invoke: "roundrobin" });
    const caller = await on.dial().join();
    const request = caller.call(uri);
    const [, id, registration] = await peers[0]!.next();
    await peers[0]!.ask([M.UNREGISTER, peers[0]!.request(), registration]);
    refuse(peers[0]!, id as number);
    await peers[1]!.next();
    peers[1]!.send([M.YIELD, 1, {}, ["fine"]]);
    expect(await caller.next()).toEqual([M.RESULT, request, {}, ["fine"]]);
  });
});

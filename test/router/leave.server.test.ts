import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MessageType as M } from "../../src/wire/mod.ts";
import { harness } from "./harness.ts";
import type { Peer } from "./peer.ts";
import { fullRoles, plainRoles, settled } from "./peer.ts";

const on = harness();

const ways: [string, (peer: Peer) => void][] = [
  ["says GOODBYE", (peer) => peer.send([M.GOODBYE, {}, "wamp.close.normal"])],
  ["closes its connection", (peer) => peer.connection.close()],
  ["loses its connection", (peer) => peer.connection.terminate()],
  ["aborts", (peer) => peer.send([M.ABORT, {}, "wamp.error.protocol_violation"])],
  ["breaks the protocol", (peer) => peer.send([M.WELCOME, 1, {}])],
];

describe.each(ways)("a session that %s", (_, leave) => {
  test("as a callee ends what it was working on with canceled, once", async () => {
    const [callee, caller] = [await on.dial().join(), await on.dial().join()];
    await callee.register("com.example.die");
    const requests = [caller.call("com.example.die"), caller.call("com.example.die")];
    await callee.rest();
    leave(callee);
    const left = ["wamp.error.canceled", ["callee disconnected from in-flight request"]];
    for (const request of requests) expect(await caller.next()).toEqual([M.ERROR, M.CALL, request, {}, ...left]);
    caller.call("com.example.die");
    expect((await caller.next())[4]).toBe("wamp.error.no_such_procedure");
    expect(await caller.rest()).toEqual([]);
  });

  test("as a caller interrupts what it waited for, and no answer comes to another", async () => {
    const [callee, caller] = [await on.dial().join(), await on.dial().join()];
    await callee.register("com.example.die");
    caller.call("com.example.die");
    await callee.next();
    leave(caller);
    expect(await callee.next()).toEqual([M.INTERRUPT, 1, { mode: "killnowait" }]);
    const next = await on.dial().join();
    next.call("com.example.die");
    await callee.next();
    callee.send([M.YIELD, 1, {}, ["late"]]);
    expect(await next.rest()).toEqual([]);
    expect(on.router.statistics("realm1")?.pendingInvocations).toBe(1);
  });

  test("as a caller tells nothing to a callee that knows no INTERRUPT", async () => {
    const [callee, caller] = [await on.dial().join("realm1", plainRoles), await on.dial().join()];
    await callee.register("com.example.die");
    caller.call("com.example.die");
    await callee.next();
    leave(caller);
    expect(await callee.rest()).toEqual([]);
    expect(on.router.statistics("realm1")?.pendingInvocations).toBe(0);
  });

  test("as its own callee leaves nothing", async () => {
    const peer = await on.dial().join();
    await peer.register("com.example.own");
    peer.call("com.example.own");
    await peer.next();
    leave(peer);
    await settled();
    expect(on.router.statistics("realm1")).toMatchObject({ sessions: 0, registrations: 0, pendingInvocations: 0 });
  });

  test("as a subscriber gets no more events", async () => {
    const [subscriber, publisher] = [await on.dial().join(), await on.dial().join()];
    await subscriber.subscribe("com.example.topic");
    leave(subscriber);
    await settled();
    publisher.publish("com.example.topic", { acknowledge: true });
    expect((await publisher.next())[0]).toBe(M.PUBLISHED);
    expect(on.router.statistics("realm1")).toMatchObject({ sessions: 1, subscriptions: 0 });
  });
});

test("whatever sessions do and whenever they leave, nothing is left and nothing unknown arrives", async () => {
  const step = fc.record({
    peer: fc.nat(3),
    what: fc.constantFrom(
      "register",
      "call",
      "call again",
      "yield",
      "error",
      "cancel",
      "subscribe",
      "publish",
      "leave",
      "kill",
    ),
    where: fc.nat(2),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
      const peers = [0, 1, 2, 3].map(() => on.dial());
      for (const [at, peer] of peers.entries()) await peer.join("realm1", at % 2 === 0 ? fullRoles : plainRoles);
      const gone = new Set<Peer>();
      const asked = new Map<Peer, number[]>(peers.map((peer) => [peer, []]));
      for (const { peer: at, what, where } of steps) {
        const peer = peers[at]!;
        if (gone.has(peer)) continue;
        const calls = asked.get(peer)!;
        const uri = `com.example.${where}`;
        if (what === "register") peer.send([M.REGISTER, peer.request(), { invoke: "roundrobin" }, uri]);
        else if (what === "call") calls.push(peer.call(uri));
        else if (what === "call again" && calls.length > 0) {
          calls.push(calls[where % calls.length]!);
          peer.send([M.CALL, calls.at(-1), {}, uri]);
        } else if (what === "yield") peer.send([M.YIELD, where + 1, {}, [where]]);
        else if (what === "error") peer.send([M.ERROR, M.INVOCATION, where + 1, {}, "com.example.error"]);
        else if (what === "cancel") peer.send([M.CANCEL, where + 1, { mode: where === 0 ? "kill" : "skip" }]);
        else if (what === "subscribe") peer.send([M.SUBSCRIBE, peer.request(), {}, uri]);
        else if (what === "publish") peer.publish(uri);
        else {
          gone.add(peer);
          if (what === "leave") peer.send([M.GOODBYE, {}, "wamp.close.normal"]);
          else peer.connection.terminate();
        }
      }
      await settled();
      for (const peer of peers) {
        const calls = asked.get(peer)!;
        for (const message of await peer.rest()) {
          const answered = message[0] === M.RESULT
            ? message[1]
            : message[0] === M.ERROR && message[1] === M.CALL
            ? message[2]
            : 0;
          if (answered === 0) continue;
          expect(calls).toContain(answered);
          calls.splice(calls.indexOf(answered as number), 1);
        }
        peer.connection.terminate();
      }
      await settled();
      expect(on.router.statistics("realm1")).toEqual({
        sessions: 0,
        registrations: 0,
        subscriptions: 0,
        pendingInvocations: 0,
        droppedEvents: 0,
        disconnectedSubscribers: 0,
      });
    }),
    { numRuns: 100 },
  );
});

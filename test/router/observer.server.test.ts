import { beforeEach, expect, test } from "vitest";
import { json } from "../../src/codec/mod.ts";
import type { SessionInfo, SessionObserver } from "../../src/router/mod.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { harness } from "./harness.ts";
import { dial, plainRoles } from "./peer.ts";

let told: [string, SessionInfo, ...string[]][];

beforeEach(() => {
  told = [];
});

const observer: SessionObserver = {
  joined: (session) => void told.push(["joined", session]),
  left: (session, reason) => void told.push(["left", session, reason]),
  loggedOut: (session) => void told.push(["logged out", session]),
  subscribed: (session, topic, match) => void told.push(["subscribed", session, topic, match]),
  unsubscribed: (session, topic, match) => void told.push(["unsubscribed", session, topic, match]),
};

const on = harness(() => ({ realms: [{ ...openRealm("realm1"), observer }, openRealm("plain")] }));

test("an observer hears of each session once when it joins and once when it leaves, by the same object", async () => {
  const peer = await on.dial().join();
  peer.send([M.GOODBYE, {}, "wamp.close.normal"]);
  expect(await peer.next()).toEqual([M.GOODBYE, {}, "wamp.close.goodbye_and_out"]);
  expect(told.map(([what, { id }]) => [what, id])).toEqual([["joined", peer.id], ["left", peer.id]]);
  expect(told[0]![1]).toBe(told[1]![1]);
  const lost = await on.dial().join();
  lost.connection.terminate();
  await lost.closed;
  await peer.rest();
  expect(told.slice(2).map(([what, { id }]) => [what, id])).toEqual([["joined", lost.id], ["left", lost.id]]);
});

test("who logs out is told of before it leaves, and its connection is closed", async () => {
  const peer = await on.dial().join();
  peer.send([M.GOODBYE, {}, "wamp.close.logout"]);
  expect(await peer.next()).toEqual([M.GOODBYE, {}, "wamp.close.goodbye_and_out"]);
  await peer.closed;
  expect(told.map(([what]) => what)).toEqual(["joined", "logged out", "left"]);
});

test("without an observer a logout is any other GOODBYE", async () => {
  const peer = await on.dial().join("plain");
  peer.send([M.GOODBYE, {}, "wamp.close.logout"]);
  expect(await peer.next()).toEqual([M.GOODBYE, {}, "wamp.close.goodbye_and_out"]);
  await peer.join("plain");
});

test("an observer hears why a session left", async () => {
  const [polite, aborting, killed, wrong, lost] = await Promise.all([1, 2, 3, 4, 5].map(() => on.dial().join()));
  const killer = await on.dial().join();
  polite!.send([M.GOODBYE, {}, "wamp.close.normal"]);
  await polite!.next();
  aborting!.send([M.ABORT, {}, "com.example.fed_up"]);
  await aborting!.closed;
  killer.send([M.CALL, 1, {}, "wamp.session.kill", [killed!.id], { reason: "com.example.go" }]);
  await killer.next();
  wrong!.send([M.WELCOME, 1, {}]);
  await wrong!.closed;
  lost!.connection.terminate();
  await lost!.closed;
  await killer.rest();
  const reasons = new Map(told.filter(([what]) => what === "left").map(([, { id }, reason]) => [id, reason]));
  expect([polite, aborting, killed, wrong, lost].map((peer) => reasons.get(peer!.id))).toEqual([
    "wamp.close.normal",
    "com.example.fed_up",
    "com.example.go",
    "wamp.error.protocol_violation",
    "wamp.close.transport_lost",
  ]);
});

test("an observer hears of each subscription once, and of its end by UNSUBSCRIBE, eviction or leaving", async () => {
  const peer = await on.dial().join();
  const other = await on.dial().join();
  const subscribe = async (request: number, topic: string, options = {}) => {
    peer.send([M.SUBSCRIBE, request, options, topic]);
    return (await peer.next())[2] as number;
  };
  const first = await subscribe(1, "com.example.a");
  await subscribe(2, "com.example.a");
  const second = await subscribe(3, "com.example", { match: "prefix" });
  await subscribe(4, "com.example.c");
  peer.send([M.UNSUBSCRIBE, 5, first]);
  await peer.next();
  other.send([M.CALL, 1, {}, "wamp.subscription.remove_subscriber", [second, peer.id]]);
  await other.next();
  peer.connection.terminate();
  await peer.closed;
  await other.rest();
  expect(told.filter(([what]) => what.endsWith("subscribed")).map(([what, { id }, ...rest]) => [what, id, ...rest]))
    .toEqual([
      ["subscribed", peer.id, "com.example.a", "exact"],
      ["subscribed", peer.id, "com.example", "prefix"],
      ["subscribed", peer.id, "com.example.c", "exact"],
      ["unsubscribed", peer.id, "com.example.a", "exact"],
      ["unsubscribed", peer.id, "com.example", "prefix"],
      ["unsubscribed", peer.id, "com.example.c", "exact"],
    ]);
});

test("a session that an observer ends when it joins has joined and left for others, in this order, and its connection is closed", async () => {
  let isBanned = false;
  const router: Router = new Router({
    realms: [{
      ...openRealm("realm1"),
      observer: {
        ...observer,
        joined: ({ id }) => void (isBanned && router.abort("realm1", id, "com.example.banned", "Out.")),
      },
    }],
  });
  const witness = await dial(router, json).join();
  const [joined, left] = [
    await witness.subscribe("wamp.session.on_join"),
    await witness.subscribe("wamp.session.on_leave"),
  ];
  isBanned = true;
  const peer = dial(router, json);
  expect((await peer.ask([M.HELLO, "realm1", { roles: plainRoles }]))[0]).toBe(M.WELCOME);
  expect((await peer.next())[2]).toBe("com.example.banned");
  await peer.closed;
  expect((await witness.rest()).map(([, id]) => id)).toEqual([joined, left]);
  expect(router.statistics("realm1")?.sessions).toBe(1);
  await router.close();
});

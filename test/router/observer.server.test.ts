import { beforeEach, expect, test } from "vitest";
import type { SessionInfo, SessionObserver } from "../../src/router/mod.ts";
import { openRealm } from "../../src/router/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { harness } from "./harness.ts";

let told: [string, SessionInfo][];

beforeEach(() => {
  told = [];
});

const observer: SessionObserver = {
  joined: (session) => void told.push(["joined", session]),
  left: (session) => void told.push(["left", session]),
  loggedOut: (session) => void told.push(["logged out", session]),
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

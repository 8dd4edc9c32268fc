import { describe, expect, test } from "vitest";
import { cbor, direct, json, msgpack, Payload } from "../../src/codec/mod.ts";
import { openRealm } from "../../src/router/mod.ts";
import type { Dict } from "../../src/wire/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { harness } from "./harness.ts";
import type { Peer } from "./peer.ts";

const on = harness(() => ({ realms: [openRealm("realm1"), { ...openRealm("strict"), strict: true }] }));

const refused = "wamp.error.feature_not_supported";
const opaque = Payload.ofOpaque("opaque");
const encrypted: Dict = { enc_algo: "x_a" };
const speaking = [direct, json, msgpack, cbor];
const pairs = speaking.flatMap((from) => speaking.map((to) => ({ from, to, names: `${from.name} to ${to.name}` })));

describe.each(pairs)("a payload that is no args from $names", ({ from, to }) => {
  test("reaches no subscriber and no callee, and they live on", async () => {
    const [sender, receiver] = [await on.dial(from).join(), await on.dial(to).join()];
    await receiver.subscribe("com.example.t");
    const registration = await receiver.register("com.example.p");
    sender.connection.send([M.PUBLISH, 1, encrypted, "com.example.t"], opaque);
    sender.connection.send([M.PUBLISH, 2, { ...encrypted, acknowledge: true }, "com.example.t"], opaque);
    expect((await sender.next()).slice(0, 5)).toEqual([M.ERROR, M.PUBLISH, 2, {}, refused]);
    sender.connection.send([M.CALL, 3, encrypted, "com.example.p"], opaque);
    expect((await sender.next()).slice(0, 5)).toEqual([M.ERROR, M.CALL, 3, {}, refused]);
    sender.send([M.CALL, 4, {}, "com.example.p", ["plain"]]);
    expect(await receiver.rest()).toEqual([[M.INVOCATION, 1, registration, {}, ["plain"]]]);
  });

  test("does not reach a caller as RESULT or ERROR, and its call ends with an error", async () => {
    const [callee, caller] = [await on.dial(from).join(), await on.dial(to).join()];
    await callee.register("com.example.p");
    const requests = [1, 2, 3].map(() => caller.call("com.example.p", { receive_progress: true }));
    await callee.rest();
    callee.connection.send([M.YIELD, 1, encrypted], opaque);
    callee.connection.send([M.YIELD, 2, { ...encrypted, progress: true }], opaque);
    callee.connection.send([M.ERROR, M.INVOCATION, 3, encrypted, "com.example.error"], opaque);
    for (const request of requests) {
      expect((await caller.next()).slice(0, 5)).toEqual([M.ERROR, M.CALL, request, {}, refused]);
    }
    expect(on.router.statistics("realm1")?.pendingInvocations).toBe(0);
    expect(await callee.next()).toEqual([M.INTERRUPT, 2, { mode: "killnowait" }]);
    await callee.subscribe("com.example.still_here");
  });
});

test.each([
  [M.CALL, { enc_algo: "x_a" }],
  [M.PUBLISH, { enc_algo: "cryptobox", acknowledge: true }],
])("message %j with %j would be another without it, so it is refused", async (type, options) => {
  const [peer, other] = [await on.dial().join(), await on.dial().join()];
  await other.register("com.example.x");
  await other.subscribe("com.example.x");
  expect((await peer.ask([type, 1, options, "com.example.x"])).slice(0, 5)).toEqual([M.ERROR, type, 1, {}, refused]);
  expect(await other.rest()).toEqual([]);
});

test("options that turn such a thing off are taken", async () => {
  const peer = await on.dial(json).join();
  await peer.register("com.example.x");
  peer.call("com.example.x", { progress: false, enc_algo: null, ppt_scheme: null });
  expect((await peer.next())[0]).toBe(M.INVOCATION);
});

test.each<[string, (peer: Peer) => void]>([
  ["PUBLISH", (peer) => peer.connection.send([M.PUBLISH, 1, encrypted, "com.example.x"], opaque)],
  ["YIELD", (peer) => peer.connection.send([M.YIELD, 1, encrypted], opaque)],
])("%s that needs what was not announced ends a session of a strict realm", async (_, send) => {
  const peer = await on.dial(json).join("strict");
  send(peer);
  expect((await peer.next())[2]).toBe("wamp.error.protocol_violation");
  expect((await peer.closed).code).toBe(1002);
});

import { describe, expect, test } from "vitest";
import { cbor, direct, json, msgpack } from "../../src/codec/mod.ts";
import { openRealm } from "../../src/router/mod.ts";
import type { Authorizer, Decision } from "../../src/router/mod.ts";
import type { Dict } from "../../src/wire/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { harness } from "./harness.ts";
import { fullRoles, settled } from "./peer.ts";
import type { Peer } from "./peer.ts";

/** What the authorizer was asked; URIs with `slow` wait for their answer. */
let asked: { uri: string; answer(decision: Decision): void }[] = [];
const authorizer: Authorizer = {
  authorize: (_, action, uri) => {
    if (action !== "call") return { allow: true };
    return new Promise((resolve) => {
      asked.push({ uri, answer: resolve });
      if (!uri.includes("slow")) resolve({ allow: !uri.includes("denied") });
    });
  },
};

let clock: FakeClock;
const on = harness(() => {
  asked = [];
  clock = new FakeClock();
  return {
    clock,
    limits: { calleeBytes: 1_000_000 },
    realms: [
      openRealm("realm1"),
      { ...openRealm("strict"), strict: true },
      { ...openRealm("guarded"), authorizer },
    ],
  };
});

const roles = {
  ...fullRoles,
  caller: { features: { ...fullRoles.caller!.features, progressive_call_invocations: true } },
  callee: { features: { ...fullRoles.callee!.features, progressive_call_invocations: true, call_reroute: true } },
};
const uri = "com.example.upload";
const more = { progress: true };

/** A callee of the procedure and a caller. */
async function pair(realm = "realm1"): Promise<{ callee: Peer; caller: Peer; registration: number }> {
  const callee = await on.dial().join(realm, roles);
  const caller = await on.dial().join(realm, roles);
  return { callee, caller, registration: await callee.register(uri) };
}

/** A CALL of request 1. */
const part = (options: Dict, ...args: string[]) => [M.CALL, 1, options, uri, args];
const errorOf = (message: unknown[]) => message.slice(0, 5);

describe("the arguments of a call in several parts", () => {
  const speaking = [direct, json, msgpack, cbor];
  test.each(speaking.flatMap((from) => speaking.map((to) => ({ from, to, names: `${from.name} to ${to.name}` }))))(
    "reach one callee under one id, from $names, and results come in between",
    async ({ from, to }) => {
      const callee = await on.dial(to).join("realm1", roles);
      const caller = await on.dial(from).join("realm1", roles);
      const registration = await callee.register(uri);
      caller.send(part({ progress: true, receive_progress: true }, "a"));
      expect(await callee.next()).toEqual([M.INVOCATION, 1, registration, { ...more, receive_progress: true }, ["a"]]);
      callee.send([M.YIELD, 1, more, ["A"]]);
      expect(await caller.next()).toEqual([M.RESULT, 1, more, ["A"]]);
      caller.send(part(more, "b"));
      caller.send([M.CALL, 2, {}, uri, ["another"]]);
      caller.send(part({ progress: false }, "c"));
      expect((await callee.rest()).map(([, id, , details, args]) => [id, details, args])).toEqual([
        [1, { ...more, receive_progress: true }, ["b"]],
        [2, {}, ["another"]],
        [1, { receive_progress: true }, ["c"]],
      ]);
      callee.send([M.YIELD, 1, {}, ["end"]]);
      callee.send([M.YIELD, 2, {}, ["2"]]);
      expect(await caller.next()).toEqual([M.RESULT, 1, {}, ["end"]]);
      expect(await caller.next()).toEqual([M.RESULT, 2, {}, ["2"]]);
    },
  );

  test("go with the options of the first", async () => {
    const { callee, caller } = await pair();
    caller.send(part({ ...more, disclose_me: true }, "a"));
    const details = { caller: caller.id, caller_authid: expect.any(String), caller_authrole: "anonymous" };
    expect((await callee.next())[3]).toEqual({ ...details, ...more });
    caller.send(part({ ...more, disclose_me: false, receive_progress: true }, "b"));
    expect((await callee.next())[3]).toEqual({ ...details, ...more });
    caller.send(part({}, "c"));
    expect((await callee.next())[3]).toEqual(details);
    callee.send([M.YIELD, 1, more, ["not asked for"]]);
    callee.send([M.YIELD, 1, {}]);
    expect(await caller.rest()).toEqual([[M.RESULT, 1, {}]]);
  });

  test.each(["roundrobin", "random", "first", "last"])("all reach the same callee of several (%s)", async (invoke) => {
    const callees = [await on.dial().join("realm1", roles), await on.dial().join("realm1", roles)];
    for (const callee of callees) await callee.register(uri, { invoke });
    const caller = await on.dial().join("realm1", roles);
    for (const text of ["a", "b", "c", "d"]) caller.send(part(more, text));
    caller.send(part({}, "e"));
    const counts = (await Promise.all(callees.map((callee) => callee.rest()))).map(({ length }) => length);
    expect(counts.sort()).toEqual([0, 5]);
  });

  test("only go to a callee that takes them", async () => {
    const plain = await on.dial().join();
    const { callee } = { callee: await on.dial().join("realm1", roles) };
    const caller = await on.dial().join("realm1", roles);
    await plain.register(uri, { invoke: "first" });
    caller.send(part(more, "a"));
    expect(errorOf(await caller.next())).toEqual([M.ERROR, M.CALL, 1, {}, "wamp.error.feature_not_supported"]);
    caller.send(part(more, "late"));
    caller.send(part({}, "late"));
    expect(await caller.rest()).toEqual([]);
    await callee.register(uri, { invoke: "first" });
    caller.send(part(more, "a"));
    expect((await callee.next())[4]).toEqual(["a"]);
    expect(await plain.rest()).toEqual([]);
  });

  test("only go to a callee that can be interrupted, too", async () => {
    const features = { ...roles.callee.features, call_canceling: false };
    const callee = await on.dial().join("realm1", { ...roles, callee: { features } });
    await callee.register(uri);
    const caller = await on.dial().join("realm1", roles);
    caller.send(part(more, "a"));
    expect(errorOf(await caller.next())).toEqual([M.ERROR, M.CALL, 1, {}, "wamp.error.feature_not_supported"]);
  });

  test("do not go to the router's own procedures", async () => {
    const caller = await on.dial().join("realm1", roles);
    caller.send([M.CALL, 1, more, "wamp.session.count"]);
    expect(errorOf(await caller.next())).toEqual([M.ERROR, M.CALL, 1, {}, "wamp.error.feature_not_supported"]);
  });

  test("that cannot be represented end the call on both sides", async () => {
    const callee = await on.dial(json).join("realm1", roles);
    const caller = await on.dial().join("realm1", roles);
    await callee.register(uri);
    caller.send(part(more, "a"));
    caller.send([M.CALL, 1, more, uri, [(() => {}) as never]]);
    caller.send(part({}, "late"));
    expect(errorOf(await caller.next())).toEqual([M.ERROR, M.CALL, 1, {}, "wamp.error.invalid_argument"]);
    expect((await callee.rest()).map(([type]) => type)).toEqual([M.INVOCATION, M.INTERRUPT]);
    expect(await caller.rest()).toEqual([]);
  });
});

describe("parts that come when the call has ended are ignored", () => {
  test.each(["YIELD", "ERROR"])("by a %s", async (how) => {
    const { callee, caller } = await pair();
    caller.send(part(more, "a"));
    await callee.next();
    callee.send(how === "YIELD" ? [M.YIELD, 1, {}, ["early"]] : [M.ERROR, M.INVOCATION, 1, {}, "com.example.early"]);
    await caller.next();
    caller.send(part(more, "late"));
    caller.send(part({}, "late"));
    expect([await caller.rest(), await callee.rest()]).toEqual([[], []]);
    caller.send(part({}, "a new call under the same id"));
    expect((await callee.next())[1]).toBe(2);
  });

  test("by its time", async () => {
    const { callee, caller } = await pair();
    caller.send(part({ ...more, timeout: 100 }, "a"));
    await callee.next();
    clock.advance(60);
    caller.send(part(more, "b"));
    await callee.next();
    clock.advance(40);
    expect(errorOf(await caller.next())).toEqual([M.ERROR, M.CALL, 1, {}, "wamp.error.timeout"]);
    caller.send(part({}, "late"));
    expect(await callee.rest()).toEqual([[M.INTERRUPT, 1, { mode: "killnowait" }]]);
  });

  test("by the callee's leaving", async () => {
    const { callee, caller } = await pair();
    caller.send(part(more, "a"));
    await callee.next();
    callee.connection.close();
    expect(errorOf(await caller.next())).toEqual([M.ERROR, M.CALL, 1, {}, "wamp.error.canceled"]);
    caller.send(part(more, "late"));
    caller.send(part({}, "late"));
    expect(await caller.rest()).toEqual([]);
  });

  test("by a CANCEL, and a callee that waits for more is told in every mode", async () => {
    for (const mode of ["skip", "killnowait", "kill"]) {
      const { callee, caller } = await pair();
      caller.send(part(more, "a"));
      caller.send([M.CANCEL, 1, { mode }]);
      caller.send(part(more, "late"));
      caller.send(part({}, "late"));
      expect((await callee.rest()).map(([type]) => type)).toEqual([M.INVOCATION, M.INTERRUPT]);
      if (mode === "kill") {
        expect(await caller.rest()).toEqual([]);
        callee.send([M.ERROR, M.INVOCATION, 1, {}, "wamp.error.canceled"]);
      }
      expect(await caller.rest()).toEqual([[M.ERROR, M.CALL, 1, {}, "wamp.error.canceled"]]);
      callee.connection.close();
      await callee.closed;
    }
  });

  test("a skip after the last part leaves the callee alone", async () => {
    const { callee, caller } = await pair();
    caller.send(part(more, "a"));
    caller.send(part({}, "b"));
    caller.send([M.CANCEL, 1, { mode: "skip" }]);
    expect((await callee.rest()).map(([type]) => type)).toEqual([M.INVOCATION, M.INVOCATION]);
    expect(errorOf(await caller.next())).toEqual([M.ERROR, M.CALL, 1, {}, "wamp.error.canceled"]);
  });
});

test("the caller's leaving interrupts the callee", async () => {
  const { callee, caller } = await pair();
  caller.send(part(more, "a"));
  await callee.next();
  caller.connection.close();
  expect(await callee.next()).toEqual([M.INTERRUPT, 1, { mode: "killnowait" }]);
  expect(on.router.statistics("realm1")?.pendingInvocations).toBe(0);
});

test("a callee that does not read loses the call, not its session", async () => {
  const callee = await on.dial(json).join("realm1", roles);
  const caller = await on.dial(json).join("realm1", roles);
  await callee.register(uri);
  caller.send(part(more, "a"));
  await callee.next();
  const chunk = "x".repeat(300_000);
  for (let count = 0; count < 8; count++) caller.send(part(more, chunk));
  expect(errorOf(await caller.next())).toEqual([M.ERROR, M.CALL, 1, {}, "wamp.error.network_failure"]);
  const got = (await callee.rest()).map(([type]) => type);
  expect(got.at(-1)).toBe(M.INTERRUPT);
  expect(got.length).toBeLessThan(9);
  await callee.subscribe("com.example.still_here");
});

describe("in a realm with an authorizer", () => {
  const slow = (options: Dict, ...args: string[]) => [M.CALL, 1, options, "com.example.slow", args];

  test("only the first part is asked about, and the others wait for it", async () => {
    const callee = await on.dial().join("guarded", roles);
    const caller = await on.dial().join("guarded", roles);
    await callee.register("com.example.slow");
    for (const message of [slow(more, "a"), slow(more, "b"), slow({}, "c")]) caller.send(message);
    expect(await callee.rest()).toEqual([]);
    asked[0]!.answer({ allow: true, disclose: true });
    const details = (await callee.rest()).map(([, , , details]) => (details as Dict).caller);
    expect(details).toEqual([caller.id, caller.id, caller.id]);
    expect(asked.length).toBe(1);
  });

  test("a refusal is said once", async () => {
    const { caller } = await pair("guarded");
    const denied = (options: Dict) => [M.CALL, 1, options, "com.example.denied"];
    for (const message of [denied(more), denied(more), denied({})]) caller.send(message);
    await settled();
    expect((await caller.rest()).map(errorOf)).toEqual([[M.ERROR, M.CALL, 1, {}, "wamp.error.not_authorized"]]);
  });

  test("a CANCEL withdraws what waits of the call, and what comes later of it", async () => {
    const callee = await on.dial().join("guarded", roles);
    const caller = await on.dial().join("guarded", roles);
    await callee.register("com.example.slow");
    caller.send(slow(more, "a"));
    caller.send(slow(more, "b"));
    expect(errorOf(await caller.ask([M.CANCEL, 1, {}]))).toEqual([M.ERROR, M.CALL, 1, {}, "wamp.error.canceled"]);
    caller.send(slow(more, "late"));
    caller.send(slow({}, "late"));
    asked[0]!.answer({ allow: true });
    expect([await caller.rest(), await callee.rest()]).toEqual([[], []]);
    expect(asked.length).toBe(1);
  });

  test("a CANCEL of what runs withdraws what waits of it behind another request", async () => {
    const callee = await on.dial().join("guarded", roles);
    const caller = await on.dial().join("guarded", roles);
    await callee.register(uri);
    caller.send(part(more, "a"));
    expect((await callee.next())[4]).toEqual(["a"]);
    caller.send([M.CALL, 2, {}, "com.example.slow"]);
    caller.send(part(more, "b"));
    caller.send([M.CANCEL, 1, {}]);
    expect(errorOf(await caller.next())).toEqual([M.ERROR, M.CALL, 1, {}, "wamp.error.canceled"]);
    asked.at(-1)!.answer({ allow: false });
    expect((await caller.next())[2]).toBe(2);
    expect((await callee.rest()).map(([type]) => type)).toEqual([M.INTERRUPT]);
  });
});

describe("in a strict realm", () => {
  test("parts may come late, but an id of the past that nothing is to come of ends the session", async () => {
    const { callee, caller } = await pair("strict");
    caller.send(part(more, "a"));
    caller.send([M.CALL, 2, {}, uri, ["another"]]);
    await callee.next();
    callee.send([M.YIELD, 1, {}]);
    await caller.next();
    caller.send(part(more, "late"));
    caller.send(part({}, "late"));
    expect(await caller.rest()).toEqual([]);
    const abort = await caller.ask(part({}, "later still"));
    expect([abort[0], abort[2]]).toEqual([M.ABORT, "wamp.error.protocol_violation"]);
  });

  test.each([
    ["of a call that has no more to come", [M.CALL, 1, more, uri]],
    ["of another procedure", [M.CALL, 2, {}, "com.example.other"]],
    ["that leaves a gap", [M.CALL, 4, more, uri]],
    ["of no call", [M.CALL, 0, more, uri]],
  ])("a part %s ends the session", async (_, message) => {
    const { caller } = await pair("strict");
    caller.send([M.CALL, 1, {}, uri]);
    caller.send([M.CALL, 2, more, uri]);
    caller.send(message);
    expect((await caller.next())[2]).toBe("wamp.error.protocol_violation");
    expect((await caller.closed).code).toBe(1002);
  });

  test("who did not announce it may not do it; elsewhere it may", async () => {
    const strict = await on.dial().join("strict");
    expect((await strict.ask([M.CALL, 1, more, uri]))[2]).toBe("wamp.error.protocol_violation");
    const { callee } = await pair();
    const lenient = await on.dial().join();
    lenient.send([M.CALL, 1, more, uri]);
    expect((await callee.next())[3]).toEqual(more);
  });
});

test("what is remembered of calls that never were is bounded", async () => {
  const { callee, caller } = await pair();
  caller.send(part(more, "a"));
  await callee.next();
  for (let request = 2; request < 6_000; request++) caller.send([M.CALL, request, more, "com.example.none"]);
  caller.send([M.CALL, 6_000, more, `com.${"x".repeat(5_000)}`]);
  expect((await caller.rest()).length).toBe(5_999);
  // The oldest are forgotten: what comes of them is taken for new calls, while later ones still are not.
  caller.send([M.CALL, 2, {}, "com.example.none"]);
  caller.send([M.CALL, 6_000, {}, `com.${"x".repeat(5_000)}`]);
  caller.send([M.CALL, 5_999, {}, "com.example.none"]);
  expect((await caller.rest()).map(([, , request]) => request)).toEqual([2, 6_000]);
  callee.send([M.YIELD, 1, {}]);
  expect((await caller.next())[0]).toBe(M.RESULT);
});

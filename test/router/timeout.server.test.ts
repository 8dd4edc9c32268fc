import { beforeEach, describe, expect, test } from "vitest";
import { openRealm } from "../../src/router/mod.ts";
import type { Dict } from "../../src/wire/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { harness } from "./harness.ts";
import { fullRoles, plainRoles } from "./peer.ts";

let clock: FakeClock;
beforeEach(() => {
  clock = new FakeClock();
});
const on = harness(() => ({
  clock,
  realms: [openRealm("realm1"), { ...openRealm("nexus"), timeoutUnit: "seconds" as const }],
}));

const keeper = {
  ...fullRoles,
  callee: { features: { ...fullRoles.callee!.features, call_timeout: true } },
};

/** A call with these options that runs. */
async function running(options: Dict, { realm = "realm1", roles = fullRoles, registering = {} as Dict } = {}) {
  const callee = await on.dial().join(realm, roles);
  const caller = await on.dial().join(realm);
  await callee.register("com.example.slow", registering);
  const request = caller.call("com.example.slow", options);
  const invocation = await callee.next();
  const timeout = [M.ERROR, M.CALL, request, {}, "wamp.error.timeout", ["timeout reached"]];
  return { callee, caller, request, invocation, timeout };
}

describe("CALL with timeout", () => {
  test("ends when that many milliseconds are over, and the callee is interrupted", async () => {
    const { callee, caller, invocation, timeout } = await running({ timeout: 1_500 });
    expect(invocation[3]).toEqual({});
    clock.advance(1_499);
    expect([await caller.rest(), await callee.rest()]).toEqual([[], []]);
    clock.advance(1);
    expect(await caller.next()).toEqual(timeout);
    expect(await callee.next()).toEqual([M.INTERRUPT, 1, { mode: "killnowait" }]);
    callee.send([M.YIELD, 1, {}, ["late"]]);
    expect(await caller.rest()).toEqual([]);
    expect(on.router.statistics("realm1")?.pendingInvocations).toBe(0);
  });

  test("leaves a callee alone that knows no INTERRUPT", async () => {
    const { callee, caller, timeout } = await running({ timeout: 1_500 }, { roles: plainRoles });
    clock.advance(1_500);
    expect(await caller.next()).toEqual(timeout);
    expect(await callee.rest()).toEqual([]);
  });

  test("has that time again from each progressive result", async () => {
    const { callee, caller, request, timeout } = await running({ timeout: 1_000, receive_progress: true });
    for (const step of [1, 2]) {
      clock.advance(999);
      callee.send([M.YIELD, 1, { progress: true }, [step]]);
      expect(await caller.next()).toEqual([M.RESULT, request, { progress: true }, [step]]);
    }
    clock.advance(1_000);
    expect(await caller.next()).toEqual(timeout);
  });

  test("ends once, also when a cancel waits for the callee", async () => {
    const { callee, caller, request, timeout } = await running({ timeout: 1_000 });
    caller.send([M.CANCEL, request, { mode: "kill" }]);
    expect(await callee.next()).toEqual([M.INTERRUPT, 1, { mode: "kill" }]);
    clock.advance(1_000);
    expect(await caller.next()).toEqual(timeout);
    expect(await callee.rest()).toEqual([]);
  });

  test.each<[string, unknown[], number]>([
    ["a result", [M.YIELD, 1, {}], -1],
    ["an error", [M.ERROR, M.INVOCATION, 1, {}, "com.example.error"], -1],
    ["the callee's leave, from which it may join again", [M.GOODBYE, {}, "wamp.close.normal"], 0],
  ])("leaves no timer behind %s", async (_, answer, change) => {
    const { callee, caller } = await running({ timeout: 1_000 });
    const before = clock.pending;
    callee.send(answer);
    await caller.next();
    expect(clock.pending).toBe(before + change);
    clock.advance(1_000);
    expect(await caller.rest()).toEqual([]);
  });

  test("of 0 has no end", async () => {
    const { caller } = await running({ timeout: 0 });
    clock.advance(1e9);
    expect(await caller.rest()).toEqual([]);
  });

  test("is left to a callee that asked to keep the time itself", async () => {
    const registering = { forward_timeout: true };
    const { caller, invocation } = await running({ timeout: 1_000 }, { roles: keeper, registering });
    expect(invocation[3]).toEqual({ timeout: 1_000 });
    clock.advance(1_000);
    expect(await caller.rest()).toEqual([]);
  });

  test("is kept here when the callee asked to keep it but cannot", async () => {
    const { caller, invocation, timeout } = await running({ timeout: 1_000 }, {
      registering: { forward_timeout: true },
    });
    expect(invocation[3]).toEqual({});
    clock.advance(1_000);
    expect(await caller.next()).toEqual(timeout);
  });
});

test("a realm that counts in seconds tells the callee and says canceled", async () => {
  const { callee, caller, request, invocation } = await running({ timeout: 2 }, { realm: "nexus" });
  expect(invocation[3]).toEqual({ timeout: 2 });
  clock.advance(1_999);
  expect(await caller.rest()).toEqual([]);
  clock.advance(1);
  expect(await caller.next()).toEqual([M.ERROR, M.CALL, request, {}, "wamp.error.canceled", ["timeout reached"]]);
  expect(await callee.next()).toEqual([M.INTERRUPT, 1, { mode: "killnowait" }]);
});

test.each([["realm1", true], ["nexus", undefined]])("%s announces call_timeout: %s", async (realm, announced) => {
  const welcome = await on.dial().ask([M.HELLO, realm, { roles: plainRoles as Dict }]);
  const { roles } = welcome[2] as { roles: { dealer: { features: Dict } } };
  expect(roles.dealer.features.call_timeout).toBe(announced);
});

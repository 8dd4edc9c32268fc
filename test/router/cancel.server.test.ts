import { describe, expect, test } from "vitest";
import { MessageType as M } from "../../src/wire/mod.ts";
import { harness } from "./harness.ts";
import { fullRoles, plainRoles } from "./peer.ts";

const on = harness();

/** A call that runs. */
async function running(roles = fullRoles) {
  const callee = await on.dial().join("realm1", roles);
  const caller = await on.dial().join();
  await callee.register("com.example.slow");
  const request = caller.call("com.example.slow", { receive_progress: true });
  await callee.next();
  return { callee, caller, request, canceled: [M.ERROR, M.CALL, request, {}, "wamp.error.canceled"] };
}

describe("CANCEL", () => {
  test.each([{}, { mode: "killnowait" }])(
    "with %j ends the call at once and interrupts the callee",
    async (options) => {
      const { callee, caller, request, canceled } = await running();
      caller.send([M.CANCEL, request, options]);
      expect(await caller.next()).toEqual(canceled);
      expect(await callee.next()).toEqual([M.INTERRUPT, 1, { mode: "killnowait" }]);
      callee.send([M.YIELD, 1, {}, ["late"]]);
      expect(await caller.rest()).toEqual([]);
    },
  );

  test("with skip ends the call at once and leaves the callee alone", async () => {
    const { callee, caller, request, canceled } = await running();
    caller.send([M.CANCEL, request, { mode: "skip" }]);
    expect(await caller.next()).toEqual(canceled);
    expect(await callee.rest()).toEqual([]);
    callee.send([M.ERROR, M.INVOCATION, 1, {}, "com.example.late"]);
    expect(await caller.rest()).toEqual([]);
  });

  test("with kill waits for the callee's answer, be it an error or a result", async () => {
    const first = await running();
    first.caller.send([M.CANCEL, first.request, { mode: "kill" }]);
    expect(await first.callee.next()).toEqual([M.INTERRUPT, 1, { mode: "kill" }]);
    expect(await first.caller.rest()).toEqual([]);
    first.callee.send([M.ERROR, M.INVOCATION, 1, {}, "wamp.error.canceled"]);
    expect(await first.caller.next()).toEqual(first.canceled);

    const request = first.caller.call("com.example.slow");
    await first.callee.next();
    first.caller.send([M.CANCEL, request, { mode: "kill" }]);
    await first.callee.next();
    first.callee.send([M.YIELD, 2, {}, ["in time"]]);
    expect(await first.caller.next()).toEqual([M.RESULT, request, {}, ["in time"]]);
  });

  test.each(["kill", "killnowait", "skip"])("with %s is a skip where the callee knows no INTERRUPT", async (mode) => {
    const { callee, caller, request, canceled } = await running(plainRoles);
    caller.send([M.CANCEL, request, { mode }]);
    expect(await caller.next()).toEqual(canceled);
    expect(await callee.rest()).toEqual([]);
    callee.send([M.YIELD, 1, {}, ["late"]]);
    expect(await caller.rest()).toEqual([]);
  });

  test("with kill and then killnowait ends the call, with one INTERRUPT", async () => {
    const { callee, caller, request, canceled } = await running();
    caller.send([M.CANCEL, request, { mode: "kill" }]);
    caller.send([M.CANCEL, request, { mode: "killnowait" }]);
    expect(await caller.next()).toEqual(canceled);
    expect(await callee.rest()).toEqual([[M.INTERRUPT, 1, { mode: "kill" }]]);
  });

  test("for a call that has ended, or never was, is ignored", async () => {
    const { callee, caller, request } = await running();
    callee.send([M.YIELD, 1, {}]);
    await caller.next();
    caller.send([M.CANCEL, request, { mode: "kill" }]);
    caller.send([M.CANCEL, 4711, {}]);
    expect(await caller.rest()).toEqual([]);
    expect(await callee.rest()).toEqual([]);
  });

  test("of somebody else's call does nothing", async () => {
    const { callee, caller, request } = await running();
    const stranger = await on.dial().join();
    stranger.send([M.CANCEL, request, { mode: "kill" }]);
    expect(await stranger.rest()).toEqual([]);
    expect(await callee.rest()).toEqual([]);
    callee.send([M.YIELD, 1, {}, ["fine"]]);
    expect(await caller.next()).toEqual([M.RESULT, request, {}, ["fine"]]);
  });
});

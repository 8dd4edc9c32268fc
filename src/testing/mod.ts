/**
 * What tests need: a router that lives for one test, faults on the way to it, a clock that stands still, and what passed on the wire.
 *
 * @example
 * ```ts
 * import { FakeClock, testRouter } from "@izaber/wamp/testing";
 *
 * const clock = new FakeClock();
 * await using router = await testRouter({ users: { alice: "backend", bob: "frontend" }, clock });
 * await using alice = await router.client("alice");
 * await using bob = await router.client("bob");
 *
 * const served = Promise.withResolvers<string>();
 * await alice.register("com.example.slow", () => served.promise);
 * const call = bob.call("com.example.slow", [], {}, { timeout: 60_000 }).catch((error) => error.code);
 * clock.advance(60_000);
 * if (await call !== "timeout") throw new Error("unexpected");
 * served.resolve("too late");
 *
 * router.faults(bob).connections[0]?.cut();
 * if (!router.wire(bob).toString().includes("com.example.slow")) throw new Error("unexpected");
 * ```
 *
 * @module
 */
export { captureWire } from "./capture.ts";
export type { CapturingDialer } from "./capture.ts";
export { FakeClock } from "./fake_clock.ts";
export { withFaults } from "./faults.ts";
export type { FaultOptions, FaultyConnection, FaultyDialer } from "./faults.ts";
export { scriptedFaults, seededFaults } from "./fault_plans.ts";
export type {
  Fault,
  FaultKind,
  FaultPlan,
  FaultRates,
  PassingFrame,
  ScriptedFault,
  SeededOptions,
} from "./fault_plans.ts";
export { crossbar, realRouter } from "./real_router.ts";
export type { RealRouter, RealRouterOptions, RealRouterPlace } from "./real_router.ts";
export { replayClient, replayRouter } from "./replay.ts";
export type { ReplayedRouter, ReplayOptions } from "./replay.ts";
export { TestRouter, testRouter } from "./test_router.ts";
export type { TestClientOptions, TestRouterOptions, TestUser } from "./test_router.ts";
export { waitFor } from "./wait_for.ts";
export type { WaitOptions } from "./wait_for.ts";
export { WireLog } from "./wire_log.ts";
export type { WireEntry, WireMessage, WireTextOptions } from "./wire_log.ts";

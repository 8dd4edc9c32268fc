import { describe, expect, test } from "vitest";
import { json } from "@izaber/wamp";
import { Payload } from "../../src/codec/payload.ts";
import { scriptedFaults, seededFaults } from "../../src/testing/fault_plans.ts";
import type { Fault, FaultPlan, PassingFrame } from "../../src/testing/fault_plans.ts";
import { withFaults } from "../../src/testing/faults.ts";
import { Connection } from "../../src/transport/connection.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { settle } from "../support/scripted_router.ts";
import { StubTransport } from "../support/stub_transport.ts";

/** One end of a connection, and what it was told. */
function end(connection: Connection): string[] {
  const log: string[] = [];
  connection.start({
    message: (head) => log.push(String(head.payload.args[0])),
    violation: () => log.push("violation"),
    drained: () => log.push("drained"),
    closed: ({ reason }) => log.push(`closed ${reason}`),
  });
  return log;
}

const EVENT = 36;

function send(connection: Connection, ...values: string[]): void {
  for (const value of values) connection.send([EVENT, 1, 2, {}], Payload.of([value]));
}

async function pair(plan?: FaultPlan) {
  const clock = new FakeClock();
  const [inner, far] = memoryPair(json);
  const dialer = withFaults({ url: "memory", dial: () => Promise.resolve(inner) }, { plan, clock });
  const near = await dialer.dial({ serializers: [json], signal: new AbortController().signal, clock });
  return { near, far, dialer, clock, here: end(near), there: end(far) };
}

const at = (fault: Fault): FaultPlan => scriptedFaults([{ connection: 0, direction: "out", index: 1, fault }]);

describe("faults", () => {
  test("without any, everything comes through, and the end, too", async () => {
    const { near, far, dialer, clock, here, there } = await pair();
    send(near, "a", "b");
    send(far, "c");
    await settle();
    expect([here, there, dialer.connections.length]).toEqual([["c"], ["a", "b"], 1]);
    near.close(1000, "enough");
    await settle();
    expect([here, there]).toEqual([["c", "closed enough"], ["a", "b", "closed enough"]]);
    expect([dialer.connections.length, clock.pending]).toEqual([0, 0]);
  });

  test.each<[Fault, string[]]>([
    [{ kind: "drop" }, ["a", "c"]],
    [{ kind: "duplicate" }, ["a", "b", "b", "c"]],
    [{ kind: "duplicate", copies: 3 }, ["a", "b", "b", "b", "b", "c"]],
    [{ kind: "truncate" }, ["a", "violation", "c"]],
    [{ kind: "replace", frame: '[36,1,2,{},["x"]]' }, ["a", "x", "c"]],
    [{ kind: "cut" }, ["a", "closed terminated"]],
    [{ kind: "half-open" }, ["a"]],
  ])("%j", async (fault, expected) => {
    const { near, there } = await pair(at(fault));
    send(near, "a", "b", "c");
    await settle();
    expect(there).toEqual(expected);
  });

  test("what is delayed holds up what is behind it, and counts as queued", async () => {
    const { near, there, clock } = await pair(at({ kind: "delay", milliseconds: 100 }));
    send(near, "a", "b", "c");
    await settle();
    expect(there).toEqual(["a"]);
    expect(near.queuedBytes).toBeGreaterThan(20);
    clock.advance(100);
    await settle();
    expect([there, near.queuedBytes, clock.pending]).toEqual([["a", "b", "c"], 0, 0]);
  });

  test("of a cut this side learns at once and the other when the lag is over, behind what was sent", async () => {
    const { near, dialer, here, there, clock } = await pair(at({ kind: "delay", milliseconds: 50 }));
    send(near, "a", "b");
    await settle();
    dialer.connections[0]?.cut(100);
    await settle();
    expect([here, there]).toEqual([["closed cut"], ["a"]]);
    clock.advance(50);
    await settle();
    expect(there).toEqual(["a", "b"]);
    clock.advance(50);
    await settle();
    expect([there, clock.pending]).toEqual([["a", "b", "closed terminated"], 0]);
  });

  test("a half-open connection ends only when this side gives it up", async () => {
    const { near, far, dialer, here, there, clock } = await pair();
    dialer.connections[0]?.halfOpen(100);
    send(near, "a");
    send(far, "b");
    await settle();
    expect([here, there]).toEqual([[], []]);
    near.terminate();
    await settle();
    expect([here, there]).toEqual([["closed terminated"], []]);
    clock.advance(100);
    await settle();
    expect(there).toEqual(["closed terminated"]);
  });

  test("a slow reader lets bytes pile up, and room is told when it has read", async () => {
    const { near, dialer, here, there } = await pair();
    dialer.connections[0]?.stall();
    send(near, ..."abc");
    send(near, "x".repeat(2_000_000));
    await settle();
    expect([there, near.writable]).toEqual([[], false]);
    dialer.connections[0]?.resume();
    await settle();
    expect([there.length, near.writable, here]).toEqual([4, true, ["drained"]]);
  });

  test("the same seed does the same", () => {
    const rates = { drop: 0.1, duplicate: 0.1, delay: 0.1, truncate: 0.1, cut: 0.05, "half-open": 0.05 };
    const run = (seed: number) => {
      const plan = seededFaults(seed, rates);
      return Array.from(
        { length: 1_000 },
        (_, index) => plan({ connection: 0, direction: "in", index } as PassingFrame),
      );
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
    const kinds = run(7).map((fault) => fault?.kind ?? "none");
    const share = (kind: string) => kinds.filter((one) => one === kind).length / 1_000;
    expect(share("none")).toBeGreaterThan(0.4);
    for (const [kind, rate] of Object.entries(rates)) expect(Math.abs(share(kind) - rate), kind).toBeLessThan(0.04);
  });

  test.each<[unknown, string]>([
    [{ plans: [] }, 'Cannot let things go wrong: there is no option "plans"; there are plan, refuses, clock'],
    [{ plan: [] }, "the option plan is an array, expected"],
    [{ refuses: 1 }, "the option refuses is 1, expected (attempt) => boolean"],
    [{ clock: Date }, "the option clock is a function, expected a clock: { now, timer }"],
  ])("wrong options are refused: %j", (options, why) => {
    const dialer = { url: "memory", dial: () => Promise.resolve(memoryPair(json)[0]) };
    const make = () => withFaults(dialer, options as never);
    expect(make).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    expect(make).toThrow(why);
  });

  test.each<[unknown, string]>([
    [{ drop: true }, "Cannot let go wrong an object: a plan gives undefined, or a fault such as"],
    [{ kind: "dorp" }, 'Cannot let go wrong a fault of the kind "dorp": a plan gives undefined, or a fault such as'],
    ["drop", 'Cannot let go wrong "drop"'],
  ])("what is no fault is refused: %j", async (fault, why) => {
    const refused = expect.objectContaining({ code: "invalid_argument", message: expect.stringContaining(why) });
    expect(() => at(fault as Fault)).toThrow(refused);
    const transport = new StubTransport();
    const dial = () => Promise.resolve(new Connection(transport, json));
    const dialer = withFaults({ url: "stub", dial }, { plan: () => fault as Fault });
    end(await dialer.dial({ serializers: [json], signal: new AbortController().signal, clock: new FakeClock() }));
    expect(() => transport.handler?.frame('[36,1,2,{},["a"]]')).toThrow(refused);
  });

  test("shares of kinds that there are not are refused", () => {
    expect(() => seededFaults(1, { dorp: 0.1 } as never)).toThrow(
      'there is no option "dorp"; there are drop, duplicate',
    );
    expect(() => seededFaults(1, { drop: 5 })).toThrow("the option drop is 5, expected a finite number from 0 to 1");
  });

  test("attempts are refused, and what goes wrong by itself stops when it is told to", async () => {
    const clock = new FakeClock();
    const dialer = withFaults({ url: "memory", dial: () => Promise.resolve(memoryPair(json)[0]) }, {
      refuses: (attempt) => attempt < 2,
      plan: () => ({ kind: "cut" }),
      clock,
    });
    const request = { serializers: [json], signal: new AbortController().signal, clock };
    for (let n = 0; n < 2; n++) {
      await expect(dialer.dial(request)).rejects.toMatchObject({ code: "connection_refused" });
    }
    const [one, two] = [await dialer.dial(request), await dialer.dial(request)];
    const [first, second] = [end(one), end(two)];
    send(one, "a");
    await settle();
    dialer.calm();
    send(two, "a");
    await settle();
    expect([first, second, dialer.dialled]).toEqual([["closed cut"], [], 4]);
    dialer.connections[0]?.inject('[36,1,2,{},["x"]]');
    expect(second).toEqual(["x"]);
  });
});

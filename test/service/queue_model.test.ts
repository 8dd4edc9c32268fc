import fc from "fast-check";
import { expect, test } from "vitest";
import { ConcurrencyQueue } from "../../src/service/queue.ts";
import { FakeClock } from "../support/fake_clock.ts";

const action = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("come" as const), caller: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("end" as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("give up" as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), milliseconds: fc.nat(80) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("configure" as const),
      options: fc.record({
        limit: fc.integer({ min: 1, max: 4 }),
        waiting: fc.nat(4),
        maxWait: fc.integer({ min: 1, max: 100 }),
        fair: fc.boolean(),
        reject: fc.constantFrom("newest" as const, "oldest" as const),
      }),
    }),
  },
);

test("whatever happens: each job settles once, nothing runs that was refused, and nothing is left", async () => {
  await fc.assert(fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
    const clock = new FakeClock();
    const queue = new ConcurrencyQueue("q", { limit: 2, waiting: 3 }, clock);
    const running = new Map<number, () => void>();
    const gone = new Map<number, AbortController>();
    const outcomes: string[] = [];
    const promises: Promise<unknown>[] = [];
    let highest = 2;

    for (const next of actions) {
      if (next.do === "come") {
        const id = promises.length;
        const abort = new AbortController();
        gone.set(id, abort);
        promises.push(
          queue.run(() => new Promise<void>((resolve) => running.set(id, resolve)), {
            caller: next.caller,
            signal: abort.signal,
          }).then(() => outcomes[id] = "ran", () => outcomes[id] = running.has(id) ? "broken" : "refused"),
        );
      } else if (next.do === "end") {
        const ids = [...running.keys()].filter((id) => outcomes[id] === undefined);
        running.get(ids[next.which % ids.length] ?? -1)?.();
      } else if (next.do === "give up") gone.get(next.which)?.abort();
      else if (next.do === "wait") clock.advance(next.milliseconds);
      else {
        queue.configure(next.options);
        highest = Math.max(highest, next.options.limit);
      }
      await settle();
      const now = queue.statistics;
      expect(now.running).toBeLessThanOrEqual(highest);
      expect(now.waiting).toBeLessThanOrEqual(queue.options.waiting);
      if (now.waiting > 0) expect(now.running).toBeGreaterThanOrEqual(now.limit);
    }

    queue.configure({ limit: Infinity });
    await settle();
    for (const end of running.values()) end();
    await Promise.all(promises);
    const { started, finished, rejected, abandoned, ...left } = queue.statistics;
    expect(outcomes.filter((outcome) => outcome === "ran")).toHaveLength(started);
    expect([finished, rejected + abandoned]).toEqual([started, promises.length - started]);
    expect([left.running, left.waiting, clock.pending]).toEqual([0, 0, 0]);
    expect(outcomes).not.toContain("broken");
  }));
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

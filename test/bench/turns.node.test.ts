import { expect, test } from "vitest";
import { middle, spreadOf } from "../../bench/statistics.ts";
import { calmest, takeTurns } from "../../bench/turns.ts";

test("a median is the value in the middle, or between the two there", () => {
  expect(middle([3])).toBe(3);
  expect(middle([9, 1, 5])).toBe(5);
  expect(middle([4, 1, 2, 100])).toBe(3);
  expect(middle([2, NaN])).toBeNaN();
});

test("a spread is what the middle half spans, relative to the median", () => {
  expect(spreadOf([7, 7, 7])).toBe(0);
  expect(spreadOf([12, 8, 10, 9, 11])).toBeCloseTo(0.2);
  expect(spreadOf([8, 9, 10, 11, 1_000])).toBeCloseTo(0.2);
  expect(spreadOf([1, 2])).toBeCloseTo(1 / 3);
  expect(spreadOf([NaN, 1])).toBeNaN();
});

test("rounds count that were calm, or the calmest when these are too few", () => {
  const rounds = [0.5, 0.02, 0.3, 0, 0.09].map((others, at) => ({ others, results: [at] }));
  const kept = (least: number) => calmest(rounds, least).map(({ results }) => results[0]);
  expect(kept(1)).toEqual([3, 1, 4]);
  expect(kept(4)).toEqual([3, 1, 4, 2]);
  const untold = rounds.map((round) => ({ ...round, others: NaN }));
  expect(calmest(untold, 2)).toHaveLength(5);
});

test("all take turns after warming up, for as long as is said", async () => {
  const seen: string[] = [];
  const contestants = ["a", "b"].map((name) => ({
    steady: false,
    run: (seconds: number) => {
      seen.push(`${name} ${seconds}`);
      return Promise.resolve({ cpu: seen.length });
    },
  }));
  const { turns } = await takeTurns(contestants, { rounds: 2, warmUp: 5, seconds: 3, more: 0 });
  expect(seen).toEqual(["a 5", "b 5", "a 3", "b 3", "a 3", "b 3"]);
  expect(turns.map((all) => all.map(({ cpu }) => cpu).sort())).toEqual([[3, 5], [4, 6]]);
});

/** Takes turns by one whose times and whose machine's other work are given round by round, the last for all that follow. */
async function roundsTaken(steady: boolean, times: readonly number[], others: readonly number[]): Promise<number> {
  let round = 0;
  const at = (values: readonly number[]) => values[Math.min(round, values.length) - 1]!;
  const run = () => Promise.resolve({ cpu: at(times) });
  const watch = () => {
    round++;
    return () => at(others);
  };
  await takeTurns([{ steady, run }], { rounds: 2, warmUp: 0, seconds: 0, more: 3 }, watch);
  return round;
}

test("rounds are repeated while times vary, as far as the plan allows", async () => {
  expect(await roundsTaken(true, [5], [0])).toBe(2);
  expect(await roundsTaken(true, [1, 10, 100, 1_000, 10_000], [0])).toBe(5);
  expect(await roundsTaken(true, [1, 10, 10, 10], [0])).toBe(4);
  expect(await roundsTaken(false, [1, 10], [0])).toBe(2);
});

test("rounds are repeated while the machine has other work to do, as far as the plan allows", async () => {
  expect(await roundsTaken(true, [5], [0.5])).toBe(5);
  expect(await roundsTaken(false, [5], [0.5])).toBe(5);
  expect(await roundsTaken(true, [5], [0.5, 0.05])).toBe(3);
  expect(await roundsTaken(true, [5], [NaN])).toBe(2);
});

import process from "node:process";
import { busyTime, canSeeProcesses, usageOfTree } from "./process_tree.ts";
import { middle, spreadOf } from "./statistics.ts";

/** How long to measure. */
export interface Plan {
  readonly rounds: number;
  /** Seconds. */
  readonly warmUp: number;
  /** Seconds of one turn. */
  readonly seconds: number;
  /** How many rounds more there may be when the machine has other work to do, or times vary (default none). */
  readonly more?: number;
}

/** Beyond this share of the machine, what other processes do disturbs a round. */
export const BUSY = 0.1;
/** Beyond this spread the CPU time of one contestant varies. */
export const VARIED = 0.25;

/** One that takes its turn in each round. */
export interface Contestant<T> {
  /** Whether rounds are repeated when its times vary. */
  readonly steady: boolean;
  /** Takes its turn. */
  run(seconds: number): Promise<T>;
}

/** What came of the rounds that count. */
export interface Taken<T> {
  /** For each contestant what came of each round. */
  readonly turns: readonly (readonly T[])[];
  /** What other processes took of the machine in the median round; NaN where it does not tell. */
  readonly others: number;
}

/** A round: what came of it for each contestant, and what share of the machine others took meanwhile. */
export interface Round<T> {
  readonly results: readonly T[];
  readonly others: number;
}

/**
 * Lets contestants take turns in short rounds, so that what disturbs the machine disturbs all of them.
 *
 * Rounds are repeated, as far as the plan allows, until there are enough in which the machine had little else to do and times were steady.
 *
 * @param contestants Who.
 * @param plan How long.
 * @param watch Begins to watch what others take of the machine, and gives what tells their share since (default from the system).
 * @returns What came of the rounds that count.
 */
export async function takeTurns<T extends { readonly cpu: number }>(
  contestants: readonly Contestant<T>[],
  plan: Plan,
  watch: () => () => number = watchOthers,
): Promise<Taken<T>> {
  const { rounds, warmUp, seconds, more = 0 } = plan;
  for (const one of contestants) await one.run(warmUp);
  const all: Round<T>[] = [];
  const checked = contestants.flatMap(({ steady }, index) => steady ? [index] : []);
  while (all.length < rounds || all.length < rounds + more && !isEnough(all, rounds, checked)) {
    const othersSince = watch();
    const results: T[] = [];
    for (const one of contestants) results.push(await one.run(seconds));
    all.push({ results, others: othersSince() });
  }
  const kept = calmest(all, rounds);
  return {
    turns: contestants.map((_, index) => kept.map(({ results }) => results[index]!)),
    others: middle(kept.map((round) => round.others)),
  };
}

/**
 * Picks the rounds that count by what else the machine did, never by what came of them.
 *
 * @param rounds All.
 * @param least How many at least.
 * @returns All that were calm; when these are too few, the calmest.
 */
export function calmest<T>(rounds: readonly Round<T>[], least: number): readonly Round<T>[] {
  return rounds.toSorted((a, b) => a.others - b.others).filter(({ others }, at) => at < least || !(others > BUSY));
}

function isEnough<T extends { readonly cpu: number }>(
  all: readonly Round<T>[],
  rounds: number,
  checked: readonly number[],
): boolean {
  const kept = calmest(all, rounds);
  return !kept.some(({ others }) => others > BUSY) &&
    checked.every((index) => !(spreadOf(kept.map(({ results }) => results[index]!.cpu)) > VARIED));
}

/** Watches what processes take of the machine that have not been started from here. */
function watchOthers(): () => number {
  if (!canSeeProcesses()) return () => NaN;
  const measure = () => {
    const { busy, all } = busyTime();
    return { busy, all, own: usageOfTree(process.pid).cpu };
  };
  const before = measure();
  return () => {
    const after = measure();
    const others = after.busy - before.busy - (after.own - before.own);
    return Math.max(0, others / (after.all - before.all));
  };
}

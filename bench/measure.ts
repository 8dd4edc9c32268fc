import type { Child } from "./child.ts";
import type { PublishCommand, RunCommand, RunResult } from "./load/commands.ts";
import type { Subject } from "./subject.ts";

/** How long to measure. */
export interface Plan {
  readonly rounds: number;
  /** Seconds. */
  readonly warmUp: number;
  /** Seconds of one turn. */
  readonly seconds: number;
}

/** One subject under one load; medians over the rounds. */
export interface Measurement {
  readonly subject: Subject;
  /** Calls answered or events delivered in a second. */
  readonly perSecond: number;
  /** CPU time of the subject for each in microseconds; NaN where the machine does not tell. */
  readonly cpu: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** The generator's CPU time as a share of the time that passed. */
  readonly generatorLoad: number;
  /** CPU time divided by the base's in the same round; NaN without a base. */
  readonly ratio: number;
  /** The least and the most CPU time of any round. */
  readonly range: readonly [number, number];
}

/** A subject and what the generator is to do to it. */
export interface Turn {
  readonly subject: Subject;
  readonly command: RunCommand | PublishCommand;
  /** Which turn of the list its CPU time is divided by. */
  readonly base?: number;
}

interface Round extends RunResult {
  readonly cpu: number;
}

/**
 * Measures subjects turn by turn, so that what disturbs the machine disturbs all of them.
 *
 * @param generator The load generator, which has joined them.
 * @param turns Who and what.
 * @param plan How long.
 * @returns A measurement for each turn, in their order.
 */
export async function measureInTurns(generator: Child, turns: readonly Turn[], plan: Plan): Promise<Measurement[]> {
  const rounds: Round[][] = turns.map(() => []);
  for (let round = -1; round < plan.rounds; round++) {
    for (const [index, { subject, command }] of turns.entries()) {
      const seconds = round < 0 ? plan.warmUp : plan.seconds;
      const result = await runOnce(generator, subject, { ...command, seconds });
      if (round >= 0) rounds[index]!.push(result);
    }
  }
  return turns.map(({ subject, base }, index) => {
    const all = rounds[index]!;
    const median = (pick: (round: Round) => number) => middle(all.map(pick));
    const cpu = all.map((round) => round.cpu);
    return {
      subject,
      perSecond: median((round) => round.count / round.seconds),
      cpu: middle(cpu),
      p50: median((round) => round.p50),
      p99: median((round) => round.p99),
      p999: median((round) => round.p999),
      generatorLoad: median((round) => round.load),
      ratio: base === undefined ? NaN : middle(cpu.map((one, round) => one / rounds[base]![round]!.cpu)),
      range: [Math.min(...cpu), Math.max(...cpu)],
    };
  });
}

async function runOnce(generator: Child, subject: Subject, command: Turn["command"]): Promise<Round> {
  const before = await subject.usage();
  const result = await generator.ask<RunResult>(command);
  const after = await subject.usage();
  return { ...result, cpu: before && after ? (after.cpu - before.cpu) / result.count : NaN };
}

/** The median. */
export function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

import type { Child } from "./child.ts";
import type { JoinsCommand, PublishCommand, RunCommand, RunResult } from "./load/commands.ts";
import { middle, spreadOf } from "./statistics.ts";
import type { Subject } from "./subject.ts";
import { type Plan, takeTurns } from "./turns.ts";

/** Below this load over so many milliseconds a router is done with those who left. */
const SETTLED_MS = 20;
const SETTLED_LOAD = 0.1;
/** One that has other work to do is not waited for any longer. */
const MOST_LOOKS = 100;

/** One subject under one load; medians over the rounds. */
export interface Measurement {
  readonly subject: Subject;
  /** Calls answered, events delivered or sessions joined in a second. */
  readonly perSecond: number;
  /** Of all calls, the share that was answered by an error; what is said of calls is said of the others. */
  readonly refused: number;
  /** CPU time of the subject for each in microseconds; NaN where the machine does not tell. */
  readonly cpu: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** The generator's CPU time as a share of the time that passed. */
  readonly generatorLoad: number;
  /** CPU time divided by the base's in the same round; NaN without a base. */
  readonly ratio: number;
  /** How far its CPU times are from each other. */
  readonly spread: number;
  /** What other processes took of the machine meanwhile. */
  readonly others: number;
}

/** A subject and what the generator is to do to it. */
export interface Turn {
  readonly subject: Subject;
  readonly command: RunCommand | PublishCommand | JoinsCommand;
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
  const contestants = turns.map(({ subject, command }) => ({
    steady: subject.runtime !== undefined,
    run: (seconds: number) => runOnce(generator, subject, { ...command, seconds }),
  }));
  const { turns: taken, others } = await takeTurns(contestants, plan);
  return turns.map(({ subject, base }, index) => {
    const rounds = taken[index]!;
    const median = (pick: (round: Round) => number) => middle(rounds.map(pick));
    const cpu = rounds.map((round) => round.cpu);
    return {
      subject,
      perSecond: median((round) => round.count / round.seconds),
      refused: median((round) => round.refused / (round.count + round.refused)),
      cpu: middle(cpu),
      p50: median((round) => round.p50),
      p99: median((round) => round.p99),
      p999: median((round) => round.p999),
      generatorLoad: median((round) => round.load),
      ratio: base === undefined ? NaN : middle(cpu.map((one, round) => one / taken[base]![round]!.cpu)),
      spread: spreadOf(cpu),
      others,
    };
  });
}

async function runOnce(generator: Child, subject: Subject, command: Turn["command"]): Promise<Round> {
  const before = await subject.usage();
  const result = await generator.ask<RunResult>(command);
  const after = await subject.usage();
  if (command.do === "joins") await leave(generator, subject, command.target);
  return { ...result, cpu: before && after ? (after.cpu - before.cpu) / result.count : NaN };
}

/**
 * Lets all leave who joined, and waits until that is over for the router, too: otherwise the next one would have the machine only in part.
 *
 * @param generator Who has joined.
 * @param subject The router.
 * @param target What the generator calls it.
 */
export async function leave(generator: Child, subject: Subject, target: string): Promise<void> {
  await generator.ask({ do: "leave", target });
  for (let last = NaN, looks = 0; looks < MOST_LOOKS; looks++) {
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    const usage = await subject.usage();
    if (usage === undefined || usage.cpu - last < SETTLED_MS * 1000 * SETTLED_LOAD) return;
    last = usage.cpu;
  }
}

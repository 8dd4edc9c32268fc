import { fileURLToPath } from "node:url";
import process from "node:process";
import { Child } from "./child.ts";
import type { Format } from "./load/frames.ts";
import type { JoinCommand, RunCommand, RunResult } from "./load/generator.ts";
import type { Usage } from "./measured.ts";

/** The runtimes that are measured. */
export type Runtime = "node" | "bun";

/** What is measured: the router, and beside it the null relay. */
export type Subject = "null" | "router";

/** How many callers have how many calls in flight. */
export interface Shape {
  readonly callers: number;
  readonly inFlight: number;
}

/** One subject under one load on one runtime. */
export interface Measurement {
  readonly runtime: Runtime;
  /** The runtime's name and version. */
  readonly version: string;
  readonly format: Format;
  readonly subject: Subject;
  readonly shape: Shape;
  /** Medians over the rounds. */
  readonly callsPerSecond: number;
  readonly cpuPerCall: number;
  readonly p50: number;
  readonly p99: number;
  /** The generator's CPU time as a share of the time that passed. */
  readonly generatorLoad: number;
  /** CPU time per call divided by the null relay's in the same round, median over the rounds; 1 for the null relay itself. */
  readonly toNull: number;
  /** The least and the most CPU time per call of any round. */
  readonly cpuRange: readonly [number, number];
}

/** How long to measure. */
export interface Plan {
  readonly rounds: number;
  readonly warmUp: number;
  readonly seconds: number;
}

/** The loads. */
export const SHAPES: readonly Shape[] = [{ callers: 4, inFlight: 16 }, { callers: 1, inFlight: 1 }];
/** What every call carries. */
export const PAYLOAD = "0123456789abcdef";
const REALM = "bench";
const SUBJECTS: readonly Subject[] = ["null", "router"];

interface Round extends RunResult {
  readonly cpuPerCall: number;
}

/**
 * Measures router and null relay on one runtime in one format, turn by turn.
 *
 * @param runtime The runtime of both.
 * @param format The format of the load.
 * @param plan How long.
 * @returns A measurement for each subject and load.
 */
export async function measure(runtime: Runtime, format: Format, plan: Plan): Promise<Measurement[]> {
  const children = new Map<Subject, Child>();
  const generator = Child.start("The load generator", process.execPath, [pathOf("load/generator.ts")]);
  const rounds = new Map<string, Round[]>();
  let version = "";
  try {
    for (const subject of SUBJECTS) {
      const child = startSubject(runtime, format, subject);
      children.set(subject, child);
      const { url, runtime: name } = await child.read<{ url: string; runtime: string }>();
      version = name;
      await generator.ask(
        { do: "join", target: subject, url, realm: REALM, format, payload: PAYLOAD, callers: 4 } satisfies JoinCommand,
      );
    }
    for (let round = -1; round < plan.rounds; round++) {
      for (const shape of SHAPES) {
        for (const subject of SUBJECTS) {
          const seconds = round < 0 ? plan.warmUp : plan.seconds;
          const result = await runOnce(generator, children.get(subject)!, {
            do: "run",
            target: subject,
            seconds,
            ...shape,
          });
          if (round >= 0) list(rounds, keyOf(subject, shape)).push(result);
        }
      }
    }
  } finally {
    await Promise.all([generator, ...children.values()].map((child) => child.stop()));
  }
  return SHAPES.flatMap((shape) =>
    SUBJECTS.map((subject): Measurement => {
      const all = rounds.get(keyOf(subject, shape))!;
      const median = (pick: (round: Round) => number) => middle(all.map(pick));
      const cpu = all.map((round) => round.cpuPerCall);
      const base = rounds.get(keyOf("null", shape))!;
      return {
        runtime,
        version,
        format,
        subject,
        shape,
        callsPerSecond: median((round) => round.calls / round.seconds),
        cpuPerCall: median((round) => round.cpuPerCall),
        p50: median((round) => round.p50),
        p99: median((round) => round.p99),
        toNull: middle(cpu.map((one, round) => one / base[round]!.cpuPerCall)),
        generatorLoad: median((round) => round.load),
        cpuRange: [Math.min(...cpu), Math.max(...cpu)],
      };
    })
  );
}

async function runOnce(generator: Child, subject: Child, command: RunCommand): Promise<Round> {
  const before = await subject.ask<Usage>("usage");
  const result = await generator.ask<RunResult>(command);
  const after = await subject.ask<Usage>("usage");
  return { ...result, cpuPerCall: (after.cpu - before.cpu) / result.calls };
}

function startSubject(runtime: Runtime, format: Format, subject: Subject): Child {
  const program = runtime === "node" ? process.execPath : pathOf("../node_modules/.bin/bun");
  const args = subject === "router"
    ? [pathOf("router_process.ts"), REALM]
    : [pathOf(`null_relay/${runtime}.ts`), format];
  return Child.start(`${subject} on ${runtime}`, program, args);
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

function keyOf(subject: Subject, { callers, inFlight }: Shape): string {
  return `${subject} ${callers} x ${inFlight}`;
}

function list<T>(lists: Map<string, T[]>, key: string): T[] {
  let found = lists.get(key);
  if (found === undefined) lists.set(key, found = []);
  return found;
}

function middle(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

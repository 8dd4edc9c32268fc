import type { Format } from "../load/frames.ts";
import type { Peers } from "../peers.ts";
import { percent, type Report, short } from "../report/report.ts";
import { middle } from "../statistics.ts";
import type { Runtime } from "../subject.ts";
import { BUSY, type Plan, VARIED } from "../turns.ts";

/** How a topic is measured. */
export interface Settings {
  readonly mode: "quick" | "usual" | "full";
  readonly plan: Plan;
  readonly runtimes: readonly Runtime[];
  readonly formats: readonly Format[];
  /** The routers of others that run. */
  readonly peers: Peers;
}

/** What one load needs of {@linkcode Settings}. */
export type Where = Pick<Settings, "runtimes" | "plan" | "peers">;

/** One thing that is measured. */
export interface Topic {
  /** What `--only` calls it, and its files. */
  readonly name: string;
  /** Whether it needs the routers of others. */
  readonly peers: boolean;
  /** Measures it. */
  run(settings: Settings): Promise<Report>;
}

/**
 * Says how a topic was measured.
 *
 * @param settings How it was to be measured.
 * @param others What share of the machine other processes took in the measurements.
 */
export function methodOf({ plan, peers }: Settings, others: readonly number[] = []): string[] {
  const { rounds, seconds, warmUp, more = 0 } = plan;
  const repeated = more === 0
    ? ""
    : ` Up to ${more} rounds more where other processes took over ${
      percent(BUSY)
    } of the machine, or the CPU time of ours varied by over ${
      percent(VARIED)
    } (the middle half of the rounds, relative to the median); the calmest count.`;
  const known = others.filter((one) => !Number.isNaN(one));
  const busy = known.length === 0
    ? ""
    : ` Other processes took ${percent(middle(known))} of the machine meanwhile, ${
      percent(Math.max(...known))
    } at most.`;
  return [
    `Medians of ${rounds} rounds of ${seconds} s, everyone taking turns, after ${warmUp} s of warming up.${repeated}${busy}` +
    ` ~ says by how much a CPU time varied nevertheless.`,
    ...peers.skipped.map((one) => `Left out: ${one}.`),
  ];
}

/** A CPU time, with its spread if it varied much. */
export function cpuTime({ cpu, spread }: { readonly cpu: number; readonly spread: number }): string {
  return short(cpu) + (spread > VARIED ? ` ~${percent(spread)}` : "");
}

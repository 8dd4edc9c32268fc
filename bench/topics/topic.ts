import type { Format } from "../load/frames.ts";
import type { Peers } from "../peers.ts";
import type { Plan } from "../measure.ts";
import type { Report } from "../report/report.ts";
import type { Runtime } from "../subject.ts";

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

/** Says how a topic was measured. */
export function methodOf({ plan, peers }: Settings): string[] {
  const skipped = peers.skipped.map((one) => `Left out: ${one}.`);
  return [
    `Medians of ${plan.rounds} rounds of ${plan.seconds} s, everyone taking turns, after ${plan.warmUp} s of warming up.`,
    ...skipped,
  ];
}

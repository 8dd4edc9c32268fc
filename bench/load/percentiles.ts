import type { RunResult } from "./commands.ts";

/**
 * Picks the latencies that are told.
 *
 * @param sorted All in milliseconds, in ascending order.
 */
export function percentiles(sorted: ArrayLike<number>): Pick<RunResult, "p50" | "p99" | "p999"> {
  const at = (share: number) => 1000 * sorted[Math.floor(share * (sorted.length - 1))]!;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}

import type { Random } from "../wire/random.ts";
import type { Backoff } from "./options.ts";

/**
 * How long to wait before an attempt.
 *
 * @param backoff How waits grow.
 * @param attempt How many attempts have failed since it last worked.
 * @param random Where the random part comes from.
 * @returns Milliseconds; never more than the ceiling.
 */
export function backoffDelay(backoff: Backoff, attempt: number, random: Random): number {
  const { initialDelay = 250, maxDelay = 30_000, factor = 2, jitter = 0.5 } = backoff;
  const full = Math.min(maxDelay, initialDelay * factor ** Math.min(attempt, 64));
  return full * (1 - jitter * random.number());
}

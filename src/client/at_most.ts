import type { Clock } from "../wire/clock.ts";

/**
 * Waits for something, but not for ever.
 *
 * @param clock Where time comes from.
 * @param milliseconds For how long; 0 for any time.
 * @param work What is waited for.
 * @returns Resolves when it is done, or time is up.
 */
export async function atMost(clock: Clock, milliseconds: number, work: Promise<void>): Promise<void> {
  if (milliseconds === 0) return await work;
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = clock.timer(milliseconds, resolve);
  try {
    await Promise.race([work, late]);
  } finally {
    timer.cancel();
  }
}

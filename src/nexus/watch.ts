import type { Clock } from "../wire/clock.ts";
import { WampError } from "../wire/errors.ts";

/** How a list is followed. */
export interface WatchOptions {
  /** Milliseconds between two readings (default 5000). */
  readonly interval?: number | undefined;
  /** Ends the following. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Follows a list that nobody announces changes of.
 *
 * @param read Reads it.
 * @param options How often, and until when.
 * @param clock Where time comes from.
 * @returns The list, at once and after each change; its order does not count.
 */
export async function* watchList<Item>(
  read: () => Promise<readonly Item[]>,
  options: WatchOptions,
  clock: Clock,
): AsyncGenerator<readonly Item[], void, undefined> {
  const { interval = 5_000, signal } = options;
  let seen: string | undefined;
  while (!signal?.aborted) {
    const items = await readWhenConnected(read);
    if (signal?.aborted) return;
    const fingerprint = items === undefined ? seen : fingerprintOf(items);
    if (items !== undefined && fingerprint !== seen) {
      seen = fingerprint;
      yield items;
    }
    await pause(interval, signal, clock);
  }
}

async function readWhenConnected<Item>(read: () => Promise<readonly Item[]>): Promise<readonly Item[] | undefined> {
  try {
    return await read();
  } catch (error) {
    if (WampError.is(error, "not_connected") || WampError.is(error, "connection_lost")) return undefined;
    throw error;
  }
}

function fingerprintOf(items: readonly unknown[]): string {
  const plain = (_: string, value: unknown) => typeof value === "bigint" ? `${value}n` : value;
  return JSON.stringify(items.map((item) => JSON.stringify(item, plain) ?? "").sort());
}

function pause(milliseconds: number, signal: AbortSignal | undefined, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.timer(milliseconds, done);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });
}

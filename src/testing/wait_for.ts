import { WampError } from "../wire/errors.ts";

/** How long to wait, and how often to look. */
export interface WaitOptions {
  /** Milliseconds after which it has failed (default 5 000). */
  readonly timeout?: number | undefined;
  /** What is waited for, for the error's text (default `the condition`). */
  readonly what?: string | undefined;
}

const LONGEST_PAUSE = 50;

/**
 * Waits until something is so: looks at once, then again and again, ever less often up to twenty times a second.
 *
 * @param condition Gives what is waited for, or undefined, null or false while that is not there; what it throws ends the waiting.
 * @param options How long.
 * @returns What the condition gave.
 * @throws {WampError} `timeout` when it does not come; the message names it.
 *
 * @example
 * ```ts
 * import { waitFor } from "@izaber/wamp/testing";
 *
 * const jobs: string[] = [];
 * setTimeout(() => jobs.push("done"), 5);
 * if (await waitFor(() => jobs[0]) !== "done") throw new Error("unexpected");
 * ```
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, undefined | null | false>> {
  const { timeout = 5_000, what = "the condition" } = options;
  const until = performance.now() + timeout;
  for (let pause = 1;; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value as Exclude<T, undefined | null | false>;
    if (performance.now() >= until) throw new WampError("timeout", `${what} did not come within ${timeout} ms`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

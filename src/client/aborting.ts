import { WampError } from "../wire/errors.ts";
import type { Usage } from "./arguments.ts";

/**
 * Listens to a signal.
 *
 * @param signal The signal, not aborted yet; undefined for none.
 * @param aborted Called when it is aborted.
 * @returns Listens no longer; to be called in any case.
 */
export function whenAborted(signal: AbortSignal | undefined, aborted: () => void): () => void {
  signal?.addEventListener("abort", aborted);
  return () => signal?.removeEventListener("abort", aborted);
}

/**
 * Makes the error of a request whose signal was aborted.
 *
 * @param signal The signal; its reason becomes the cause.
 * @param usage What was asked for.
 * @returns The error.
 */
export function abortedRequest(signal: AbortSignal | undefined, { method, uri }: Usage): WampError {
  return new WampError("aborted", `Cannot ${method} "${uri}": aborted by its signal`, { cause: signal?.reason });
}

/** Who waits for what a router has been asked for; whatever comes first settles it, and the rest is for nobody. */
export interface Asked<T> {
  /** Whether nobody waits any more. */
  readonly over: boolean;
  /** It is there. */
  resolve(value: T): void;
  /** It will not come. */
  reject(error: unknown): void;
}

/**
 * Waits for what a router has been asked for, until a signal says that it is no longer wanted.
 *
 * @param resolve Called when it is there.
 * @param reject Called when it will not come, or is no longer wanted.
 * @param signal Says that.
 * @param usage What was asked for, for the error text.
 * @returns Who is to be told; nothing of it listens to the signal any more when it has been.
 */
export function asked<T>(
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
  signal: AbortSignal | undefined,
  usage: Usage,
): Asked<T> {
  const settling = <Value>(settle: (value: Value) => void) => (value: Value) => {
    one.over = true;
    unwatch();
    settle(value);
  };
  const one = { over: false, resolve: settling(resolve), reject: settling(reject) };
  const abort = () => one.reject(abortedRequest(signal, usage));
  const unwatch = whenAborted(signal, abort);
  // By something in the request as that was encoded.
  if (signal?.aborted) abort();
  return one;
}

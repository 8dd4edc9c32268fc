import { describe } from "../wire/describe.ts";

/** What a runtime may offer for errors that nobody handles. */
interface Reporter {
  reportError?(error: unknown): void;
  readonly process?: { emitWarning?(warning: Error | string): void };
}

/**
 * Hands an error that nobody handles to the runtime, as if it had been thrown by an event listener.
 *
 * @param error The error.
 */
export function reportUncaught(error: unknown): void {
  const runtime: Reporter = globalThis as Reporter;
  if (typeof runtime.reportError === "function") runtime.reportError(error);
  else {
    // Node has no reportError; this is what it does.
    queueMicrotask(() => {
      throw error;
    });
  }
}

/**
 * Hands on an error that nobody handles and that others can bring about: as a warning where an uncaught error would end the process.
 *
 * @param error The error.
 */
export function reportWarning(error: unknown): void {
  const { process } = globalThis as Reporter;
  if (process?.emitWarning) process.emitWarning(error instanceof Error ? error : describe(error));
  else reportUncaught(error);
}

/** What a runtime may offer for errors that nobody handles. */
interface Reporter {
  reportError?(error: unknown): void;
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

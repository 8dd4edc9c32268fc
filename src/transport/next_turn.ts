import { runtime } from "./websocket_like.ts";

// Taken now: a test that fakes timers stops time, not messages.
const { setImmediate: immediate } = runtime();
const { setTimeout: timeout } = globalThis;
const later = immediate ?? ((callback: () => void) => timeout(callback, 0));

/**
 * Calls back in a later turn of the event loop, so that what is due there comes first.
 *
 * @param callback What to call.
 */
export function nextTurn(callback: () => void): void {
  later(callback);
}

import { runtime } from "./websocket_like.ts";

/**
 * Calls back in a later turn of the event loop, so that what is due there comes first.
 *
 * @param callback What to call.
 */
export function nextTurn(callback: () => void): void {
  const { setImmediate } = runtime();
  if (setImmediate === undefined) setTimeout(callback, 0);
  else setImmediate(callback);
}

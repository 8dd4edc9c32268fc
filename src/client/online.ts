/** What is used of a browser that knows whether it is online. */
interface Browser {
  readonly navigator?: object;
  addEventListener?(type: "online", listener: () => void): void;
  removeEventListener?(type: "online", listener: () => void): void;
}

/**
 * Listens to the network's coming back, where the runtime knows.
 *
 * @param online Called each time.
 * @returns Removes the listener.
 */
export function whenOnline(online: () => void): () => void {
  const browser = globalThis as Browser;
  // Servers and edge workers may have the method, but no such event.
  if (browser.navigator === undefined || !("onLine" in browser.navigator)) return () => {};
  browser.addEventListener?.("online", online);
  return () => browser.removeEventListener?.("online", online);
}

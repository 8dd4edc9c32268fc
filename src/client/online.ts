/** What is used of a browser that knows whether it is online, and whether the page is seen. */
interface Browser {
  readonly navigator?: object;
  readonly document?: Target & { readonly visibilityState: string };
}

interface Target {
  addEventListener?(type: string, listener: (event: { readonly type: string }) => void): void;
  removeEventListener?(type: string, listener: (event: { readonly type: string }) => void): void;
}

/**
 * Listens to the network's coming back, and to the page's, where the runtime knows. A page in the background has timers that fire late, or none.
 *
 * @param online Called each time.
 * @returns Removes the listeners.
 */
export function whenOnline(online: () => void): () => void {
  const browser = globalThis as Browser & Target;
  const { navigator, document } = browser;
  // Servers and edge workers may have the method, but no such events.
  if (navigator === undefined || !("onLine" in navigator)) return () => {};
  const targets = [[browser, "online"], [browser, "pageshow"], [document, "visibilitychange"]] as const;
  const heard = ({ type }: { readonly type: string }) => {
    if (type !== "visibilitychange" || document?.visibilityState === "visible") online();
  };
  for (const [target, type] of targets) target?.addEventListener?.(type, heard);
  return () => {
    for (const [target, type] of targets) target?.removeEventListener?.(type, heard);
  };
}

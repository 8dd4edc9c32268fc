import process from "node:process";

/** Names the process that watches to the one that it starts. */
export const WATCHER = "NEXUS_WATCHER";

/** What a watched process says once it heeds its watcher; until then a signal ends it. */
export const HEEDS = "heeds";

/**
 * Has this process drained, as by SIGTERM, when the one that watches it lets go of the channel between them or is gone.
 *
 * The watcher sends no signal itself: a terminal sends its own to both, and a second one ends a process at once.
 *
 * @returns From here on signals are counted, as services listen to them; call what it gives when they do not any more.
 */
export function heedWatcher(): () => () => void {
  if (process.send === undefined || process.env[WATCHER] !== String(process.ppid)) return () => () => {};
  let asked = false;
  const ask = () => {
    asked = true;
  };
  // A signal that came in the same turn is heard of behind it.
  process.once("disconnect", () => setImmediate(() => asked || process.kill(process.pid, "SIGTERM")));
  // To wait for that is no reason to live.
  process.channel?.unref();
  process.send(HEEDS);
  return () => {
    process.on("SIGINT", ask).on("SIGTERM", ask);
    return () => void process.off("SIGINT", ask).off("SIGTERM", ask);
  };
}

import process from "node:process";

/** Names the process that watches to the one that it starts. */
export const WATCHER = "NEXUS_WATCHER";

/** What a watched process says once it heeds its watcher; until then a signal ends it. */
export const HEEDS = "heeds";

/**
 * Has this process drained, as by SIGTERM, when the one that watches it lets go of the channel between them or is gone.
 *
 * The watcher sends no signal itself: a terminal sends its own to both, and a second one ends a process at once. Which of the two is heard of first cannot be
 * told, so that one signal behind the watcher's wish is that same wish.
 *
 * @returns To be asked once for each signal that services hear of: whether it is a request of its own.
 */
export function heedWatcher(): () => boolean {
  if (process.send === undefined || process.env[WATCHER] !== String(process.ppid)) return () => true;
  let heard = false;
  let wished = false;
  process.once("disconnect", () => {
    if (heard) return;
    wished = true;
    process.kill(process.pid, "SIGTERM");
  });
  // To wait for that is no reason to live.
  process.channel?.unref();
  process.send(HEEDS);
  return () => {
    const isSame = heard && wished;
    if (isSame) wished = false;
    heard = true;
    return !isSame;
  };
}

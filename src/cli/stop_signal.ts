import process from "node:process";

/**
 * Waits for the process to be asked to stop. Asked again, it ends at once.
 *
 * @returns Resolves at the first SIGINT or SIGTERM.
 */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        if (asked) process.exit(1);
        asked = true;
        resolve();
      });
    }
  });
}

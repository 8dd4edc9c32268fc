import process from "node:process";
import { ExitCode } from "./exit_code.ts";

/** The commands that others rely on while they run: what they write is not what they are for. */
const SERVING: ReadonlySet<string | undefined> = new Set(["serve", "run", "register", "record"]);

/**
 * Says what becomes of this process once nobody takes what it writes: a reader has had enough, as `head` has, or a disk is full.
 *
 * @param command The command that it runs.
 */
export function heedBrokenOutput(command: string | undefined): void {
  // Remarks are never what anything is run for.
  process.stderr.on("error", () => {});
  process.stdout.on("error", (error: Error & { readonly code?: string }) => {
    const hadEnough = error.code === "EPIPE";
    if (!hadEnough) process.stderr.write(`nexus: cannot write to the standard output: ${error.message}\n`);
    if (!SERVING.has(command)) process.exit(hadEnough ? ExitCode.done : ExitCode.failed);
  });
}

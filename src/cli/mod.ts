/**
 * The `nexus` command as a module: `deno run -A jsr:@izaber/wamp/cli serve --data nexus-data` runs it, and {@linkcode run} does from a program.
 *
 * @example
 * ```ts
 * import { run } from "@izaber/wamp/cli";
 *
 * const exitCode = await run(["--version"]);
 * if (exitCode !== 0) throw new Error("unexpected");
 * ```
 *
 * @module
 */
import { run, runProcess } from "./program.ts";

export { run };

if (import.meta.main) await runProcess();

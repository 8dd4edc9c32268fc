import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { root } from "../run/alias.ts";

const bin = (name: string) => join(root, "node_modules", ".bin", name);

/** How each runtime runs a file. */
export const runtimes: Record<string, readonly string[]> = {
  node: [process.execPath],
  deno: [bin("deno"), "run", "-A"],
  bun: [bin("bun")],
};

/**
 * Runs an example as a reader would: a program of its own, in the root of the project.
 *
 * @returns what it wrote; it rejects unless the program ends with 0
 */
export async function runExample(
  runtime: string,
  file: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<{ stdout: string; stderr: string }> {
  const [program, ...before] = runtimes[runtime]!;
  const options = { cwd: root, env: { ...process.env, ...env }, timeout: 60_000 };
  return await promisify(execFile)(program!, [...before, join("examples", file), ...args], options);
}

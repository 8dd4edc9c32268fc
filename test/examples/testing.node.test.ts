import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { root } from "../run/alias.ts";

const bin = (name: string) => join(root, "node_modules", ".bin", name);
const folder = join("examples", "testing");

/** How each test runner runs its file, and what it says when one test has passed. */
const runners: [string, readonly string[], RegExp][] = [
  ["vitest", [process.execPath, bin("vitest"), "run", "--root", folder, "vitest.test.ts"], /1 passed/],
  ["node:test", [process.execPath, "--test", join(folder, "node_test.ts")], /pass 1\n/],
  ["bun test", [bin("bun"), "test", `./${folder}/bun_test.ts`], /1 pass\n/],
  ["deno test", [bin("deno"), "test", "-A", join(folder, "deno_test.ts")], /1 passed/],
];

test.each(runners)("the test kit works with %s", async (_name, [program, ...args], passed) => {
  // A vitest inside this vitest would take the outer one's settings for its own.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST")));
  const options = { cwd: root, env: { ...env, NO_COLOR: "1" }, timeout: 60_000 };
  const { stdout, stderr } = await promisify(execFile)(program!, args, options);
  expect(stdout + stderr).toMatch(passed);
});

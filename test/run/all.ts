/**
 * Runs the test suite in all five runtimes, one after another; `node test/run/all.ts bun deno` runs it in those named.
 *
 * Prints one line a runtime and ends with `N passed, N failed`. What could not be run at all (a runtime that does not start, ends
 * early or finds no test, a file that does not load, an error outside every test) counts as one failure each.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { root } from "./alias.ts";

const bin = join(root, "node_modules", ".bin");
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const commands: Record<string, [string, ...string[]]> = {
  node: [process.execPath, vitest],
  bun: [join(bin, "bun"), "--bun", vitest],
  deno: [join(bin, "deno"), "run", "-A", "npm:vitest"],
  chromium: [process.execPath, vitest],
  workerd: [process.execPath, vitest],
};
/** Node has 5,000 tests and many processes, which took four and a half minutes on two cores: a slower machine shall pass, too. */
const TIME_LIMIT_MS = 20 * 60_000;

/** What one runtime had to say. */
interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  /** Why there may be more wrong than failed tests say. */
  trouble: string | undefined;
  /** Everything that vitest printed. */
  output: string;
}

/** The parts of vitest's JSON report that are read here; it is Jest's. */
interface Report {
  testResults: { status: string; name: string; assertionResults: { status: string }[] }[];
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(commands);
const unknown = wanted.filter((name) => !(name in commands));
if (unknown.length > 0) {
  console.error(`No such runtime: ${unknown.join(", ")}. There are ${Object.keys(commands).join(", ")}.`);
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "wamp-test-"));
const total = { passed: 0, failed: 0, skipped: 0 };
try {
  for (const name of wanted) {
    const started = performance.now();
    const outcome = await run(name, commands[name]!);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (outcome.failed > 0) console.log(outcome.output);
    console.log(
      `${name.padEnd(8)} ${summary(outcome)} in ${seconds} s${outcome.trouble ? ` (${outcome.trouble})` : ""}`,
    );
    for (const key of ["passed", "failed", "skipped"] as const) total[key] += outcome[key];
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(summary(total));
process.exitCode = total.failed === 0 ? 0 : 1;

function summary({ passed, failed, skipped }: typeof total): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

async function run(name: string, [program, ...before]: [string, ...string[]]): Promise<Outcome> {
  const file = join(folder, `${name}.json`);
  const args = [
    ...before,
    "run",
    "--project",
    name,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
  ];
  const { output, ending } = await finish(
    spawn(program, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" }) },
    }),
  );
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: 1, skipped: 0, trouble: `no report, ${ending ?? "exit code 0"}`, output };
  }
  return { ...count(report, ending), output };
}

function count(report: Report, ending: string | undefined): Omit<Outcome, "output"> {
  const tests = report.testResults.flatMap((one) => one.assertionResults);
  const passed = tests.filter((one) => one.status === "passed").length;
  let failed = tests.filter((one) => one.status === "failed").length;
  const skipped = tests.length - passed - failed;
  const unloaded = report.testResults.filter((one) =>
    one.status === "failed" && !one.assertionResults.some((test) => test.status === "failed")
  );
  failed += unloaded.length;
  let trouble = unloaded.length > 0
    ? `failed outside tests: ${unloaded.map((one) => one.name.slice(root.length)).join(", ")}`
    : undefined;
  if (failed === 0 && (ending !== undefined || passed === 0)) {
    failed = 1;
    trouble = passed === 0 ? "no test ran" : `an error outside the tests, ${ending}`;
  }
  return { passed, failed, skipped, trouble };
}

/** Collects what the child prints; `ending` is undefined when it ended well. A child that hangs is ended with all it started. */
function finish(child: ChildProcess): Promise<{ output: string; ending: string | undefined }> {
  return new Promise((resolve) => {
    let output = "";
    let late = false;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => output += text);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => output += text);
    const end = () => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    };
    const interrupted = () => {
      end();
      process.exit(130);
    };
    const timer = setTimeout(() => {
      late = true;
      end();
    }, TIME_LIMIT_MS);
    process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
    const settle = (ending: string | undefined) => {
      clearTimeout(timer);
      process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
      resolve({ output, ending: late ? `still running after ${TIME_LIMIT_MS / 1000} s` : ending });
    };
    child.once("error", (error) => settle(error.message));
    child.once("close", (code, signal) => settle(code === 0 ? undefined : signal ?? `exit code ${code}`));
  });
}

/**
 * Measures the codec: WASM, TypeScript and the packages that one would otherwise take, on every runtime. `npm run bench:codec` takes some minutes and
 * writes bench/results/; `npm run bench:codec -- --quick` takes one, `--runtime node` restricts it, and both write nothing.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Report } from "./measure.ts";
import { codecMarkdown } from "./markdown.ts";
import { codecPicture } from "./picture.ts";

const QUICK_ROUNDS = 5;
const ROUNDS = 21;

const root = fileURLToPath(new URL("../../", import.meta.url));
const commands: Record<string, readonly string[]> = { node: ["node"], bun: ["bun"], deno: ["deno", "run", "-A"] };
const { values } = parseArgs({ options: { quick: { type: "boolean", default: false }, runtime: { type: "string" } } });
const runtimes = values.runtime?.split(",") ?? Object.keys(commands);
const unknown = runtimes.filter((runtime) => commands[runtime] === undefined);
if (unknown.length > 0) {
  console.error(`Unknown --runtime ${unknown.join(",")}: there are ${Object.keys(commands).join(", ")}.`);
  process.exit(2);
}
const reports = runtimes.map((runtime): Report => {
  console.error(`measuring on ${runtime}`);
  const [program, ...args] = commands[runtime]!;
  const rounds = String(values.quick ? QUICK_ROUNDS : ROUNDS);
  const { stdout, stderr, status } = spawnSync(
    join(root, "node_modules", ".bin", program!),
    [...args, join(root, "bench", "codec", "measure.ts"), rounds],
    { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 },
  );
  if (status !== 0) throw new Error(`${runtime} failed: ${stderr}`);
  return JSON.parse(stdout);
});
const page = codecMarkdown(reports);
console.log(page);
if (!values.quick && runtimes.length === Object.keys(commands).length) {
  const results = join(root, "bench", "results");
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, "codec.md"), page);
  writeFileSync(join(results, "codec.svg"), codecPicture(reports));
  console.error("Written to bench/results/codec.md and codec.svg.");
}

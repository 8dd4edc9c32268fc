/**
 * Measures what a call costs the router, beside a null relay that does nothing but move bytes.
 *
 * `npm run bench` takes some minutes and writes bench/results/; `npm run bench -- --quick` takes under one. `--runtime` and `--format` with a
 * list restrict it: `--runtime node --format json,cbor`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import type { Format } from "./load/frames.ts";
import { measure, type Measurement, type Plan, type Runtime } from "./measure.ts";
import { markdown } from "./report/markdown.ts";
import { picture } from "./report/picture.ts";
import { table } from "./report/table.ts";

const QUICK: Plan = { rounds: 5, warmUp: 0.4, seconds: 0.25 };
const THOROUGH: Plan = { rounds: 9, warmUp: 2, seconds: 1 };
const RUNTIMES: readonly Runtime[] = ["node", "bun"];
const FORMATS: readonly Format[] = ["json", "msgpack", "cbor"];

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, runtime: { type: "string" }, format: { type: "string" } },
});
const runtimes = chosen("runtime", RUNTIMES, values.runtime);
const formats = chosen("format", FORMATS, values.format);
const plan = values.quick ? QUICK : THOROUGH;
const measurements: Measurement[] = [];
for (const runtime of runtimes) {
  for (const format of formats) {
    console.error(`measuring ${format} on ${runtime}`);
    measurements.push(...await measure(runtime, format, plan));
  }
}
console.log(table(measurements));
if (runtimes.length === RUNTIMES.length && formats.length === FORMATS.length) {
  const results = new URL("results/", import.meta.url);
  mkdirSync(results, { recursive: true });
  writeFileSync(new URL("rpc.md", results), markdown(measurements, plan));
  writeFileSync(new URL("rpc.svg", results), picture(measurements));
  console.log("\nWritten to bench/results/rpc.md and rpc.svg.");
}

function chosen<T extends string>(option: string, all: readonly T[], text: string | undefined): readonly T[] {
  if (text === undefined) return all;
  const wanted = text.split(",");
  const unknown = wanted.filter((one) => !all.includes(one as T));
  if (unknown.length > 0) {
    console.error(`Unknown --${option} ${unknown.join(",")}: there are ${all.join(", ")}.`);
    process.exit(2);
  }
  return wanted as T[];
}

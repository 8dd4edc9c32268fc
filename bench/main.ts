/**
 * Measures the router and the client, beside a null relay and a null client that do nothing but move bytes, and beside others.
 *
 * `npm run bench` takes some minutes and writes bench/results/; `npm run bench -- --quick` takes under one, `-- --full` many, and both write nothing
 * unless `--write` is given. `--only rpc,events` restricts it to topics, `--runtime node` and `--format json,cbor` to some of those. `--rounds 1
 * --seconds 0.1` measures all that the mode measures, only shorter: so one sees whether it runs.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import type { Format } from "./load/frames.ts";
import { type Peers, startPeers } from "./peers.ts";
import { markdown } from "./report/markdown.ts";
import { picture } from "./report/picture.ts";
import { terminalTable } from "./report/table.ts";
import { RUNTIMES } from "./subject.ts";
import { TOPICS } from "./topics/all.ts";
import type { Settings } from "./topics/topic.ts";
import type { Plan } from "./turns.ts";

const PLANS: Record<Settings["mode"], Plan> = {
  quick: { rounds: 3, warmUp: 0.15, seconds: 0.1 },
  usual: { rounds: 5, warmUp: 0.6, seconds: 0.4, more: 5 },
  full: { rounds: 9, warmUp: 2, seconds: 1, more: 9 },
};
const FORMATS: readonly Format[] = ["json", "msgpack", "cbor"];

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    full: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    only: { type: "string" },
    runtime: { type: "string" },
    format: { type: "string" },
    rounds: { type: "string" },
    seconds: { type: "string" },
  },
});
const mode = values.quick ? "quick" : values.full ? "full" : "usual";
const names = chosen("only", TOPICS.map((topic) => topic.name), values.only);
const topics = TOPICS.filter((topic) => names.includes(topic.name));
const runtimes = chosen("runtime", mode === "quick" ? RUNTIMES.slice(0, 2) : RUNTIMES, values.runtime);
const formats = chosen("format", mode === "quick" ? FORMATS.slice(0, 2) : FORMATS, values.format);
const plan = planOf(PLANS[mode], number("rounds", values.rounds), number("seconds", values.seconds));
const peers: Peers = topics.some((topic) => topic.peers) ? await startPeers() : { subjects: [], skipped: [] };
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    await Promise.all(peers.subjects.map((one) => one.stop()));
    process.exit(1);
  });
}
for (const reason of peers.skipped) console.error(`skipped ${reason}`);
try {
  for (const topic of topics) {
    console.error(`measuring ${topic.name}`);
    const report = await topic.run({ mode, plan, runtimes, formats, peers });
    console.log(`\n${report.title}\n`);
    for (const table of report.tables) console.log(`${terminalTable(table)}\n`);
    for (const note of report.notes) console.log(note);
    const whole = mode !== "quick" && plan === PLANS[mode] && values.runtime === undefined &&
      values.format === undefined;
    if (!whole && !values.write) continue;
    const results = new URL("results/", import.meta.url);
    mkdirSync(results, { recursive: true });
    writeFileSync(new URL(`${report.name}.md`, results), markdown(report));
    writeFileSync(new URL(`${report.name}.svg`, results), picture(report));
    console.log(`Written to bench/results/${report.name}.md and .svg.`);
  }
} finally {
  await Promise.all(peers.subjects.map((one) => one.stop()));
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

function number(option: string, text: string | undefined): number | undefined {
  if (text === undefined || Number(text) > 0) return text === undefined ? undefined : Number(text);
  console.error(`Unusable --${option} ${text}: it takes a number greater than zero.`);
  process.exit(2);
}

function planOf(plan: Plan, rounds: number | undefined, seconds: number | undefined): Plan {
  if (rounds === undefined && seconds === undefined) return plan;
  const warmUp = Math.min(plan.warmUp, 2 * (seconds ?? plan.seconds));
  return { rounds: rounds ?? plan.rounds, seconds: seconds ?? plan.seconds, warmUp };
}

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import type { BarGroup, Report } from "../report/report.ts";
import { middle } from "../statistics.ts";
import { pathOf, type Runtime } from "../subject.ts";
import process from "node:process";
import type { Settings, Topic } from "./topic.ts";

const PROGRAM = "const begin = performance.now(); const file = __FILE__; if (file) await import(file); " +
  "console.log(performance.now() - begin)";

/** How long it takes to import an entry point. */
export const start: Topic = { name: "start", peers: false, run };

// deno-lint-ignore require-await -- a topic is asynchronous
async function run(settings: Settings): Promise<Report> {
  const { mode, runtimes, plan } = settings;
  const quick = mode === "quick";
  const entries = entryPoints().filter(({ name }) => !quick || [".", "./lite", "./router"].includes(name));
  const rows: string[][] = [];
  const groups: BarGroup[] = [];
  for (const runtime of runtimes) {
    const wholes: number[] = [];
    const empties: number[] = [];
    const imports = entries.map((): number[] => []);
    const processes = entries.map((): number[] => []);
    for (let round = -1; round < plan.rounds; round++) {
      const empty = once(runtime, undefined);
      if (round >= 0) empties.push(empty.whole);
      entries.forEach((entry, index) => {
        const { inside, whole } = once(runtime, runtime === "deno" ? entry.source : entry.built);
        if (round < 0) return; // it has filled the caches of files
        imports[index]!.push(inside);
        processes[index]!.push(whole);
        wholes.push(whole);
      });
    }
    rows.push([runtime, "(an empty program)", "", middle(empties).toFixed(0)]);
    entries.forEach(({ name }, index) =>
      rows.push([runtime, name, middle(imports[index]!).toFixed(1), middle(processes[index]!).toFixed(0)])
    );
    groups.push({
      label: `import on ${runtime}`,
      bars: entries.map(({ name }, index) => {
        const value = middle(imports[index]!);
        return { label: name, value, text: `${value.toFixed(1)} ms`, kind: "ours" };
      }),
    });
  }
  return {
    name: "start",
    title: "How long a start takes",
    about:
      `A new process imports one entry point and ends: built JavaScript on Node and Bun, the sources on Deno, as JSR has them, from its cache of
compiled files. *import* is the time of \`await import()\`, *process* that from starting the process until it has ended.`,
    tables: [{ columns: ["runtime", "entry point", "import ms", "process ms"], texts: 2, rows }],
    notes: [`Medians of ${plan.rounds} processes each, after one that warms the caches up.`],
    picture: { title: "Milliseconds to import an entry point; shorter is better", groups },
  };
}

interface EntryPoint {
  readonly name: string;
  readonly built: string;
  readonly source: string;
}

function entryPoints(): EntryPoint[] {
  const built = JSON.parse(readFileSync(pathOf("../package.json"), "utf8")).exports as Record<
    string,
    { default: string }
  >;
  const sources = JSON.parse(readFileSync(pathOf("../deno.json"), "utf8")).exports as Record<string, string>;
  const all = Object.entries(sources).map(([name, source]) => ({
    name,
    built: pathOf(`../${built[name]!.default}`),
    source: pathOf(`../${source}`),
  }));
  const missing = all.find((one) => !existsSync(one.built));
  if (missing !== undefined) throw new Error(`${missing.name} has not been built: run "npm run build" first.`);
  return all;
}

function once(runtime: Runtime, file: string | undefined): { inside: number; whole: number } {
  const program = PROGRAM.replace("__FILE__", JSON.stringify(file ?? ""));
  const [command, ...args] = {
    node: [process.execPath, "--input-type=module", "--eval", program],
    bun: [pathOf("../node_modules/.bin/bun"), "--eval", program],
    deno: [pathOf("../node_modules/.bin/deno"), "eval", program],
  }[runtime] as [string, ...string[]];
  const begin = performance.now();
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: "utf8", cwd: pathOf("..") });
  const whole = performance.now() - begin;
  if (status !== 0) throw new Error(`${file} does not start on ${runtime}: ${stderr}`);
  return { inside: Number(stdout), whole };
}

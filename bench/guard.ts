/**
 * The guard against regressions of speed: `npm run bench:guard`.
 *
 * It compares CPU time to that of the null relay in the same run, never times, and allows far more than is usual, so that it holds on any machine. What
 * exceeds its limit is measured again, longer, and fails only when it exceeds it each time.
 */
import process from "node:process";
import { measureEvents } from "./topics/events.ts";
import { MANY, measureCalls } from "./topics/rpc.ts";
import type { Where } from "./topics/topic.ts";
import type { Plan } from "./turns.ts";

interface Check {
  readonly name: string;
  /** Times the null relay. */
  readonly limit: number;
  /** Measures the ratio. */
  measure(where: Where): Promise<number>;
}

const PLANS: readonly Plan[] = [
  { rounds: 5, warmUp: 0.6, seconds: 0.25 },
  { rounds: 7, warmUp: 1, seconds: 0.4 },
  { rounds: 9, warmUp: 2, seconds: 0.6 },
];

const calls = (name: string, format: "json" | "msgpack", bytes: number, limit: number): Check => ({
  name,
  limit,
  measure: async (where) => (await measureCalls({ format, bytes, shapes: [MANY] }, where)).at(-1)!.ratio,
});

const CHECKS: readonly Check[] = [
  calls("a call in json", "json", 16, 2.5),
  calls("a call in msgpack", "msgpack", 16, 2.5),
  calls("a call of 16 KB in msgpack", "msgpack", 1 << 14, 2.5),
  {
    name: "an event to 100",
    limit: 2,
    measure: async (where) => (await measureEvents("json", 100, where)).at(-1)!.ratio,
  },
];

const failed: string[] = [];
for (const check of CHECKS) {
  const ratios: number[] = [];
  for (const plan of PLANS) {
    ratios.push(await check.measure({ runtimes: ["node"], plan, peers: { subjects: [], skipped: [] } }));
    if (ratios.at(-1)! <= check.limit) break;
  }
  const said = ratios.map((one) => one.toFixed(2)).join(", then ");
  console.log(`${check.name}: ${said} times the null relay; at most ${check.limit}`);
  if (!(ratios.at(-1)! <= check.limit)) failed.push(check.name);
}
if (failed.length > 0) {
  console.error(
    `Slower than it may be: ${
      failed.join(", ")
    }. "npm run bench -- --only rpc,events" says more, docs/performance.md what costs what.`,
  );
  process.exitCode = 1;
}

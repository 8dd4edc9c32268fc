/** Feeds generated cases to one part for as long as it is told: `npm run fuzz -- codec [cases] [seed]`. */
import process from "node:process";
import { fuzzCodec } from "./codec.ts";
import { fuzzHostile } from "./hostile.ts";
import { fuzzRouter } from "./router.ts";
import { fuzzSession } from "./session.ts";

const targets: Record<string, (cases: number, seed: number) => Promise<string[]>> = {
  codec: fuzzCodec,
  hostile: fuzzHostile,
  router: fuzzRouter,
  session: fuzzSession,
};
const [name = "", cases = "1000000", seed = String(Date.now() % 1_000_000_000)] = process.argv.slice(2);
const target = targets[name];
if (target === undefined || !/^\d+$/.test(cases) || !/^\d+$/.test(seed)) {
  console.error(`usage: npm run fuzz -- ${Object.keys(targets).join("|")} [cases] [seed]`);
  process.exitCode = 2;
} else {
  const failures = await target(Number(cases), Number(seed));
  for (const failure of failures) console.error(failure);
  console.log(`${name}: ${cases} cases from seed ${seed}, ${failures.length} failed`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

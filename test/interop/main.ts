/**
 * Tries the client and the router with other implementations of WAMP; `npm run test:interop` runs it.
 *
 * Installs what is pinned below `peers/` into `node_modules/.cache/interop/` unless it is there, prints a line for each way that was tried and a table
 * at the end. Ends with an error when something failed or could not be installed.
 *
 * --only NAME       tries only the suites whose names contain NAME (may be given several times)
 * --allow-missing   goes on without what cannot be installed, and names it
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { install } from "./install.ts";
import { clients } from "./matrix/clients.ts";
import { izaber } from "./matrix/izaber.ts";
import { routers } from "./matrix/routers.ts";
import { serverwamp } from "./matrix/serverwamp.ts";
import { jsSwampyer } from "./matrix/js_swampyer.ts";
import { crossing } from "./matrix/crossing.ts";
import { codecSuite } from "./codec/suite.ts";
import { runtimes } from "./matrix/runtimes.ts";
import { Report } from "./report.ts";
import type { Suite } from "./suite.ts";

const suites: readonly Suite[] = [
  ...clients,
  ...izaber,
  ...jsSwampyer,
  ...routers,
  ...serverwamp,
  ...crossing,
  ...runtimes,
  codecSuite,
];

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    "allow-missing": { type: "boolean", default: false },
  },
});
const wanted = suites.filter(({ name }) => values.only.length === 0 || values.only.some((only) => name.includes(only)));
if (wanted.length === 0) {
  console.error(`No such suite: ${values.only.join(", ")}. There are ${suites.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}
const started = performance.now();
const missing = await install(new Set(wanted.flatMap(({ needs }) => needs)));
console.log(`Installed in ${seconds(started)} s.`);
const report = new Report();
const skipped: string[] = [];
for (const suite of wanted) {
  const lacking = suite.needs.filter((one) => missing.has(one));
  if (lacking.length > 0) {
    skipped.push(
      `${suite.name}: ${lacking.map((one) => `${one} cannot be installed (${missing.get(one)})`).join("; ")}`,
    );
    continue;
  }
  const began = performance.now();
  try {
    await suite.run(report);
  } catch (error) {
    const why = error instanceof Error ? error.stack ?? error.message : String(error);
    const line = { ours: "both", who: suite.name, version: "", transport: "", serializer: "" } as const;
    report.add({ ...line, passed: [], failed: [{ name: "the suite", why }] });
  }
  console.log(`${suite.name} took ${seconds(began)} s.\n`);
}
console.log(report.table());
for (const line of skipped) console.log(`Missing: ${line}`);
const troubles = report.failures + (values["allow-missing"] ? 0 : skipped.length);
console.log(`${report.passes} passed, ${troubles} failed in ${seconds(started)} s`);
process.exit(troubles === 0 ? 0 : 1);

function seconds(since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(1);
}

/** Tries the codec alone with Python's packages: `node test/interop/codec/main.ts`. */
import process from "node:process";
import { install } from "../install.ts";
import { Report } from "../report.ts";
import { codecSuite } from "./suite.ts";

for (const [name, why] of await install(codecSuite.needs)) {
  console.error(`Cannot install ${name}: ${why}`);
  process.exit(1);
}
const report = new Report();
await codecSuite.run(report);
process.exitCode = report.failures === 0 ? 0 : 1;

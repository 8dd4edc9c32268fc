/** Measures in the runtime that it is started in; prints one line of JSON. `node bench/codec/measure.ts ROUNDS` */
import { contestants, OPERATIONS } from "./contestants.ts";
import type { Operation } from "./contestants.ts";
import { measureDispatch } from "./dispatch.ts";
import type { DispatchResult } from "./dispatch.ts";
import { messages } from "./messages.ts";
import { race } from "./stopwatch.ts";
import process from "node:process";

/** One contestant's time for one operation on one message. */
export interface Result {
  readonly operation: Operation;
  readonly message: string;
  readonly contestant: string;
  readonly format: string;
  readonly ours: boolean;
  readonly nanoseconds: number;
}

/** All of one runtime. */
export interface Report {
  readonly runtime: string;
  readonly results: readonly Result[];
  readonly dispatch: readonly DispatchResult[];
}

const rounds = Number(process.argv[2]);
const all = contestants();
const results: Result[] = [];
for (const message of messages) {
  for (const operation of OPERATIONS) {
    const ready = all.flatMap((contestant) => {
      const work = contestant.prepare(operation, message);
      return work === undefined ? [] : [{ contestant, work }];
    });
    race(ready.map(({ work }) => work), rounds).forEach((nanoseconds, index) => {
      const { name, format, ours } = ready[index]!.contestant;
      results.push({ operation, message: message.name, contestant: name, format, ours, nanoseconds });
    });
  }
}
const { Bun, Deno } = globalThis as { Bun?: { version: string }; Deno?: { version: { deno: string } } };
const runtime = Bun ? `Bun ${Bun.version}` : Deno ? `Deno ${Deno.version.deno}` : `Node ${process.versions.node}`;
const report: Report = { runtime, results, dispatch: measureDispatch(rounds) };
console.log(JSON.stringify(report));

import process from "node:process";
import { createInterface } from "node:readline";

/** What a measured process tells of itself. */
export interface Usage {
  /** CPU time since its start in microseconds, all threads. */
  readonly cpu: number;
  /** Resident memory in bytes. */
  readonly memory: number;
}

/**
 * Makes this process one that is measured: it prints its URL, answers each line on standard input by its usage, and ends with that input.
 *
 * @param url Where it listens.
 */
export async function beMeasured(url: string): Promise<never> {
  const versions = process.versions as Record<string, string | undefined>;
  const [name, version] = Object.entries({ Bun: versions["bun"], Deno: versions["deno"], Node: versions["node"] })
    .find(([, version]) => version !== undefined)!;
  const runtime = `${name} ${version}`;
  console.log(JSON.stringify({ url, runtime }));
  for await (const _ of createInterface({ input: process.stdin })) {
    const { user, system } = process.cpuUsage();
    console.log(JSON.stringify({ cpu: user + system, memory: process.memoryUsage().rss } satisfies Usage));
  }
  process.exit();
}

import { readdirSync, readFileSync } from "node:fs";
import type { Usage } from "./measured.ts";

const MICROSECONDS_PER_TICK = 10_000;
const PAGE = 4_096;

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly cpu: number;
  readonly memory: number;
}

/** Whether this machine tells of other people's processes as Linux does. */
export function canSeeProcesses(): boolean {
  return read("self") !== undefined;
}

/** The processes that one has started. */
export function childrenOf(pid: number): number[] {
  return all().filter((one) => one.parent === pid).map((one) => one.pid);
}

/** What a process and all that it started have used; in hundredths of a second. */
export function usageOfTree(pid: number): Usage {
  const processes = all();
  const family = new Set([pid]);
  for (let before = 0; before < family.size;) {
    before = family.size;
    for (const one of processes) if (family.has(one.parent)) family.add(one.pid);
  }
  const members = processes.filter((one) => family.has(one.pid));
  const sum = (pick: (one: Process) => number) => members.reduce((total, one) => total + pick(one), 0);
  return { cpu: sum((one) => one.cpu), memory: sum((one) => one.memory) };
}

/** What all processors together have done since the start of the machine, and what they could have done; in hundredths of a second. */
export function busyTime(): { readonly busy: number; readonly all: number } {
  const [user, nice, system, idle, waiting, , , stolen] = readFileSync("/proc/stat", "utf8").split("\n", 1)[0]!
    .split(/ +/).slice(1).map(Number) as [number, number, number, number, number, number, number, number];
  // Interrupts are on nobody's account.
  const busy = (user + nice + system + stolen) * MICROSECONDS_PER_TICK;
  return { busy, all: busy + (idle + waiting) * MICROSECONDS_PER_TICK };
}

function all(): Process[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(read).filter((one) => one !== undefined);
}

function read(name: string): Process | undefined {
  try {
    const text = readFileSync(`/proc/${name}/stat`, "utf8");
    // The name of the program is in parentheses and may hold anything.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
    return {
      pid: parseInt(text),
      parent: fields[1]!,
      cpu: (fields[11]! + fields[12]!) * MICROSECONDS_PER_TICK,
      memory: fields[21]! * PAGE,
    };
  } catch {
    return undefined; // it has gone, or there is no /proc
  }
}

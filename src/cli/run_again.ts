import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { watch } from "node:fs";
import { dirname, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { serviceModule } from "./run_services.ts";
import { stopSignal } from "./stop_signal.ts";
import { note } from "./terminal.ts";
import { WATCHER } from "./watched.ts";

/** Editors write a file in several steps. */
const SETTLING = 100;

/**
 * Runs this same command without `--watch` in another process, and starts that anew whenever a file beside one of the modules changes; what it does then
 * it may finish before.
 *
 * @param modules The modules.
 * @returns When the process is asked to stop, and the other one has ended.
 */
export async function runAgain(modules: readonly string[]): Promise<void> {
  const changed = new Changes(modules);
  const stopped = stopSignal().then(() => "stopped" as const);
  try {
    for (;;) {
      const child = start();
      let heeds = false;
      child.once("message", () => heeds = true);
      const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      const why = await Promise.race([stopped, changed.next()]);
      if (!heeds) child.kill("SIGTERM");
      else if (child.connected) child.disconnect();
      await ended;
      if (why === "stopped") return;
      note("nexus: a file has changed: starting anew");
    }
  } finally {
    changed.close();
  }
}

function start(): ChildProcess {
  const args = process.argv.slice(2).filter((arg) => arg !== "--watch");
  const entry = new URL(import.meta.url.endsWith(".ts") ? "./main.ts" : "./main.js", import.meta.url);
  const program = entry.protocol === "file:" ? fileURLToPath(entry) : entry.href;
  const before = "Deno" in globalThis ? ["run", "-A"] : process.execArgv;
  return spawn(process.execPath, [...before, program, ...args], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, [WATCHER]: String(process.pid) },
  });
}

/** What changes beside the modules. */
class Changes {
  readonly #watchers: readonly ReturnType<typeof watch>[];
  #settled: ReturnType<typeof setTimeout> | undefined;
  #tell: () => void = () => {};

  constructor(modules: readonly string[]) {
    const folders = new Set(modules.map((module) => dirname(resolve(serviceModule(module).path))));
    this.#watchers = [...folders].map((folder) => watch(folder, () => this.#change()));
  }

  next(): Promise<"changed"> {
    return new Promise((resolve) => this.#tell = () => resolve("changed"));
  }

  close(): void {
    clearTimeout(this.#settled);
    for (const watcher of this.#watchers) watcher.close();
  }

  #change(): void {
    clearTimeout(this.#settled);
    this.#settled = setTimeout(() => this.#tell(), SETTLING);
  }
}

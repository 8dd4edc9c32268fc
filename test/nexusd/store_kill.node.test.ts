import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import { openSqliteStore } from "../../src/nexusd/sqlite_store.ts";
import { root } from "../run/alias.ts";

/** Writes one record after another and prints the number of each once it is written. */
const writer = `
  import { openSqliteStore } from "./src/nexusd/sqlite_store.ts";
  import { writeSync } from "node:fs";
  const store = openSqliteStore(process.argv[1]);
  if (process.argv[2] === "once") process.exit();
  const [last] = (await store.list("numbers")).slice(-1);
  for (let n = (last?.value.n ?? 0) + 1;; n++) {
    await store.write([
      { collection: "numbers", put: { key: String(n).padStart(9, "0"), value: { n } } },
      { collection: "twins", put: { key: String(n).padStart(9, "0"), value: { n } } },
    ]);
    writeSync(1, n + "\\n");
  }
`;

/** Each chain of restarts has a store of its own; more at once would only wait for each other. */
const CHAINS = 4;
const KILLS = 25;

test("what was acknowledged is there, whole, after each of a hundred kills, and the lock is free", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nexus-kill-"));
  try {
    // The sources are compiled once, by a process that ends well and so keeps that; the others start in a fraction of the time.
    await once(start(folder, "warm.db", "once"), "close");
    await Promise.all(
      Array.from({ length: CHAINS }, (_, chain) => killOften(join(folder, `nexus-${chain}.db`), chain)),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 180_000);

async function killOften(file: string, chain: number): Promise<void> {
  let last = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    // From the very first record to the middle of the first checkpoints.
    last = await runUntil(file, 1 + (kill * 37 + chain * 11) % 120);
    const store = openSqliteStore(file);
    const numbers = await store.list("numbers");
    expect(numbers.length).toBeGreaterThanOrEqual(last);
    expect(numbers.map(({ value }) => value["n"])).toEqual(numbers.map((_entry, index) => index + 1));
    expect(await store.list("twins")).toEqual(numbers);
    await store.close();
  }
}

test("a store says which process has it, also after the one before was killed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nexus-kill-"));
  const file = join(folder, "nexus.db");
  const child = start(dirname(file), basename(file));
  try {
    await once(child.stdout, "data");
    expect(() => openSqliteStore(file)).toThrow(new RegExp(`process ${child.pid} on .+ has it open`));
    child.kill("SIGKILL");
    await once(child, "close");
    await openSqliteStore(file).close();
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
});

function start(folder: string, name: string, ...how: string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, ["--input-type=module", "-e", writer, join(folder, name), ...how], {
    cwd: root,
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, "compiled") },
  });
}

/** Starts the writer, kills it after some records, and tells how many it had acknowledged. */
function runUntil(file: string, count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = start(dirname(file), basename(file));
    let output = "";
    let errors = "";
    let lines = 0;
    child.stderr.setEncoding("utf8").on("data", (text: string) => errors += text);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      lines += text.split("\n").length - 1;
      if (lines >= count) child.kill("SIGKILL");
    });
    child.once("close", () => {
      const last = output.slice(0, output.lastIndexOf("\n")).split("\n").at(-1);
      if (lines >= count) resolve(Number(last));
      else reject(new Error(`the writer ended early: ${errors}`));
    });
  });
}

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import { openSqliteStore } from "../../src/nexusd/sqlite_store.ts";
import { root } from "../run/alias.ts";

/** Writes one record after another and prints the number of each once it is written. */
const writer = `
  import { openSqliteStore } from "./src/nexusd/sqlite_store.ts";
  import { writeSync } from "node:fs";
  const store = openSqliteStore(process.argv[1]);
  const [last] = (await store.list("numbers")).slice(-1);
  for (let n = (last?.value.n ?? 0) + 1;; n++) {
    await store.write([
      { collection: "numbers", put: { key: String(n).padStart(9, "0"), value: { n } } },
      { collection: "twins", put: { key: String(n).padStart(9, "0"), value: { n } } },
    ]);
    writeSync(1, n + "\\n");
  }
`;

test("what was written before the process is killed is there, whole, and the lock is free", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nexus-kill-"));
  const file = join(folder, "nexus.db");
  try {
    for (const count of [1, 50, 500]) {
      const acknowledged = await runUntil(file, count);
      const store = openSqliteStore(file);
      const numbers = await store.list("numbers");
      expect(numbers.length).toBeGreaterThanOrEqual(acknowledged);
      expect(numbers.map(({ value }) => value["n"])).toEqual(numbers.map((_entry, index) => index + 1));
      expect(await store.list("twins")).toEqual(numbers);
      await store.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Starts the writer, kills it after some records, and tells how many it had acknowledged. */
function runUntil(file: string, count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", writer, file], { cwd: root });
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

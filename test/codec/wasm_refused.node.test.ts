import { build } from "esbuild";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { root } from "../run/alias.ts";

const PROGRAM = `
  import { codecBackend, msgpack, Payload } from ${JSON.stringify(join(root, "src/codec/mod.ts"))};
  const head = msgpack.scan(msgpack.encode([48, 1, {}, "a"], Payload.of([{ b: 1 }])));
  console.log(codecBackend, JSON.stringify(head.payload.args));
`;

test("TypeScript reads, without a word, where the runtime has no WASM", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wamp-refused-"));
  try {
    const outfile = join(folder, "program.mjs");
    await build({
      stdin: { contents: PROGRAM, resolveDir: root },
      outfile,
      bundle: true,
      format: "esm",
      logLevel: "silent",
    });
    const run = (...args: string[]) => promisify(execFile)(process.execPath, [...args, outfile]);
    expect(await run("--jitless")).toEqual({ stdout: 'typescript [{"b":1}]\n', stderr: "" });
    expect(await run()).toEqual({ stdout: 'wasm [{"b":1}]\n', stderr: "" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

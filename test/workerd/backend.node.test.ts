import { build } from "esbuild";
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { root } from "../run/alias.ts";

const WORKER = `
  import { cbor, codecBackend, msgpack, Payload } from "${join(root, "src/codec/mod.ts")}";
  export default {
    test() {
      const values = [msgpack, cbor].map((one) => one.scan(one.encode([48, 1, {}, "a"], Payload.of([{ b: 1 }]))).payload.args);
      console.log(codecBackend, JSON.stringify(values));
    },
  };
`;

test("workerd reads by WASM where modules may compile it, else by TypeScript", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wamp-backend-"));
  try {
    await build({
      stdin: { contents: WORKER, resolveDir: root },
      outfile: join(folder, "worker.js"),
      bundle: true,
      format: "esm",
      conditions: ["workerd", "worker", "browser"],
      logLevel: "silent",
    });
    copyFileSync(join(root, "test", "workerd", "config.capnp"), join(folder, "config.capnp"));
    const workerd = join(root, "node_modules", ".bin", "workerd");
    const { stdout } = await promisify(execFile)(workerd, ["test", join(folder, "config.capnp")]);
    expect(stdout.trim().split("\n").sort()).toEqual([
      'typescript [[{"b":1}],[{"b":1}]]',
      'wasm [[{"b":1}],[{"b":1}]]',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

import { build } from "esbuild";
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { root } from "../run/alias.ts";
import { PORTABLE_ENTRIES } from "../support/imports.ts";

const here = join(root, "test", "workerd");
// That it starts is the test; what the entry point exports, it tells to the one who started it.
const WORKER = `
  import * as entry from "ENTRY";
  export default { test() { console.log(Object.keys(entry).join(" ")); } };
`;

test.each(PORTABLE_ENTRIES)("workerd evaluates %s at the top level of a module", async (entry) => {
  const folder = mkdtempSync(join(tmpdir(), "wamp-workerd-"));
  try {
    await build({
      stdin: { contents: WORKER.replace("ENTRY", join(root, entry)), resolveDir: root },
      outfile: join(folder, "worker.js"),
      bundle: true,
      format: "esm",
      conditions: ["workerd", "worker", "browser"],
      logLevel: "silent",
    });
    copyFileSync(join(here, "config.capnp"), join(folder, "config.capnp"));
    const workerd = join(root, "node_modules", ".bin", "workerd");
    const { stdout, stderr } = await promisify(execFile)(workerd, ["test", join(folder, "config.capnp")]);
    const names = Object.keys(await import(join(root, entry))).sort().join(" ");
    expect(stdout.trim().split("\n")).toEqual([names, names]);
    expect(stderr.match(/\[ PASS \]/g)?.length).toBe(2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

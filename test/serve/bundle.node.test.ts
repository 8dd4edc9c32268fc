import { build } from "esbuild";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../run/alias.ts";

/** What the documentation says of bundles. */
const said = /^## In a bundle\n([^]*?)^## /m.exec(readFileSync(join(root, "docs/serving.md"), "utf8"))![1]!;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wamp-bundle-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
});

afterAll(() => rmSync(folder, { recursive: true }));

const programs: [string, string][] = [
  [
    "a Nexus",
    `import { createNexus, memoryStore } from "./src/nexusd/mod.ts"; import { listen } from "./src/serve/mod.ts";
     const nexus = await createNexus({ store: memoryStore() });
     await (await listen(nexus.router)).close(); await nexus.close(); console.log("ran");`,
  ],
  ["an izaber.yaml", `import { initialize } from "./src/izaber/mod.ts"; if (initialize) console.log("ran");`],
];

const ways: [string, Pick<Parameters<typeof build>[0], "external" | "banner">][] = [
  ["packages left outside", { external: [...said.matchAll(/--external:([@\w/]+)/g)].map(([, name]) => name!) }],
  ["a require given", { banner: { js: /--banner:js='(.*)'/.exec(said)![1]! } }],
];

for (const [what, contents] of programs) {
  test.each(ways)(`${what} runs in a bundle with %s`, async (_way, options) => {
    const outfile = join(folder, "main.mjs");
    await build({
      stdin: { contents, resolveDir: root },
      bundle: true,
      platform: "node",
      format: "esm",
      outfile,
      logLevel: "silent",
      ...options,
    });
    expect((await promisify(execFile)(process.execPath, [outfile])).stdout).toBe("ran\n");
  });
}

import { build } from "esbuild";
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { root } from "../../run/alias.ts";
import { chromiumLaunch } from "../../run/chromium.ts";

const run = promisify(execFile);
const bin = join(root, "node_modules", ".bin");
const here = join(root, "test", "interop", "runtimes");
const TIME_LIMIT_MS = 60_000;

/** A runtime that our router runs in. */
export type RouterName = "Node" | "Bun" | "Deno";

/** How a script runs on each runtime that has a router. */
export const commands: Readonly<Record<RouterName, readonly [string, ...string[]]>> = {
  Node: [process.execPath],
  Bun: [join(bin, "bun"), "run"],
  Deno: [join(bin, "deno"), "run", "-A"],
};

/** A runtime that our client runs in. */
export type VisitorName = RouterName | "Chromium" | "workerd";

/** Visits a router with our client in a runtime; gives what worked. */
export const visitors: Readonly<Record<VisitorName, (url: string) => Promise<string[]>>> = {
  Node: (url) => script(commands.Node, url),
  Bun: (url) => script(commands.Bun, url),
  Deno: (url) => script(commands.Deno, url),
  Chromium: browse,
  workerd: work,
};

async function script([program, ...args]: readonly [string, ...string[]], url: string): Promise<string[]> {
  const { stdout } = await run(program, [...args, join(here, "client.ts"), url], { cwd: root, timeout: TIME_LIMIT_MS });
  return JSON.parse(stdout);
}

async function browse(url: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "interop-chromium-"));
  const { executablePath, args, env } = await chromiumLaunch();
  // A page of nobody's has the origin "null", which routers refuse.
  const server = createServer((_request, response) => response.setHeader("content-type", "text/html").end("<p>"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({ executablePath, args, env });
  try {
    const bundle = join(folder, "visit.js");
    await build({
      stdin: { contents: `import { visit } from "./visit.ts"; globalThis.visit = visit;`, resolveDir: here },
      outfile: bundle,
      bundle: true,
      format: "iife",
      conditions: ["browser"],
      logLevel: "silent",
    });
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.addScriptTag({ content: readFileSync(bundle, "utf8") });
    return await page.evaluate(`globalThis.visit(${JSON.stringify(url)})`);
  } finally {
    await browser.close();
    server.close();
    rmSync(folder, { recursive: true });
  }
}

async function work(url: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "interop-workerd-"));
  const worker = `
    import { visit } from "./visit.ts";
    export default { async test() { console.log(JSON.stringify(await visit(${JSON.stringify(url)}))); } };
  `;
  try {
    await build({
      stdin: { contents: worker, resolveDir: here },
      outfile: join(folder, "worker.js"),
      bundle: true,
      format: "esm",
      conditions: ["workerd", "worker", "browser"],
      logLevel: "silent",
    });
    copyFileSync(join(here, "config.capnp"), join(folder, "config.capnp"));
    const { stdout } = await run(join(bin, "workerd"), ["test", join(folder, "config.capnp")], {
      timeout: TIME_LIMIT_MS,
    });
    return JSON.parse(stdout.trim().split("\n").at(-1)!);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

import { build } from "esbuild";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { alias, root } from "../run/alias.ts";

const here = join(root, "examples", "worker");
let folder: string;
const running: ChildProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "wamp-worker-"));
  copyFileSync(join(here, "config.capnp"), join(folder, "config.capnp"));
  await build({
    entryPoints: [join(here, "worker.ts")],
    outfile: join(folder, "worker.js"),
    bundle: true,
    format: "esm",
    logLevel: "silent",
    plugins: [{
      name: "sources",
      setup: (build) => {
        build.onResolve({ filter: /^@izaber\/wamp/ }, ({ path }) => {
          const { find, replacement } = alias.find(({ find }) => find.test(path))!;
          return { path: path.replace(find, replacement) };
        });
      },
    }],
  });
});

afterAll(async () => {
  for (const child of running) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the worker in workerd on a free port. */
async function startWorker(env: Record<string, string>): Promise<string> {
  const workerd = join(root, "node_modules", ".bin", "workerd");
  const args = ["serve", join(folder, "config.capnp"), "--socket-addr=http=127.0.0.1:0", "--control-fd=3"];
  const child = spawn(workerd, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  running.push(child);
  return await new Promise((resolve, reject) => {
    let text = "";
    child.stdio[3]!.on("data", (chunk) => {
      text += chunk;
      const port = /"event":"listen".*?"port":(\d+)/.exec(text)?.[1];
      if (port !== undefined) resolve(`http://127.0.0.1:${port}/`);
    });
    child.once("exit", (code) => reject(new Error(`workerd ended with ${code}`)));
  });
}

test("a worker answers an HTTP request with the result of a WAMP call", async () => {
  const url = await startWorker({
    NEXUS_URL: inject("nexusUrl"),
    NEXUS_USER: "USERNAME",
    NEXUS_PASSWORD: "PASSWORD",
  });
  const answers = await Promise.all([fetch(url), fetch(url), fetch(url)]);
  for (const answer of answers) {
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ authid: "username", role: "frontend" });
  }
});

test("when no session can be had it says why", async () => {
  const url = await startWorker({ NEXUS_URL: inject("nexusUrl"), NEXUS_USER: "USERNAME", NEXUS_PASSWORD: "wrong" });
  const answer = await fetch(url);
  expect(answer.status).toBe(502);
  expect(await answer.json()).toEqual({ error: expect.stringContaining("USERNAME") });
});

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { connect } from "@izaber/wamp";
import { runtimes } from "../examples/run.ts";
import { root } from "../run/alias.ts";

const url = inject("routerUrl");

/** A program that serves one slow procedure until it is told to end. */
function program(id: string, realm: string): string {
  return `
    import { createClient } from "${root}mod.ts";
    import { run } from "${root}src/service/run.ts";
    const client = createClient("${url}", { realm: "${realm}", reconnect: { final: () => true } });
    let finish;
    const finished = new Promise((resolve) => finish = resolve);
    client.register("com.example.${id}.slow", async () => { console.log("started"); await finished; return "finished"; }).catch(() => {});
    globalThis.process.on("SIGTERM", () => setTimeout(finish, 50));
    const code = await run([client]);
    console.log("code", code);
  `;
}

async function withProgram(
  runtime: string,
  realm: string,
  use: (child: ChildProcess, id: string, output: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const id = crypto.randomUUID();
  const folder = mkdtempSync(join(tmpdir(), "wamp-run-"));
  const [command, ...before] = runtimes[runtime]!;
  try {
    writeFileSync(join(folder, "program.ts"), program(id, realm));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const child = spawn(command!, [...before, join(folder, "program.ts")], { stdio: "pipe" });
    let said = "";
    const waiting = new Set<() => void>();
    const hear = (data: unknown) => {
      said += String(data);
      for (const look of waiting) look();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    const output = (text: string) =>
      new Promise<void>((resolve, reject) => {
        const look = () => {
          if (!said.includes(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        child.once("exit", () => said.includes(text) || reject(new Error(`ended without "${text}":\n${said}`)));
        look();
      });
    try {
      await use(child, id, output);
    } finally {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.each(Object.keys(runtimes))("on %s", (runtime) => {
  test("SIGTERM lets what runs finish, and the process ends with 0", { timeout: 60_000 }, async () => {
    await withProgram(runtime, "realm1", async (child, id, output) => {
      await output("ready");
      await using caller = await connect(url, { realm: "realm1" });
      const slow = caller.call(`com.example.${id}.slow`);
      await output("started");
      await output("joined realm1");
      const exit = once(child, "exit");
      child.kill("SIGTERM");
      expect(await slow).toBe("finished");
      await output("SIGTERM: draining");
      expect(await exit).toEqual([0, null]);
      await output("code 0");
    });
  });

  test("a second signal ends it at once", { timeout: 60_000 }, async () => {
    await withProgram(runtime, "realm1", async (child, id, output) => {
      await output("ready");
      await using caller = await connect(url, { realm: "realm1" });
      const slow = caller.call(`com.example.${id}.slow`).catch((error) => error);
      await output("started");
      const exit = once(child, "exit");
      child.kill("SIGINT");
      await output("SIGINT: draining");
      child.kill("SIGINT");
      expect(await exit).toEqual([130, null]);
      expect(await slow).toMatchObject({ name: "RemoteError" });
    });
  });

  test("one that cannot go on ends with 1", { timeout: 60_000 }, async () => {
    await withProgram(runtime, "nowhere", async (child, _id, output) => {
      const exit = once(child, "exit");
      await output("cannot go on");
      expect(await exit).toEqual([1, null]);
    });
  });
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { root } from "../run/alias.ts";

const bin = (name: string) => join(root, "node_modules", ".bin", name);

/** How each runtime other than Node runs the command. */
const runtimes: [string, readonly string[]][] = [
  ["Deno", [bin("deno"), "run", "-A", join(root, "src", "cli", "mod.ts")]],
  ["Bun", [bin("bun"), join(root, "src", "cli", "main.ts")]],
];

test.each(runtimes)("on %s it serves, calls, and ends with its exit codes", async (_name, [program, ...before]) => {
  const server = spawn(program!, [...before, "serve", "--port", "0", "--open", "realm1"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = await once(createInterface({ input: server.stdout }), "line") as [string];
    const url = /ws:\S+/.exec(line)![0];
    expect(await run(program!, [...before, "call", "wamp.session.count", "--url", url])).toEqual({
      code: 0,
      stdout: "1\n",
    });
    expect(await run(program!, [...before, "call", "com.example.none", "--url", url])).toEqual({ code: 6, stdout: "" });
  } finally {
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    expect((await ended)[0]).toBe(0);
  }
}, 120_000);

async function run(program: string, args: readonly string[]): Promise<{ code: number | null; stdout: string }> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
  const [code] = await once(child, "close") as [number | null];
  return { code, stdout };
}

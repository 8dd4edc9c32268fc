import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "@izaber/wamp";
import { root } from "../run/alias.ts";
import { Program } from "./program.ts";

const bin = join(root, "bin", "nexus.js");
const run = promisify(execFile);
const version = `${JSON.parse(await readFile(join(root, "package.json"), "utf8")).version}\n`;

// Built when it is not: what runs here is what is installed.
beforeAll(() => run(process.execPath, [join(root, "scripts", "build.ts")], { cwd: root }), 120_000);

test("npx nexus runs the command of the clone, and installs nothing", async () => {
  const { stdout } = await run("npx", ["--no-install", "nexus", "--version"], { cwd: root });
  expect(stdout).toBe(version);
}, 60_000);

test("the command runs on this Node as it is", async () => {
  await using program = new Program(["--version"], [bin]);
  expect(await program.ended).toEqual({ code: 0, stdout: version, stderr: "" });
});

describe("on a Node that is too old the command", () => {
  /** Makes a process take itself for Node 20, and tell when it starts another. */
  const pretence = `
    const children = require("node:child_process");
    const { spawn } = children;
    children.spawn = (...args) => {
      process.stderr.write("handed over\\n");
      const child = spawn(...args);
      if (process.env.KILLED) child.once("spawn", () => child.kill("SIGKILL"));
      return child;
    };
    require("node:module").syncBuiltinESMExports();
    Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.0" } });
  `;
  let folder: string;
  let old: readonly string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "wamp-old-node-"));
    const preload = join(folder, "node20.cjs");
    await writeFile(preload, pretence);
    old = ["--require", preload];
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("hands over to the Node among the development packages, with arguments and exit code", async () => {
    await using shown = new Program(["--version"], [...old, bin]);
    expect(await shown.ended).toEqual({ code: 0, stdout: version, stderr: "handed over\n" });
    await using wrong = new Program(["serve"], [...old, bin]);
    expect(await wrong.ended).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("nothing to serve"),
    });
  });

  test.each(["SIGTERM", "SIGINT"] as const)("passes %s on, and ends as the other one does", async (signal) => {
    await using program = new Program(["serve", "--port", "0", "--open", "realm1"], [...old, bin]);
    const client = await connect(await program.ready(), { realm: "realm1", reconnect: false });
    const left = new Promise<{ reason?: string }>((resolve) => client.on("leave", resolve));
    expect(await program.stop(signal)).toMatchObject({ code: 0, stderr: "handed over\n" });
    expect((await left).reason).toBe("wamp.close.system_shutdown");
  });

  test("ends with the signal's number when the other one dies of it", async () => {
    await using program = new Program(["--version"], [...old, bin], { KILLED: "1" });
    expect((await program.ended).code).toBe(137);
  });

  test("says what it needs where there is no other", async () => {
    await mkdir(join(folder, "bin"));
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    await copyFile(bin, join(folder, "bin", "nexus.js"));
    await using program = new Program(["--version"], [...old, join(folder, "bin", "nexus.js")]);
    expect(await program.ended).toEqual({
      code: 1,
      stdout: "",
      stderr: "nexus needs Node 22.13 or later; this is 20.19.0.\n",
    });
  });
});

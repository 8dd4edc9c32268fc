import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../mod.ts";
import type { Client } from "../../mod.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import { listen } from "../../src/serve/mod.ts";
import type { Listener } from "../../src/serve/mod.ts";
import { nexus, Program } from "./program.ts";

let router: Router;
let listener: Listener;
let client: Client;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "nexus-run-"));
  router = new Router({ realms: [openRealm("realm1")] });
  listener = await listen(router);
  client = await connect(listener.url, { realm: "realm1" });
});

afterAll(async () => {
  await client.close();
  await listener.close();
  await router.close();
  rmSync(folder, { recursive: true });
});

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

test("services of several modules run in one client, and finish what they do when they are to end", async () => {
  const greeter = write(
    "greeter.mjs",
    `export default class Greeter {
  static procedures = { "com.example.hello": "hello", "com.example.slow": "slow" };
  hello([name]) { return "Hello " + name; }
  slow() { return new Promise((resolve) => process.once("SIGTERM", () => setTimeout(() => resolve("done"), 20))); }
}`,
  );
  const others = write(
    "others.mjs",
    `export const all = [{ procedures: { "com.example.one": () => 1 } }, { procedures: { "com.example.two": () => 2 } }];`,
  );
  await using program = new Program(["run", greeter, `${others}:all`, "--url", listener.url]);
  await program.says(/ready/);
  expect(await client.call("com.example.hello", ["Ada"])).toBe("Hello Ada");
  expect([await client.call("com.example.one"), await client.call("com.example.two")]).toEqual([1, 2]);
  const slow = client.call("com.example.slow");
  await client.call("com.example.hello", ["you"]);
  expect(await program.stop()).toMatchObject({ code: 0, stderr: expect.stringContaining("SIGTERM: draining") });
  expect(await slow).toBe("done");
}, 120_000);

test("what a service says of itself is shown as it was said", async () => {
  const said = 'the option timeout is missing in settings.json; set "a" as option maxMessageSize';
  const file = write(
    "talking.mjs",
    `export default { procedures: { "com.example.fails": () => { throw new Error(${JSON.stringify(said)}); } } };`,
  );
  await using program = new Program(["run", file, "--url", listener.url]);
  await program.says(/ready/);
  await expect(client.call("com.example.fails")).rejects.toMatchObject({ code: "remote" });
  expect(await program.stop()).toMatchObject({ code: 0, stderr: expect.stringContaining(`: ${said}\n    at `) });
});

test.each(["stderr", "stdout"] as const)("services go on when nobody reads their %s any more", async (pipe) => {
  const file = write(
    "unread.mjs",
    `export default { procedures: { "com.example.${pipe}": ([text]) => {
      process.stdout.write("called\\n");
      return text.length;
    } } };`,
  );
  await using program = new Program(["run", file, "--url", listener.url]);
  await program.says(/ready/);
  program.stopReading(pipe);
  for (let time = 0; time < 3; time++) {
    await expect(client.call(`com.example.${pipe}`, [null])).rejects.toMatchObject({ uri: "wamp.error.runtime_error" });
    expect(await client.call(`com.example.${pipe}`, ["four"])).toBe(4);
  }
  expect((await program.stop()).code).toBe(0);
});

test("a module that cannot be run says why", async () => {
  const file = write("wrong.mjs", "export const a = 1, b = 2;");
  expect(await nexus("run", `${file}:a`, "--url", listener.url)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/its export a is no class or object; there are a, b/),
  });
  expect(await nexus("run", file, "--url", listener.url)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/export default/),
  });
  expect(await nexus("run", join(folder, "none.mjs"))).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/Cannot load/),
  });
});

test("a mistake in a module is told with its file and line", async () => {
  const typed = write("typed.ts", "export const a = 1;\nexport class {\n");
  const plain = write("plain.mjs", "export const a = 1;\n\nexport const b = = 2;\n");
  const throwing = write("throwing.mjs", "\nexport default missing.value;\n");
  const importing = write("importing.mjs", `import { none } from "./throwing.mjs";\nexport default none;\n`);
  for (const [file, line] of [[typed, 2], [plain, 3], [throwing, 2], [importing, 1]] as const) {
    const { code, stderr } = await nexus("run", file, "--url", listener.url);
    expect({ code, stderr: stderr.trimEnd() }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^nexus: Cannot load .*, at [^\n]*$/),
    });
    expect(stderr).toContain(`, at ${file}:${line}\n`);
  }
  const beside = write("beside.mjs", `import "./plain.mjs";`);
  expect((await nexus("run", beside, "--url", listener.url)).stderr).toContain(", in a module that it imports\n");
}, 60_000);

test("with --watch a changed module serves anew", async () => {
  const file = write("changing.mjs", `export default { procedures: { "com.example.version": () => 1 } };`);
  await using program = new Program(["run", file, "--watch", "--url", listener.url]);
  await program.says(/ready/);
  expect(await client.call("com.example.version")).toBe(1);
  const again = new Promise<void>((resolve) => {
    void client.subscribe("wamp.registration.on_create", ([, details]) => {
      if ((details as { uri: string }).uri === "com.example.version") resolve();
    }).then(() => write("changing.mjs", `export default { procedures: { "com.example.version": () => 2 } };`));
  });
  await again;
  expect(await client.call("com.example.version")).toBe(2);
  expect(await program.stop()).toMatchObject({ code: 0 });
}, 120_000);

test.each(
  [
    ["a terminal asks both processes to stop", (program: Program) => program.stopGroup("SIGINT"), 0, "SIGINT"],
    ["it is asked to stop", (program: Program) => program.stop("SIGTERM"), 0, "SIGTERM"],
    ["the one that watches is killed", (program: Program) => program.stop("SIGKILL"), null, "SIGTERM"],
  ] as const,
)("with --watch what runs may finish when %s", async (_when, stop, code, signal) => {
  const file = write(
    "watched.mjs",
    `export default { procedures: { "com.example.watched": ([], {}, call) => new Promise((resolve) => {
      call.progress(["runs"]);
      process.once("${signal}", () => setTimeout(() => resolve("done"), 500));
    }) } };`,
  );
  await using program = new Program(["run", file, "--watch", "--url", listener.url], undefined, {}, { detached: true });
  await program.says(/ready/);
  const call = client.stream("com.example.watched");
  expect((await call[Symbol.asyncIterator]().next()).value).toMatchObject({ args: ["runs"] });
  const ended = stop(program);
  expect((await call.result).args).toEqual(["done"]);
  expect(await ended).toMatchObject({ code, stderr: expect.stringContaining(`${signal}: draining`) });
  expect((await ended).stderr).not.toContain("again");
}, 120_000);

test(
  "with --watch a terminal's signal that comes behind the wish of the one that watches is no second one",
  async () => {
    const file = write(
      "behind.mjs",
      `export default { procedures: { "com.example.behind": ([], {}, call) => new Promise((resolve) => {
      call.progress([process.pid]);
      process.once("SIGINT", () => setImmediate(() => resolve("done")));
    }) } };`,
    );
    await using program = new Program(["run", file, "--watch", "--url", listener.url]);
    await program.says(/ready/);
    const call = client.stream("com.example.behind");
    const { args: [pid] } = (await call[Symbol.asyncIterator]().next()).value as { args: [number] };
    const ended = program.stop("SIGTERM");
    await program.says(/: draining/);
    process.kill(pid, "SIGINT");
    expect((await call.result).args).toEqual(["done"]);
    const { code, stderr } = await ended;
    expect({ code, again: stderr.includes("again") }).toEqual({ code: 0, again: false });
  },
  120_000,
);

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runtimes } from "../examples/run.ts";
import { root } from "../run/alias.ts";

const from = (path: string) => JSON.stringify(pathToFileURL(join(root, path)).href);

const BEGINNING = `
import process from "node:process";
import { createClient } from ${from("mod.ts")};
import { openRealm, Router } from ${from("src/router/mod.ts")};
import { service } from ${from("src/service/mod.ts")};
class Greeter {
  static procedures = { "com.example.hello": "hello" };
  hello() { return "hello"; }
}
const router = new Router({ realms: [openRealm("realm1")] });
const away = { url: "nowhere:", dial: ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))) };
// When nothing is left to be done, what nobody waits for has been told.
process.on("exit", () => console.log("to its end"));
`;

/** Made and not waited for, as before a client is open. */
const MADE = `
client.open({ retry: true });
client.register("com.example.a", () => 1);
client.subscribe("com.example.b", () => {});
client.events("com.example.c");
service(client, Greeter);
`;

const silent: Record<string, string> = {
  "closed before it is open": `
const client = createClient(away, { realm: "realm1" });
${MADE}
await client.close();
`,
  "drained before it is open": `
const client = createClient(away, { realm: "realm1" });
${MADE}
await client.drain();
`,
  "drained while the router has not answered": `
const client = createClient(router.local(), { realm: "realm1" });
await client.open();
${MADE}
await client.drain();
`,
};

const loud: Record<string, readonly [program: string, text: string]> = {
  "a registration that the router refuses": [
    `
const other = createClient(router.local(), { realm: "realm1" });
await other.open();
await other.register("com.example.a", () => 1);
const client = createClient(router.local(), { realm: "realm1" });
await client.open();
client.register("com.example.a", () => 1);
await client.call("com.example.a");
`,
    "procedure_already_exists",
  ],
  "a registration on a client that is closed already": [
    `
const client = createClient(away, { realm: "realm1" });
await client.close();
client.register("com.example.a", () => 1);
`,
    "The client is closed",
  ],
  "a client that ends by itself": [
    `
const client = createClient({ url: "nowhere:", dial: () => Promise.reject(new Error("no way")) }, { realm: "realm1" });
client.open().catch(() => {});
client.register("com.example.a", () => 1);
`,
    "no way",
  ],
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wamp-given-up-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function run(runtime: string, program: string): Promise<{ ended: boolean; said: string }> {
  const file = join(folder, `${crypto.randomUUID()}.mjs`);
  await writeFile(file, BEGINNING + program);
  const [command, ...before] = runtimes[runtime]!;
  return await new Promise((resolve) => {
    execFile(command!, [...before, file], { cwd: root, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ ended: error === null && stdout === "to its end\n", said: `${stdout}${stderr}` });
    });
  });
}

const all = (names: object) => Object.keys(runtimes).flatMap((runtime) => Object.keys(names).map((n) => [runtime, n]));

test.each(all(silent))("on %s a client %s ends no program", async (runtime, name) => {
  expect(await run(runtime!, silent[name!]!)).toEqual({ ended: true, said: "to its end\n" });
}, 90_000);

test.each(all(loud))("on %s %s ends the program where nobody waits for it", async (runtime, name) => {
  const [program, text] = loud[name!]!;
  const { ended, said } = await run(runtime!, program);
  expect(ended).toBe(false);
  expect(said).toContain(text);
}, 90_000);

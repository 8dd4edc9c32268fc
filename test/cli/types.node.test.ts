import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { connect, ticket } from "../../mod.ts";
import { typeOfSchema } from "../../src/cli/json_schema.ts";
import { createNexus, memoryStore, parseSeed } from "../../src/nexusd/mod.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import { listen } from "../../src/serve/mod.ts";
import { root } from "../run/alias.ts";
import { nexus } from "./program.ts";

test.each<[string, object]>([
  ["string", { type: "string", maxLength: 3 }],
  ["number", { type: "integer" }],
  ["string | null", { type: ["string", "null"] }],
  ['"a" | 1', { enum: ["a", 1] }],
  ["true", { const: true }],
  ["(number)[]", { type: "array", items: { type: "number" } }],
  ["[number, string?]", { prefixItems: [{ type: "number" }, { type: "string" }], minItems: 1 }],
  ["[number, ...(string)[]]", { prefixItems: [{ type: "number" }], items: { type: "string" } }],
  ['{ a: number; "b-c"?: string }', {
    type: "object",
    properties: { a: { type: "number" }, "b-c": { type: "string" } },
    required: ["a"],
  }],
  ["{ [name: string]: number }", { type: "object", additionalProperties: { type: "number" } }],
  ["{ [name: string]: unknown }", { type: "object" }],
  ["string | number", { anyOf: [{ type: "string" }, { type: "number" }] }],
  ["(string) & (number)", { allOf: [{ type: "string" }, { type: "number" }] }],
  ["(number)[]", { items: { $ref: "#/$defs/count" }, $defs: { count: { type: "integer" } } }],
  ["unknown", {}],
  ["unknown", { $ref: "https://example.com/elsewhere" }],
])("%s is %j", (type, schema) => {
  expect(typeOfSchema(schema as never)).toBe(type);
});

test("a schema that refers to itself comes to an end", () => {
  expect(typeOfSchema({ type: "array", items: { $ref: "#" } })).toMatch(/^\(+unknown\)/);
});

test("a schema that would grow without end is written as far as it can be read", () => {
  const ten = (reference: string) => ({ prefixItems: Array.from({ length: 10 }, () => ({ $ref: reference })) });
  expect(typeOfSchema(ten("#") as never).length).toBeLessThan(2_000_000);
  const $defs = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`a${index}`, ten(`#/$defs/a${index + 1}`)]),
  );
  expect(typeOfSchema({ ...ten("#/$defs/a0"), $defs } as never).length).toBeLessThan(2_000_000);
});

test("the interface of a realm type-checks programs", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  const listener = await listen(router);
  const wamp = await connect(listener.url, { realm: "realm1" });
  await wamp.register("com.example.add", ([a, b]: [number, number]) => a + b, {
    document: { args: { prefixItems: [{ type: "number" }, { type: "number" }] }, result: { type: "number" } },
  });
  await wamp.register("com.example.other", () => 1);
  await wamp.register("org.example.elsewhere", () => 1);
  const { code, stdout } = await nexus("types", "--url", listener.url, "--prefix", "com.example", "--name", "Example");
  await wamp.close();
  await listener.close();
  await router.close();
  expect(code).toBe(0);
  expect(stdout).toBe(`/** Made by \`nexus types\`. */
export interface Example {
  procedures: {
    add: { args: [number, number]; kwargs: { [name: string]: unknown }; result: number };
    other: { args: unknown[]; kwargs: { [name: string]: unknown }; result: unknown };
  };
}
`);

  const folder = mkdtempSync(join(root, "test", ".types-"));
  try {
    writeFileSync(join(folder, "api.ts"), stdout);
    writeFileSync(
      join(folder, "program.ts"),
      `import { connect } from "@izaber/wamp";
import type { Example } from "./api.ts";
const wamp = await connect<Example>("ws://127.0.0.1/", { realm: "realm1", prefix: "com.example" });
export const sum: number = await wamp.call("add", [1, 2]);
// @ts-expect-error: a text is no number
await wamp.call("add", ["1", 2]);
// @ts-expect-error: there is no such procedure
await wamp.call("subtract", [1, 2]);
`,
    );
    const config = { extends: join(root, "tsconfig.json"), include: ["*.ts"], exclude: [] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    await promisify(execFile)(process.execPath, [tsc, "-p", folder]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);

test("what a Nexus itself serves and hears is left out unless it is asked for", async () => {
  const seed = parseSeed(
    'users: [{ login: ada, password: pass, role: trust }]\nroles: { trust: [{ uri: "*", perms: crspoq }] }',
    "",
  );
  await using made = await createNexus({ store: memoryStore(), seed, passwordRounds: 100 });
  const listener = await listen(made.router);
  const wamp = await connect(listener.url, { realm: "izaber", auth: ticket("ada", "pass") });
  await wamp.register("com.izaber.wamp.example.own", () => 1);
  await wamp.subscribe("com.izaber.wamp.example.heard", () => {});
  const folder = mkdtempSync(join(tmpdir(), "nexus-types-"));
  const secret = join(folder, "secret");
  writeFileSync(secret, "pass");
  const run = async (...args: string[]) => {
    const ending = await nexus(...args, "--url", listener.url, "--user", "ada", "--password-file", secret);
    expect(ending).toMatchObject({ code: 0, stderr: "" });
    return ending.stdout;
  };
  const uris = (text: string) => text.trim().split("\n").map((line) => JSON.parse(line).uri);
  expect(uris(await run("uris"))).toEqual(["com.izaber.wamp.example.heard", "com.izaber.wamp.example.own"]);
  expect(uris(await run("uris", "--all"))).toContain("com.izaber.wamp.auth.whoami");
  expect((await run("types")).match(/\{ args:/g)).toHaveLength(1);
  expect(await run("types", "--all")).toContain('"com.izaber.wamp.my.metadata.get": {');
  rmSync(folder, { recursive: true });
  await wamp.close();
  await listener.close();
}, 60_000);

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ticket } from "../../src/auth/mod.ts";
import { connect } from "../../src/client/connect.ts";
import { importNexus } from "../../src/nexusd/import_nexus.ts";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import { createNexus } from "../../src/nexusd/nexus.ts";
import { root } from "../run/alias.ts";

const directory = join(root, "test", "fixtures", "nexus_data");
const apiKey = "Z3N5d1hoTm9vT2Z5Y2F0ZWdvcnkxMjM0";

test("what comes in is counted, what does not is named with the reason", async () => {
  const { imported, refused } = await importNexus(directory, memoryStore());
  expect(imported).toEqual({ roles: 1, users: 3, apikeys: 1, metadata: 2, uris: 1 });
  const reasons = Object.fromEntries(refused.map(({ path, reason }) => [path, reason]));
  expect(Object.keys(reasons).sort()).toEqual([
    "roles/broken/data.yaml",
    "roles/wrong/data.yaml",
    "uris/nothing/data.yaml",
    "users/Upper/data.yaml",
    "users/ann/apikeys/short.yaml",
    "users/empty/data.yaml",
    "users/kind/data.yaml",
    "users/odd/data.yaml",
  ]);
  expect(reasons["users/odd/data.yaml"]).toContain("came in without one");
  expect(reasons["users/empty/data.yaml"]).toContain("no such file");
  expect(reasons["roles/wrong/data.yaml"]).toContain("permissions");
});

test("passwords, keys and what was put away go on working", async () => {
  const store = memoryStore();
  await importNexus(join(directory, "db"), store);
  await using nexus = await createNexus({ store, passwordRounds: 100 });
  expect(nexus.start).toEqual({ outcome: "found" });
  const join_ = (secret: string) =>
    connect(nexus.router.local(), { realm: nexus.realm, auth: ticket("ann", secret), reconnect: false });
  const ann = await join_("ann-pass");
  expect(await ann.call("com.izaber.wamp.my.metadata.list")).toEqual({
    "a/b c": { uuid: "bQzR0nS2RkqT6mF4b8yW1g", value: { colours: ["red", 7, null] }, owner: "E2dhnkAQQ4mIRTCavD8spQ" },
    "plain": { uuid: "cQzR0nS2RkqT6mF4b8yW1g", value: "text", owner: "E2dhnkAQQ4mIRTCavD8spQ" },
  });
  expect(await ann.call("com.izaber.wamp.my.apikeys.list")).toMatchObject([
    { uuid: "oQzR0nS2RkqT6mF4b8yW1g", description: "of a script", plaintext_key: null },
  ]);
  await ann.close();
  const script = await join_(apiKey);
  expect(await script.call("com.izaber.wamp.auth.whoami")).toEqual({ authid: "ann", role: "frontend" });
  await expect(script.call("com.izaber.wamp.my.metadata.list")).rejects.toThrow("is not authorized");
  await script.close();
  expect(nexus.users.get("ann")).toMatchObject({ name: "Ann Example", email: "ann@example.com", upn: "ann@nexus" });
  const other = nexus.users.get("ldap@example")!;
  expect(other).toMatchObject({ source: "ldap", role: null, password: null });
  expect(other.uuid).not.toBe("E2dhnkAQQ4mIRTCavD8spQ");
  expect(nexus.roles.get("frontend")?.permissions).toHaveLength(2);
});

test("a URI keeps what was said of it and who had it last, and is not registered", async () => {
  const store = memoryStore();
  await importNexus(directory, store);
  const record = await store.get("uris", "com.example.job_exact_register");
  expect(record).toMatchObject({ description: "Does a job", disconnect_warn_after: 60, authid: "ann", active: false });
  expect(record).not.toHaveProperty("disconnect_warn_last");
  expect(await store.list("uris")).toHaveLength(1);
});

test("what is in the store stays as it is", async () => {
  const store = memoryStore();
  await importNexus(directory, store);
  const before = await store.list("users");
  const { imported, refused } = await importNexus(directory, store);
  expect(imported).toEqual({ roles: 0, users: 0, apikeys: 0, metadata: 0, uris: 0 });
  expect(refused.filter(({ reason }) => reason.includes("stays as it is"))).toHaveLength(5);
  expect(await store.list("users")).toEqual(before);
});

/** Writes files below a new folder, and removes it afterwards. */
async function withFiles(files: Readonly<Record<string, string>>, use: (folder: string) => Promise<void>) {
  const folder = mkdtempSync(join(tmpdir(), "nexus-import-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const role = "permissions: [{ uri: a.b, perms: c }]";

test("what has no place where it lies is named", async () => {
  const files = {
    "users/ada.yaml": "role: frontend",
    "users/bob/data.yaml": "role: frontend",
    "users/bob/metadata/theme.txt": "dark",
    "users/.hidden": "",
    "roles/frontend/data.yaml": role,
    "rosters/1_roster.x.yaml": "data: 1",
    "apikeys/key.yaml": "uuid: null",
  };
  await withFiles(files, async (folder) => {
    const { imported, refused } = await importNexus(folder, memoryStore());
    expect(imported).toMatchObject({ users: 1, roles: 1 });
    expect(refused).toEqual([
      {
        path: join("users", "ada.yaml"),
        reason: `a record here is a folder: ${join("users", "ada", "data.yaml")}`,
      },
      { path: join("users/bob/metadata/theme.txt"), reason: "a record here is a file whose name ends in .yaml" },
      { path: "apikeys", reason: "a Nexus has no such collection" },
    ]);
  });
});

test.each([
  ["users and roles as files", { "users/ada.yaml": "role: a", "roles/a.yaml": role }, /ada\.yaml \(a record here is/],
  ["nothing at all", { "users/.keep": "", "roles/.keep": "" }, /nothing in it is a record of a Nexus/],
  ["broken files", { "users/ada/data.yaml": "[", "roles/a/data.yaml": "permissions: c" }, /users.ada.data\.yaml \(/],
])("a directory with %s is refused, and the store stays empty", async (_, files, message) => {
  await withFiles(files, async (folder) => {
    const store = memoryStore();
    await expect(importNexus(folder, store)).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringMatching(message),
    });
    expect(await store.list("nexus")).toEqual([]);
  });
});

test.each<[object, string]>([
  [{ randm: 1 }, 'Cannot import: there is no option "randm"; there are random'],
  [{ random: Math }, "the option random is an object, expected a source of randomness: { bytes, number }"],
])("wrong options are refused (%j), and the store stays empty", async (options, why) => {
  const store = memoryStore();
  await expect(importNexus(directory, store, options)).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringContaining(why),
  });
  expect(await store.list("users")).toEqual([]);
});

test("a directory without a Nexus is refused, and the store stays empty", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nexus-import-"));
  const store = memoryStore();
  await expect(importNexus(folder, store)).rejects.toMatchObject({
    code: "config_missing",
    message: expect.stringContaining(folder),
  });
  expect(await store.list("nexus")).toEqual([]);
  rmSync(folder, { recursive: true });
});

test("a URI whose history or times are none comes in without them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nexus-"));
  try {
    const place = (name: string, text: string) => {
      const file = join(folder, "uris", name, "data.yaml");
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    };
    for (const name of ["users", "roles"]) mkdirSync(join(folder, name));
    const names = 'uri: "com.example.a"\naction: register\nmatch: exact\ncontact: ann\n';
    place("a", `${names}disconnect: soon\nhistory: [null, [1, 2, ann, "127.0.0.1", 5], [x]]\n`);
    place("b", 'uri: "\\0"\naction: register\nmatch: exact\n');
    const store = memoryStore();
    const { imported, refused } = await importNexus(folder, store);
    expect(imported.uris).toBe(1);
    expect(refused.map(({ path, reason }) => [path, reason])).toEqual([
      ["uris/a/data.yaml", "its disconnect, history has another kind of value: the URI came in without that"],
      ["uris/b/data.yaml", "it names no uri, action and match"],
    ]);
    const record = await store.get("uris", "com.example.a_exact_register");
    expect(record).toMatchObject({ contact: "ann", history: [[1, 2, "ann", "127.0.0.1", 5]] });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

import { expect, test } from "vitest";
import { ticket } from "../../src/auth/mod.ts";
import { connect } from "../../src/client/connect.ts";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import { createNexus } from "../../src/nexusd/nexus.ts";
import type { Nexus } from "../../src/nexusd/nexus.ts";
import { parseSeed } from "../../src/nexusd/seed.ts";
import type { Store } from "../../src/nexusd/store.ts";
import { refusal } from "./nexus_harness.ts";

const whoami = "com.izaber.wamp.auth.whoami";

const before = parseSeed(
  `
roles:
  frontend:
    - { uri: "com.izaber.wamp.*", perms: "c" }
  old:
    - { uri: "a", perms: "c" }
users:
  - { login: "ann", password: "one", role: "frontend" }
  - { login: "bob", password: "bob-pass", role: "frontend" }
`,
  "before.yaml",
);
const afterText = `
roles:
  frontend:
    - { uri: "com.izaber.wamp.my.*", perms: "c" }
restrictions:
  otp:
    - { uri: "*", perms: "" }
users:
  - { login: "ann", password: "two", role: "frontend" }
  - { login: "bob", password: "bob-pass", role: "frontend" }
  - { login: "eve", password: "eve-pass", role: "frontend" }
`;
const after = parseSeed(afterText, "after.yaml");

function lasting(store: Store = memoryStore()): Store {
  return {
    name: store.name,
    get: (collection, key) => store.get(collection, key),
    list: (collection, from) => store.list(collection, from),
    write: (operations) => store.write(operations),
    close: () => Promise.resolve(),
  };
}

function join(nexus: Nexus, login: string, password: string) {
  return connect(nexus.router.local(), { realm: nexus.realm, auth: ticket(login, password), reconnect: false });
}

test("a changed seed is in force at once, and what it does not name stays", async () => {
  const store = lasting();
  const nexus = await createNexus({ store, seed: before, passwordRounds: 100 });
  const ann = await join(nexus, "ann", "one");
  const [uuid, bob] = [nexus.users.get("ann")!.uuid, nexus.users.get("bob")!];
  expect(await nexus.applySeed(after)).toEqual({ roles: ["frontend"], restrictions: ["otp"], users: ["ann", "eve"] });
  expect(await refusal(ann.call(whoami))).toMatchObject({ uri: "wamp.error.not_authorized" });
  expect(await ann.call("com.izaber.wamp.my.metadata.list")).toEqual({});
  await ann.close();
  await expect(join(nexus, "ann", "one")).rejects.toMatchObject({ code: "authentication_failed" });
  await (await join(nexus, "ann", "two")).close();
  await (await join(nexus, "eve", "eve-pass")).close();
  expect(nexus.users.get("ann")!.uuid).toBe(uuid);
  expect(nexus.users.get("bob")).toEqual(bob);
  expect(nexus.roles.get("old")).toBeDefined();
  expect(await nexus.applySeed(after)).toEqual({ roles: [], restrictions: [], users: [] });
  expect(nexus.audit.list({ kind: "change" })).toMatchObject([{ action: "seed" }, {
    action: "seed",
    subject: "after.yaml",
  }]);
  await nexus.close();
  const again = await createNexus({ store, seed: after, passwordRounds: 100 });
  expect(again.start).toEqual({ outcome: "seeded before" });
  await again.close();
  await expect(createNexus({ store, seed: before, passwordRounds: 100 })).rejects.toMatchObject({
    code: "config_invalid",
  });
});

test("a seed for another realm, or one that cannot be kept, changes nothing", async () => {
  const store = lasting();
  let full = false;
  const failing: Store = {
    ...store,
    write: (operations) => full ? Promise.reject(new Error("disk full")) : store.write(operations),
  };
  const nexus = await createNexus({ store: failing, seed: before, passwordRounds: 100 });
  await expect(nexus.applySeed(parseSeed(`realm: plant\n${afterText}`, "x.yaml"))).rejects.toMatchObject({
    code: "config_invalid",
    message: expect.stringContaining('its realm is "plant", the one that is open "izaber"'),
  });
  for (const none of [undefined, null, afterText, { ...after, users: {} }]) {
    await expect(nexus.applySeed(none as never)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/^Cannot apply a seed: the option seed is .*, expected what parseSeed\(\) gives$/),
    });
  }
  full = true;
  await expect(nexus.applySeed(after)).rejects.toThrow("disk full");
  full = false;
  expect(nexus.users.get("eve")).toBeUndefined();
  expect(nexus.roles.get("frontend")!.permissions).toEqual([{ uri: "com.izaber.wamp.*", perms: "c" }]);
  await nexus.close();
});

test("what is changed while the passwords of a seed are derived stays, and so do the fields that it does not name", async () => {
  const store = lasting();
  const many = Array.from({ length: 6 }, (_, at) => `  - { login: "u${at}", password: "pass" }`).join("\n");
  const seedOf = (name: string) =>
    parseSeed(
      `${afterText}  - { login: "ivy", name: "${name}" }\n  - { login: "kim", password: "old" }\n${many}`,
      name,
    );
  const nexus = await createNexus({ store, seed: seedOf("Ivy"), passwordRounds: 100_000 });
  const { users } = nexus;
  await users.setPassword("ivy", "old");
  await users.update("ivy", { enabled: false, email: "ivy@example.com", role: "trust" });
  const changes = nexus.applySeed(seedOf("Ivy May"));
  const meanwhile = Promise.all([
    users.setPassword("ivy", "new"),
    users.setPassword("kim", "new"),
    users.update("bob", { email: "bob@example.com" }),
    users.remove("u3"),
  ]);
  expect(await Promise.all([changes, meanwhile.then(() => "done")])).toEqual([
    { roles: [], restrictions: [], users: ["ivy"] },
    "done",
  ]);
  expect(users.get("ivy")).toMatchObject({ name: "Ivy May", enabled: false, email: "ivy@example.com", role: "trust" });
  expect(users.get("bob")).toMatchObject({ email: "bob@example.com" });
  expect(users.get("u3")).toBeUndefined();
  await users.update("ivy", { enabled: true });
  for (const login of ["ivy", "kim"]) {
    await expect(join(nexus, login, "old")).rejects.toMatchObject({ code: "authentication_failed" });
    await (await join(nexus, login, "new")).close();
  }
  await nexus.close();
});

test("two seeds at once, and changes that wait for them, end, and the last word holds", async () => {
  const nexus = await createNexus({ store: memoryStore(), seed: before, passwordRounds: 100 });
  const other = parseSeed(afterText.replaceAll("two", "three"), "other.yaml");
  await Promise.all([nexus.applySeed(after), nexus.applySeed(other), nexus.users.update("bob", { name: "Bob" })]);
  expect(nexus.users.get("bob")).toMatchObject({ name: "Bob" });
  expect(nexus.users.get("eve")).toMatchObject({ login: "eve" });
  await nexus.close();
});

test("a seed of a program's own that names a login twice is applied", async () => {
  const nexus = await createNexus({ store: memoryStore(), seed: before, passwordRounds: 100 });
  await nexus.applySeed({ ...after, users: [...after.users, ...after.users.toReversed()] });
  for (const [login, password] of [["ann", "two"], ["eve", "eve-pass"]] as const) {
    await (await join(nexus, login, password)).close();
  }
  expect(nexus.users.list().map(({ login }) => login).toSorted()).toEqual(["ann", "bob", "eve"]);
  await nexus.close();
});

test("a seed of a program's own with a login that nobody could log in by is refused, and changes nothing", async () => {
  const nexus = await createNexus({ store: memoryStore(), seed: before, passwordRounds: 100 });
  for (const login of ["Eve", " "]) {
    const users = [...after.users.slice(0, 2), { ...after.users[2]!, login }];
    await expect(nexus.applySeed({ ...after, users })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(`Cannot keep the user "${login}"`),
    });
  }
  expect(nexus.roles.get("frontend")!.permissions).toEqual([{ uri: "com.izaber.wamp.*", perms: "c" }]);
  await (await join(nexus, "ann", "one")).close();
  await nexus.close();
});

test("a realm that the options name stands above that of the seed, at the start and later", async () => {
  const seed = parseSeed(`realm: plant\n${afterText}`, "a.yaml");
  const nexus = await createNexus({ store: memoryStore(), realm: "works", seed, passwordRounds: 100 });
  expect(nexus.realm).toBe("works");
  for (const realm of ["plant", "works", "plant"]) {
    const changed = parseSeed(`realm: ${realm}\n${afterText}  - { login: "ivy" }`, "b.yaml");
    await nexus.applySeed(changed);
  }
  await expect(nexus.applySeed(parseSeed(`realm: other\n${afterText}`, "c.yaml"))).rejects.toMatchObject({
    code: "config_invalid",
  });
  await nexus.close();
});

test("a reload that meets a damaged record changes nothing", async () => {
  const store = lasting();
  const nexus = await createNexus({ store, seed: before, passwordRounds: 100 });
  const value = { ...(await store.get("roles", "frontend"))!, permissions: [] };
  await store.write([
    { collection: "roles", put: { key: "frontend", value } },
    { collection: "users", put: { key: "bob", value: { login: "bob" } } },
  ]);
  await expect(nexus.reload()).rejects.toMatchObject({ code: "store_damaged" });
  expect(nexus.roles.get("frontend")!.permissions).toHaveLength(1);
  await store.write([{ collection: "users", remove: "bob" }]);
  await nexus.reload();
  expect(nexus.roles.get("frontend")!.permissions).toEqual([]);
  expect(nexus.users.get("bob")).toBeUndefined();
  await nexus.close();
});

test("a seed that says that a user has no password takes it away, one that does not say leaves it", async () => {
  const user = (said: string) => `
roles:
  frontend:
    - { uri: "com.izaber.wamp.*", perms: "c" }
users:
  - { login: "ann", role: "frontend"${said} }
`;
  const seed = (said: string) => parseSeed(user(said), "seed.yaml");
  const nexus = await createNexus({ store: memoryStore(), seed: seed(', password: "one"'), passwordRounds: 100 });
  expect((await nexus.applySeed(seed(', name: "Ann"'))).users).toEqual(["ann"]);
  await (await join(nexus, "ann", "one")).close();
  expect((await nexus.applySeed(seed(", password: null"))).users).toEqual(["ann"]);
  await expect(join(nexus, "ann", "one")).rejects.toMatchObject({ code: "authentication_failed" });
  expect(nexus.users.get("ann")).toMatchObject({ password: null, name: "Ann" });
  expect((await nexus.applySeed(seed(", password:"))).users).toEqual([]);
  await nexus.close();
});

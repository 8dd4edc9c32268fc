import { expect, test } from "vitest";
import { ticket } from "../../src/auth/mod.ts";
import type { Client } from "../../src/client/client.ts";
import { createClient } from "../../src/client/connect.ts";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import { readConditions, readOrder } from "../../src/nexusd/record_conditions.ts";
import type { Store } from "../../src/nexusd/store.ts";
import type { WampValue } from "../../src/wire/values.ts";
import { NexusHarness, refusal } from "./nexus_harness.ts";

interface Page {
  readonly records: readonly { readonly [field: string]: WampValue }[];
  readonly hits: number;
  readonly pages: number;
  readonly page: number;
}

const db = "com.izaber.wamp.system.db.";
const denied = { uri: "com.izaber.wamp.error.permissiondenied", text: "Permission Denied" };

function query(client: Client, collection: string, conditions: WampValue = [], options = {}): Promise<Page> {
  return client.call(`${db}query`, [collection, conditions], options) as Promise<Page>;
}

async function idOf(client: Client, login: string): Promise<string> {
  const { records } = await query(client, "users", [["login", "=", login]]);
  return records[0]!["uuid"] as string;
}

const record = { text: "Abc", number: 7, list: ["x", { y: 1 }], nothing: null, dict: { a: 1 } };

test.each<[condition: WampValue, isMeant: boolean]>([
  [["text", "=", "Abc"], true],
  [["text", "!=", "Abc"], false],
  [["number", ">", 6], true],
  [["number", ">=", 7], true],
  [["number", "<", 7], false],
  [["number", "<=", 7], true],
  [["text", ">", "Abb"], true],
  [["text", ">", 1], false],
  [["nothing", "=", null], true],
  [["nothing", "<", 1], false],
  [["missing", "=", null], false],
  [["missing", "!=", 1], false],
  [["number", "in", [1, 7]], true],
  [["number", "not in", [1, 7]], false],
  [["text", "in", "xxAbcxx"], true],
  [["list", "has", "x"], true],
  [["list", "has", { y: 1 }], true],
  [["dict", "has", "a"], true],
  [["dict", "has", "toString"], false],
  [["dict.a", "=", 1], true],
  [["dict.__proto__.x", "=", 1], false],
  [["text", "like", "b"], true],
  [["text", "like", "B"], false],
  [["text", "ILIKE", "B"], true],
  [["text", "not like", "B"], true],
  [["text", "not ilike", "B"], false],
  [["number", "not like", "B"], false],
  [["owner_.login", "=", "ann"], true],
  [["AND", [["text", "=", "Abc"], ["number", "=", 8]]], false],
  [["or", [["text", "=", "Abc"], ["number", "=", 8]]], true],
  [["NOT", [["text", "=", "Abc"]]], false],
  [["NOR", [["text", "=", "x"], ["number", "=", 8]]], true],
  [["NOT", [["missing", "=", 1]]], false],
])("the condition %j holds: %j", (condition, isMeant) => {
  expect(readConditions([condition], () => ({ login: "ann" }))(record)).toBe(isMeant);
});

test.each<[WampValue]>([
  ["x"],
  [[["text", "is", 1]]],
  [[["text", "toString", 1]]],
  [[["text", "="]]],
  [[[1, "=", 1]]],
  [[["AND", "x"]]],
  [[null]],
  [Array.from({ length: 1001 }, () => ["a", "=", 1])],
  [Array.from({ length: 30 }).reduce<WampValue>((inner) => [["AND", inner]], [])],
])("the conditions %# are refused", (conditions) => {
  expect(() => readConditions(conditions, () => undefined)).toThrow(/condition|operator/);
});

test("records are sorted by several fields", () => {
  const records = [{ a: 1, b: "x" }, { a: 2, b: "y" }, { a: 1, b: "z" }, { a: null, b: "a" }];
  const sorted = records.slice(0, 3).sort(readOrder([["a", "desc"], ["b", "DESC"]]));
  expect(sorted.map(({ a, b }) => `${a}${b}`)).toEqual(["2y", "1z", "1x"]);
  expect(() => readOrder("a")).toThrow("sort has to be");
});

test("a query gives pages", async () => {
  await using harness = await NexusHarness.start();
  const tom = await harness.join("tom");
  const sort = [["login", "desc"]];
  const logins = ({ records }: Page) => records.map(({ login }) => login);
  const first = await query(tom, "users", [], { sort, limit: 2 });
  expect(first).toMatchObject({ hits: 3, pages: 2, page: 1, page_index: 0, limit: 2, sort });
  expect(logins(first)).toEqual(["tom", "bob"]);
  expect(logins(await query(tom, "users", [], { sort, limit: 2, page_index: 1 }))).toEqual(["ann"]);
  expect(logins(await query(tom, "users", [], { limit: -1 }))).toEqual([]);
  expect(logins(await query(tom, "users", [], { limit: 0 }))).toHaveLength(3);
});

test("trust makes, changes and removes users, and what it changes is felt at once", async () => {
  await using harness = await NexusHarness.start();
  const { nexus } = harness;
  const tom = await harness.join("tom");
  const made = await tom.call(`${db}create`, ["%root", "users", {
    login: "New-User",
    plaintext_password: "secret",
    role: "backend",
  }]) as { uuid: string };
  expect(made).toMatchObject({ login: "new-user", role: "backend", upn: "new-user@nexus", enabled: true, apikeys: [] });
  const joinNew = async (password: string) => {
    const auth = ticket("new-user", password);
    const client = createClient(nexus.router.local(), { realm: nexus.realm, auth, reconnect: false });
    await client.open();
    return client;
  };
  const client = await joinNew("secret");
  await client.call("com.izaber.wamp.my.metadata.set", ["k", { a: 1 }]);
  await client.call("com.izaber.wamp.my.apikeys.create");
  const [shown] = (await query(tom, "users", [["login", "=", "new-user"]])).records;
  expect(shown).toMatchObject({ metadata: [{ key: "k", value: { a: 1 } }], apikeys: [{ plaintext_key: null }] });
  expect(await tom.call(`${db}update`, [[made.uuid], { plaintext_password: "other", name: "N" }])).toBe(true);
  await client.close();
  await (await joinNew("other")).close();
  expect(await tom.call(`${db}create`, ["%root", "users", { login: "new-user", name: "X" }])).toMatchObject({
    name: "N",
  });
  expect(await tom.call(`${db}delete`, [[made.uuid]])).toBe(true);
  expect(nexus.users.get("new-user")).toBeUndefined();
  expect((await query(tom, "metadata")).records).toEqual([]);
  expect(nexus.apiKeys.list()).toEqual([]);
});

test("a change with one wrong field changes nothing", async () => {
  await using harness = await NexusHarness.start();
  const tom = await harness.join("tom");
  const ann = await idOf(tom, "ann");
  for (const data of [{ name: "X", zz: 1 }, { name: "X", enabled: "yes" }, { name: "X", password: "plain" }]) {
    expect((await refusal(tom.call(`${db}update`, [[ann], data]))).uri).toBe("com.izaber.wamp.error");
  }
  expect(harness.nexus.users.get("ann")).toMatchObject({ name: null, enabled: true });
});

test("roles are made, changed and removed, and lines without effect are kept", async () => {
  await using harness = await NexusHarness.start();
  const tom = await harness.join("tom");
  const permissions = [{ uri: "a..b", perms: "c" }, { uri: "x.*", perms: "zc" }];
  const { uuid } = await tom.call(`${db}create`, ["%root", "roles", { role: "new", permissions }]) as { uuid: string };
  expect(harness.nexus.roles.get("new")?.permissions).toEqual(permissions);
  await tom.call(`${db}upsert`, ["%root", "roles", { role: "new", permissions: [] }]);
  expect(harness.nexus.roles.get("new")?.permissions).toEqual([]);
  await tom.call(`${db}delete`, [[uuid]]);
  expect(harness.nexus.roles.get("new")).toBeUndefined();
});

test("users see and change what is theirs alone", async () => {
  await using harness = await NexusHarness.start();
  const [ann, bob, tom] = [await harness.join("ann"), await harness.join("bob"), await harness.join("tom")];
  const own = await idOf(tom, "ann");
  const other = await idOf(tom, "bob");
  await bob.call("com.izaber.wamp.my.metadata.set", ["k", 1]);
  expect((await query(ann, "users")).records.map(({ login }) => login)).toEqual(["ann"]);
  expect((await query(ann, "metadata")).records).toEqual([]);
  for (const collection of ["roles", "uris", "rosters", "cookies"]) {
    expect(await refusal(query(ann, collection))).toEqual(denied);
  }
  const { uuid } = (await query(bob, "metadata")).records[0]!;
  expect(await ann.call(`${db}update`, [[uuid!, own], { name: "Ann", value: 2, role: "trust" }])).toBe(true);
  expect(harness.nexus.users.get("ann")).toMatchObject({ name: "Ann", role: "frontend" });
  expect(await ann.call(`${db}delete`, [[uuid!]])).toBe(true);
  expect((await query(bob, "metadata")).records).toMatchObject([{ value: 1 }]);
  expect(await refusal(ann.call(`${db}create`, [other, "metadata", { key: "k", value: 1 }]))).toEqual(denied);
  expect(await refusal(ann.call(`${db}delete`, [[own]]))).toEqual(denied);
});

test("by guessing ids nobody has the metadata of others read", async () => {
  const store = memoryStore();
  const list = store.list.bind(store);
  const asked: string[] = [];
  store.list = (collection, prefix) => {
    asked.push(`${collection} ${prefix}`);
    return list(collection, prefix);
  };
  await using harness = await NexusHarness.start({ store });
  const ann = await harness.join("ann");
  asked.length = 0;
  await ann.call(`${db}delete`, [["A".repeat(22)]]);
  await ann.call(`${db}update`, [["A".repeat(22)], { value: 1 }]);
  await query(ann, "users");
  const own = harness.nexus.users.get("ann")!.uuid;
  expect([...new Set(asked.filter((each) => each.startsWith("metadata")))]).toEqual([`metadata ${own}/`]);
});

test("a stranger sees nothing, and neither does trust that is trust no more", async () => {
  await using harness = await NexusHarness.start();
  const [stranger, tom] = [await harness.join(), await harness.join("tom")];
  expect(await refusal(query(stranger, "users"))).toEqual(denied);
  const { users } = harness.nexus;
  await users.save({ ...users.get("tom")!, role: "backend" });
  expect((await query(tom, "users")).records.map(({ login }) => login)).toEqual(["tom"]);
  expect(await refusal(query(tom, "roles"))).toEqual(denied);
});

test("metadata is written and read as YAML where that is asked for", async () => {
  await using harness = await NexusHarness.start();
  const [ann, tom] = [await harness.join("ann"), await harness.join("tom")];
  const own = await idOf(tom, "ann");
  await ann.call(`${db}upsert`, [own, "metadata", { key: "k", value_yaml: "a: [1, 2]\n" }]);
  expect((await query(ann, "metadata")).records).toMatchObject([{ key: "k", value: { a: [1, 2] } }]);
  const [shown] = (await query(ann, "metadata", [], { yaml: true })).records;
  expect(shown!["value"]).toMatch(/^a:\n/);
});

test.each<[WampValue[], string]>([
  [["nosuch", "users", {}], "Parent"],
  [[null, "users", {}], "Parent"],
  [["%root", "nosuch", {}], "not a valid collection"],
  [["%root", "apikeys", {}], "Parent"],
  [["%root", "users", {}], "login may not be empty"],
  [["%root", "users", "x"], "have to be a mapping"],
  [["%root", "rosters", { name: "x" }], "made by sessions"],
  [["%root", "uris", { uri: "x.y", active: true }], "active"],
])("create(%j) is refused", async (args, text) => {
  await using harness = await NexusHarness.start();
  const tom = await harness.join("tom");
  expect((await refusal(tom.call(`${db}create`, args))).text).toContain(text);
});

test("records are counted without reading what users have put away, where the store can", async () => {
  const inner = memoryStore();
  const listed: string[] = [];
  const store: Store = {
    name: inner.name,
    get: (collection, key) => inner.get(collection, key),
    list: (collection, prefix) => {
      listed.push(collection);
      return inner.list(collection, prefix);
    },
    write: (operations) => inner.write(operations),
    close: () => inner.close(),
  };
  for (const count of [undefined, (collection: string) => inner.count!(collection)]) {
    await using harness = await NexusHarness.start({ store: { ...store, ...count && { count } } });
    const [ann, bob] = [await harness.join("ann"), await harness.join("bob")];
    await ann.call("my.metadata.set", ["a", 1]);
    await bob.call("my.metadata.set", ["a", 1]);
    await bob.call("com.izaber.wamp.system.document.set", ["register", "a.b", { contact: "bob" }]);
    listed.length = 0;
    const { counts } = await bob.call(`${db}stats`) as { counts: { [type: string]: number } };
    expect(counts).toMatchObject({ user: 3, metadatum: 2, uri: 1, cookie: 0, role: 3 });
    expect(listed).toEqual(count === undefined ? ["cookies", "metadata"] : []);
  }
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createClient } from "../../src/client/connect.ts";
import type { Client } from "../../src/client/client.ts";
import type { Auth } from "../../src/auth/mod.ts";
import { anonymous, ticket } from "../../src/auth/mod.ts";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import { createNexus } from "../../src/nexusd/nexus.ts";
import type { Nexus, NexusOptions } from "../../src/nexusd/nexus.ts";
import { parseSeed } from "../../src/nexusd/seed.ts";
import { openSqliteStore } from "../../src/nexusd/sqlite_store.ts";
import { put, remove } from "../../src/nexusd/store.ts";
import type { Store } from "../../src/nexusd/store.ts";
import { Router } from "../../src/router/router.ts";
import { FakeClock } from "../support/fake_clock.ts";

const seedText = `
realm: izaber
roles:
  frontend:
    - { uri: "com.izaber.wamp.*", perms: "c" }
    - { uri: "com.example.*", perms: "crsp" }
    - { uri: "elevated.*", perms: "c+" }
    - { uri: "documented.*", perms: "r!" }
  backend:
    - { uri: "*", perms: "c" }
restrictions:
  limited:
    - { uri: "com.example.closed", perms: "" }
users:
  - { login: "ann", password: "ann-pass", role: "frontend" }
  - { login: "bob", password: "bob-pass", role: "backend" }
`;
const seed = parseSeed(seedText, "seed.yaml");

let nexuses: Nexus[];
let folder: string;

beforeEach(() => {
  nexuses = [];
  folder = mkdtempSync(join(tmpdir(), "nexus-"));
});

afterEach(async () => {
  for (const nexus of nexuses) await nexus.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: Partial<NexusOptions> = {}): Promise<Nexus> {
  const nexus = await createNexus({ store: memoryStore(), seed, passwordRounds: 100, ...options });
  nexuses.push(nexus);
  return nexus;
}

async function joined(nexus: Nexus, auth: Auth): Promise<Client> {
  const client = createClient(nexus.router.local(), { realm: nexus.realm, auth, reconnect: false });
  await client.open();
  return client;
}

const ann = ticket("ann", "ann-pass");
const whoami = "com.izaber.wamp.auth.whoami";

describe("the first start", () => {
  test("makes the default roles and one user, whose password is told once", async () => {
    const file = join(folder, "nexus.db");
    const first = await createNexus({ store: openSqliteStore(file), passwordRounds: 100 });
    expect(first.start).toMatchObject({ outcome: "defaults", login: "admin" });
    expect(first.realm).toBe("izaber");
    const { login, password } = first.start as { login: string; password: string };
    expect(password).toMatch(/^[A-Za-z0-9_-]{24}$/);
    await first.close();
    const second = await start({ store: openSqliteStore(file), seed: undefined as never });
    expect(second.start).toEqual({ outcome: "found" });
    const admin = await joined(second, ticket(login, password));
    expect(await admin.call(whoami)).toEqual({ authid: "admin", role: "trust" });
    expect(second.roles.get("frontend")?.permissions.length).toBeGreaterThan(30);
  });

  test("fills an empty store from the seed once, and refuses another", async () => {
    const file = join(folder, "nexus.db");
    const first = await createNexus({ store: openSqliteStore(file), seed, passwordRounds: 100 });
    expect(first.start).toEqual({ outcome: "seeded" });
    await first.users.save({ ...first.users.get("bob")!, name: "Bob" });
    await first.close();
    const again = await createNexus({ store: openSqliteStore(file), seed, passwordRounds: 100 });
    expect(again.start).toEqual({ outcome: "seeded before" });
    expect(again.users.get("bob")?.name).toBe("Bob");
    await again.close();
    const other = parseSeed(`${seedText}  - { login: "eve", password: "x" }\n`, "other.yaml");
    const store = openSqliteStore(file);
    await expect(createNexus({ store, seed: other })).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringContaining("other.yaml"),
    });
    await store.close();
    const unseeded = memoryStore();
    await createNexus({ store: unseeded, passwordRounds: 100 });
    await expect(createNexus({ store: unseeded, seed })).rejects.toMatchObject({ code: "config_invalid" });
  });

  test("keeps nothing by which the passwords of the seed could be tried quickly", async () => {
    const derived = vi.spyOn(crypto.subtle, "deriveBits");
    const [first, second] = [memoryStore(), memoryStore()];
    await start({ store: first });
    await start({ store: second });
    const kept = [first, second].map(async (store) => (await store.get("nexus", "origin"))?.["seed"]);
    const [one, other] = await Promise.all(kept);
    expect(one).toMatch(/^\$pbkdf2-sha256\$100\$/);
    expect(one).not.toBe(other);
    // Two users, and the seed, in each.
    expect(derived).toHaveBeenCalledTimes(6);
    derived.mockRestore();
  });

  test("keeps the realm that the seed named", async () => {
    const store = memoryStore();
    await createNexus({ store, seed: parseSeed("realm: plant\n", "seed.yaml") });
    expect((await start({ store, seed: undefined as never })).realm).toBe("plant");
  });

  test("writes all or nothing: a store that fails while it is filled stays empty", async () => {
    const store = memoryStore();
    const failing: Store = { ...bound(store), write: () => Promise.reject(new Error("disk full")) };
    await expect(createNexus({ store: failing, seed, passwordRounds: 100 })).rejects.toThrow("disk full");
    expect((await start({ store })).start).toEqual({ outcome: "seeded" });
  });
});

describe("metadata", () => {
  test("is there after a restart", async () => {
    const file = join(folder, "nexus.db");
    const first = await createNexus({ store: openSqliteStore(file), seed, passwordRounds: 100 });
    const before = await joined(first, ann);
    await before.call("com.izaber.wamp.my.metadata.set", ["color", { name: "blue", bytes: [1, 2] }]);
    await first.close();
    const after = await joined(await start({ store: openSqliteStore(file) }), ann);
    expect(await after.call("com.izaber.wamp.my.metadata.get", ["color"])).toEqual({ name: "blue", bytes: [1, 2] });
  });

  test("is each user's own, and keeps its id while its value changes", async () => {
    const nexus = await start();
    const [first, other] = [await joined(nexus, ann), await joined(nexus, ticket("bob", "bob-pass"))];
    await first.call("com.izaber.wamp.my.metadata.set", ["k", 1]);
    const before = await first.call("com.izaber.wamp.my.metadata.list") as { k: { uuid: string } };
    await first.call("com.izaber.wamp.my.metadata.set", ["k"], { value: 2 });
    expect(await first.call("com.izaber.wamp.my.metadata.list")).toEqual({
      k: { uuid: before.k.uuid, value: 2, owner: nexus.users.get("ann")!.uuid },
    });
    expect(await other.call("com.izaber.wamp.my.metadata.list")).toEqual({});
  });

  test("has one id however many set it at once", async () => {
    const client = await joined(await start(), ann);
    const list = "com.izaber.wamp.my.metadata.list";
    const set = (value: number) => client.call("com.izaber.wamp.my.metadata.set", ["k", value]);
    const ids = async () => (await client.call(list) as { k: { uuid: string } }).k.uuid;
    const [, first] = await Promise.all([set(1), set(2).then(ids), set(3)]);
    await set(4);
    expect(await ids()).toBe(first);
  });

  test("has a largest value and a largest number of keys", async () => {
    const nexus = await start({ metadataLimits: { valueBytes: 40, keys: 2 } });
    const [client, other] = [await joined(nexus, ann), await joined(nexus, ticket("bob", "bob-pass"))];
    const set = (key: string, value: unknown, by = client) =>
      by.call("com.izaber.wamp.my.metadata.set", [key, value as never]);
    await expect(set("a", "x".repeat(29))).rejects.toMatchObject({
      uri: "com.izaber.wamp.error",
      args: ['the value of the metadata key "a" takes 41 bytes, the most is 40'],
    });
    await set("a", "x".repeat(28));
    await set("b", 1);
    const oneTooMany = { uri: "com.izaber.wamp.error", args: [expect.stringMatching(/2 metadata keys.*delete one/)] };
    await expect(set("c", 1)).rejects.toMatchObject(oneTooMany);
    await set("a", 2);
    await nexus.users.save({ ...nexus.users.get("bob")!, role: "frontend" });
    await set("c", 1, await joined(nexus, ticket("bob", "bob-pass")));
    await other.close();
    await client.call("com.izaber.wamp.my.metadata.delete", ["b"]);
    await Promise.allSettled([set("c", 1), set("d", 1)]);
    await expect(set("e", 1)).rejects.toMatchObject(oneTooMany);
    expect(Object.keys(await client.call("com.izaber.wamp.my.metadata.list") as object)).toEqual(["a", "c"]);
  });

  test("has a largest size of all values of a user", async () => {
    const nexus = await start({ metadataLimits: { userBytes: 100 } });
    const client = await joined(nexus, ann);
    const set = (key: string, length: number) =>
      client.call("com.izaber.wamp.my.metadata.set", [key, "x".repeat(length)]);
    await set("a", 40);
    const full = { args: [expect.stringMatching(/would take 1\d\d bytes .*, the most is 100: delete some/)] };
    await expect(set("b", 40)).rejects.toMatchObject(full);
    await set("a", 30);
    await set("b", 40);
    await expect(set("a", 40)).rejects.toMatchObject(full);
    await client.call("com.izaber.wamp.my.metadata.delete", ["b"]);
    await set("a", 40);
    const { uuid } = nexus.users.get("ann")!;
    await expect(
      client.call("com.izaber.wamp.system.db.create", [uuid, "metadata", { key: "c", value: "x".repeat(50) }]),
    )
      .rejects.toMatchObject(full);
  });

  test("refuses what it cannot keep in words that say what to do", async () => {
    const client = await joined(await start(), ann);
    const set = (...args: unknown[]) => client.call("com.izaber.wamp.my.metadata.set", args as never);
    for (
      const [args, text] of [
        [[], 'lacks "key", "value"'],
        [["k"], 'lacks "value"'],
        [["", 1], "a text that is not empty"],
        [["k", 1, false, 4], "takes 3 arguments, 4 were given"],
        [["k", "a: [b", true], "not YAML"],
        [["k", 1, true], "a text in YAML"],
        [["ä".repeat(126), 1], "250 bytes"],
      ] as const
    ) {
      await expect(set(...args)).rejects.toMatchObject({
        uri: "com.izaber.wamp.error",
        args: [expect.stringContaining(text)],
      });
    }
    await set("bytes", new Uint8Array(1));
    await expect(client.call("com.izaber.wamp.my.metadata.get", ["bytes", true])).rejects.toMatchObject({
      uri: "com.izaber.wamp.error",
      args: [expect.stringMatching(/Uint8Array cannot be written as YAML.*leave out yaml/)],
    });
    await expect(client.call("com.izaber.wamp.my.metadata.get", ["k"], { key: "k" })).rejects.toThrow("twice");
    await expect(client.call("com.izaber.wamp.my.metadata.get", ["k"], { what: 1 })).rejects.toThrow(
      'no argument "what"',
    );
  });

  test("tells the caller nothing of what fails inside, and the owner all", async () => {
    const store = memoryStore();
    const errors: unknown[] = [];
    const inside = new Error("/secret/path");
    const failing: Store = {
      ...bound(store),
      list: (name, prefix) => name === "metadata" ? Promise.reject(inside) : store.list(name, prefix),
    };
    const client = await joined(await start({ store: failing, onError: (error) => errors.push(error) }), ann);
    await expect(client.call("com.izaber.wamp.my.metadata.list")).rejects.toMatchObject({
      uri: "com.izaber.wamp.error",
      args: [expect.not.stringContaining("secret")],
    });
    expect(errors).toEqual([inside]);
  });
});

describe("authorization", () => {
  const refused = { uri: "wamp.error.not_authorized", args: [expect.stringContaining("is not authorized to call")] };

  test("follows changes of roles at once", async () => {
    const nexus = await start();
    const client = await joined(nexus, ann);
    await expect(client.call("com.new.a")).rejects.toMatchObject(refused);
    const role = nexus.roles.get("frontend")!;
    await nexus.roles.save({ ...role, permissions: [{ uri: "com.new.*", perms: "c" }] });
    await expect(client.call("com.new.a")).rejects.toMatchObject({ uri: "wamp.error.no_such_procedure" });
    await expect(client.call(whoami)).rejects.toMatchObject(refused);
    await nexus.roles.remove("frontend");
    await expect(client.call("com.new.a")).rejects.toMatchObject(refused);
  });

  test("is over for the sessions of a user who is disabled, removed or replaced, also where they go on", async () => {
    const nexus = await start({ leniency: { sessionsKeepWhatTheyHave: true } });
    const client = await joined(nexus, ann);
    const user = nexus.users.get("ann")!;
    await nexus.users.save({ ...user, enabled: false });
    await expect(client.call(whoami)).rejects.toMatchObject(refused);
    await expect(joined(nexus, ann)).rejects.toMatchObject({ reason: "com.izaber.wamp.error.permissiondenied" });
    await nexus.users.save(user);
    expect(await client.call(whoami)).toEqual({ authid: "ann", role: "frontend" });
    await nexus.users.remove("ann");
    await expect(client.call(whoami)).rejects.toMatchObject(refused);
    await nexus.users.save({ ...user, uuid: "another" });
    await expect(client.call(whoami)).rejects.toMatchObject(refused);
  });

  test("asks for a password that was shown lately where a line has +", async () => {
    const clock = new FakeClock();
    const nexus = await start({ clock });
    const client = await joined(nexus, ann);
    await expect(client.call("elevated.x")).rejects.toMatchObject({ uri: "wamp.error.no_such_procedure" });
    clock.advance(120_001);
    await expect(client.call("elevated.x")).rejects.toMatchObject(refused);
    expect(await client.call(whoami)).toEqual({ authid: "ann", role: "frontend" });
  });

  test("asks for documentation where a line has !", async () => {
    const store = memoryStore();
    const client = await joined(await start({ store }), ann);
    await expect(client.register("documented.x", () => 1)).rejects.toMatchObject({
      uri: "wamp.error.authorization_failed",
      args: [expect.stringContaining("requiredocumentation")],
    });
    const value = { description: "does x", contact: "ann" };
    await store.write([{ collection: "uris", put: { key: "documented.x_exact_register", value } }]);
    await client.register("documented.x", () => 1);
    await expect(client.register("documented.x", () => 1, { match: "prefix" })).rejects.toThrow("requiredocumentation");
  });

  test("holds down what came by a restricted source, whatever the role", async () => {
    const nexus = await start();
    const client = await joined(nexus, ann);
    await nexus.restrictions.save("local", [{ uri: "com.izaber.wamp.auth.*", perms: "" }]);
    await expect(client.call(whoami)).rejects.toMatchObject(refused);
    expect(await client.call("com.izaber.wamp.my.metadata.list")).toEqual({});
    await nexus.restrictions.save("local", []);
    expect(await client.call(whoami)).toEqual({ authid: "ann", role: "frontend" });
  });

  test("discloses callers and publishers to others, always", async () => {
    const nexus = await start();
    const [server, client] = [await joined(nexus, ann), await joined(nexus, ticket("bob", "bob-pass"))];
    await server.register("com.example.who", (_args, _kwargs, call) => [call.caller_authid, call.caller_authrole]);
    expect(await client.call("com.example.who")).toEqual(["bob", "backend"]);
    const heard = Promise.withResolvers<unknown>();
    await server.subscribe("com.example.news", (_args, _kwargs, event) => heard.resolve(event.details));
    const publisher = await joined(nexus, ann);
    await publisher.publish("com.example.news", ["x"], {}, { acknowledge: true });
    expect(await heard.promise).toMatchObject({ publisher_authid: "ann", publisher_authrole: "frontend" });
  });

  test("looks at a pattern as the text that it is, not at what it takes in, as the original does", async () => {
    const nexus = await start();
    const permissions = [{ uri: "com.open.x", perms: "s" }];
    await nexus.roles.save({ ...nexus.roles.get("frontend")!, permissions });
    const client = await joined(nexus, ann);
    const heard = Promise.withResolvers<string>();
    for (
      const [topic, match] of [["com.open.xy", "exact"], ["com.open", "prefix"], ["com.open.", "wildcard"]] as const
    ) {
      await expect(client.subscribe(topic, () => {}, { match })).rejects.toMatchObject({
        uri: "wamp.error.not_authorized",
      });
    }
    await client.subscribe("com.open.x", (_args, _kwargs, { topic }) => heard.resolve(topic), { match: "prefix" });
    const trusted = { authid: "x", authrole: "trust", authprovider: "static" };
    const publisher = createClient(nexus.router.local(trusted), { realm: nexus.realm, reconnect: false });
    await publisher.open();
    await publisher.publish("com.open.xy");
    expect(await heard.promise).toBe("com.open.xy");
    await publisher.close();
  });

  test("lets nobody take over a procedure of the Nexus itself", async () => {
    const nexus = await start();
    await nexus.users.save({ ...nexus.users.get("bob")!, role: "trust" });
    const [client, bob] = [await joined(nexus, ann), await joined(nexus, ticket("bob", "bob-pass"))];
    for (const procedure of [whoami, "my.metadata.set"]) {
      await expect(bob.register(procedure, () => "mine", { force_reregister: true })).rejects.toMatchObject({
        uri: "wamp.error.procedure_already_exists",
      });
    }
    expect(await client.call(whoami)).toEqual({ authid: "ann", role: "frontend" });
  });

  test("is not fooled by a stranger who says what a login would be told", async () => {
    const nexus = await start();
    const client = await joined(nexus, { ...anonymous(), authextra: { cache_id: "x", has_restrictions: false } });
    await expect(client.call(whoami)).rejects.toMatchObject(refused);
  });
});

describe("a store that is damaged", () => {
  const line = { uri: "com.*", perms: "c" };
  test.each([
    ["roles", "frontend", {}, "its role is not its key"],
    ["roles", "frontend", { role: "frontend", uuid: "x" }, "its permissions are no list"],
    ["roles", "frontend", { role: "frontend", uuid: "x", permissions: [line, 1] }, "its permissions are no list"],
    ["roles", "frontend", { role: "frontend", permissions: [line] }, "its uuid is no text"],
    ["users", "ann", { login: "ann" }, "its uuid is no text"],
    ["users", "ann", { login: "bob", uuid: "x", source: "local" }, "its login is not its key"],
    ["users", "ann", { login: "ann", uuid: "x", source: "local", enabled: "no" }, "its enabled is neither"],
    ["users", "ann", { login: "ann", uuid: "x", source: "local", enabled: true, role: [] }, "its role is neither"],
    ["restrictions", "otp", { permissions: {} }, "its permissions are no list"],
  ])("is refused by the place and the problem: %s %s %j", async (collection, key, value, problem) => {
    const store = memoryStore();
    await createNexus({ store, seed, passwordRounds: 100 });
    await store.write([put(collection, key, value as never)]);
    await expect(createNexus({ store, passwordRounds: 100 })).rejects.toMatchObject({
      code: "store_damaged",
      message: expect.stringContaining(`"${key}" in ${collection} of the store in memory: ${problem}`),
    });
  });

  test("is not filled again when it has lost what it was filled from", async () => {
    const store = memoryStore();
    await createNexus({ store, seed, passwordRounds: 100 });
    await store.write([remove("nexus", "origin")]);
    for (const more of [{}, { seed }]) {
      await expect(createNexus({ store, passwordRounds: 100, ...more })).rejects.toMatchObject({
        code: "store_damaged",
        message: expect.stringMatching(/"origin" in nexus .*it is missing, and yet there are users/),
      });
    }
    expect(await store.get("users", "admin")).toBeUndefined();
  });
});

describe("users", () => {
  test("are made, and get other passwords, by what is public", async () => {
    const nexus = await start();
    const made = await nexus.users.create({ login: "Eve", password: "eve-pass", role: "frontend" });
    expect(made).toMatchObject({ login: "eve", enabled: true, source: "local", name: null });
    expect(nexus.users.get("eve")).toEqual(made);
    const eve = await joined(nexus, ticket("Eve", "eve-pass"));
    expect(await eve.call(whoami)).toEqual({ authid: "eve", role: "frontend" });
    await nexus.users.setPassword("EVE", "other");
    const denied = { code: "authentication_failed" };
    await expect(joined(nexus, ticket("eve", "eve-pass"))).rejects.toMatchObject(denied);
    await joined(nexus, ticket("eve", "other"));
    await nexus.users.setPassword("eve", null);
    await expect(joined(nexus, ticket("eve", "other"))).rejects.toMatchObject(denied);
    expect(nexus.users.get("eve")!.uuid).toBe(made.uuid);
  });

  test("are refused where nobody could log in by them, and when the login is taken", async () => {
    const { users } = await start();
    const user = users.get("ann")!;
    const refused = (message: string) => ({ code: "invalid_argument", message: expect.stringContaining(message) });
    await expect(users.save({ ...user, login: "Ann" })).rejects.toMatchObject(refused("in lower case"));
    await expect(users.save({ ...user, login: " " })).rejects.toMatchObject(refused("not empty"));
    await expect(users.save({ ...user, password: "ann-pass" })).rejects.toMatchObject(refused("use setPassword()"));
    await expect(users.create({ login: "ANN" })).rejects.toMatchObject(refused('"ann": there is one'));
    await expect(users.setPassword("eve", "x")).rejects.toMatchObject(refused("no such user"));
    const both = await Promise.allSettled([1, 2].map(() => users.create({ login: "eve", password: "x" })));
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(users.get("ann")).toEqual(user);
  });
});

describe("a login", () => {
  test("costs the same whether or not the user exists", async () => {
    const nexus = await start({ passwordRounds: 30_000 });
    const made = "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk";
    await nexus.users.save({ ...nexus.users.get("bob")!, password: made });
    await nexus.users.create({ login: "off", password: "x", enabled: false });
    await nexus.users.create({ login: "none" });
    const rounds: number[] = [];
    for (const login of ["ann", "bob", "off", "none", "nobody"]) {
      const derive = vi.spyOn(crypto.subtle, "deriveBits");
      await expect(joined(nexus, ticket(login, "wrong"))).rejects.toMatchObject({ code: "authentication_failed" });
      const iterations = derive.mock.calls.map(([algorithm]) => (algorithm as Pbkdf2Params).iterations);
      rounds.push(iterations.reduce((sum, each) => sum + each, 0));
      derive.mockRestore();
    }
    expect(rounds).toEqual([30_000, 30_000, 30_000, 30_000, 30_000]);
    await joined(nexus, ticket("bob", "toomanysecrets"));
  });

  test("waits for its turn, and is refused when too many wait", async () => {
    const nexus = await start();
    const real = crypto.subtle.deriveBits.bind(crypto.subtle);
    const go = Promise.withResolvers<void>();
    let [running, most] = [0, 0];
    const derive = vi.spyOn(crypto.subtle, "deriveBits").mockImplementation(async (...args) => {
      most = Math.max(most, ++running);
      await go.promise;
      running--;
      return await real(...args);
    });
    const logins = Array.from(
      { length: 1004 },
      () => joined(nexus, ann).then(() => "ok", (error) => `${error.code} ${error.reason}`),
    );
    expect(await Promise.race(logins)).toBe("refused wamp.error.unavailable");
    go.resolve();
    const outcomes = await Promise.all(logins);
    derive.mockRestore();
    expect(outcomes.filter((outcome) => outcome === "ok")).toHaveLength(1003);
    expect(most).toBe(3);
  });
});

describe("what goes wrong at the start or the end", () => {
  test("leaves no router open when a procedure of its own cannot be registered", async () => {
    const close = vi.spyOn(Router.prototype, "close");
    const store = memoryStore();
    await expect(createNexus({ store, seed, passwordRounds: 100, limits: { registrations: 1 } })).rejects.toThrow(
      "the most it may",
    );
    expect(close).toHaveBeenCalledTimes(1);
    await close.mock.results[0]!.value;
    close.mockRestore();
    expect((await start({ store })).start.outcome).toBe("seeded before");
  });

  test("frees the store when the router cannot be closed", async () => {
    const file = join(folder, "nexus.db");
    const nexus = await createNexus({ store: openSqliteStore(file), seed, passwordRounds: 100 });
    const close = vi.spyOn(Router.prototype, "close").mockRejectedValueOnce(new Error("no"));
    await expect(nexus.close()).rejects.toThrow("no");
    close.mockRestore();
    expect(await openSqliteStore(file).close()).toBeUndefined();
    await nexus.router.close();
  });
});

test("a login says nothing of whether the user exists, and is in any case", async () => {
  const nexus = await start();
  const denied = { code: "authentication_failed", reason: "com.izaber.wamp.error.permissiondenied" };
  for (const [login, password] of [["ann", "x"], ["nobody", "x"], ["ann", ""], ["", "x"], ["ann", "x".repeat(5000)]]) {
    await expect(joined(nexus, ticket(login!, password!))).rejects.toMatchObject(denied);
  }
  expect(await (await joined(nexus, ticket("ANN", "ann-pass"))).call(whoami)).toEqual({
    authid: "ann",
    role: "frontend",
  });
});

test("closing ends every session and frees the store", async () => {
  const file = join(folder, "nexus.db");
  const nexus = await createNexus({ store: openSqliteStore(file), seed, passwordRounds: 100 });
  const client = await joined(nexus, ann);
  const left = new Promise((resolve) => client.on("leave", resolve));
  await nexus.close();
  await left;
  expect(await openSqliteStore(file).close()).toBeUndefined();
});

/** A store's methods as properties, so that some of them can be replaced. */
function bound(store: Store): Store {
  return {
    name: store.name,
    get: (collection, key) => store.get(collection, key),
    list: (collection, prefix) => store.list(collection, prefix),
    write: (operations) => store.write(operations),
    close: () => store.close(),
  };
}

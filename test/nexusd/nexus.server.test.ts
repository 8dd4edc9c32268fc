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
import type { Store } from "../../src/nexusd/store.ts";
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

  test("is over for the sessions of a user who is disabled, removed or replaced", async () => {
    const nexus = await start();
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
    get: (collection, key) => store.get(collection, key),
    list: (collection, prefix) => store.list(collection, prefix),
    write: (operations) => store.write(operations),
    close: () => store.close(),
  };
}

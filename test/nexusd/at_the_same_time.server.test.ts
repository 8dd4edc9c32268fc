import { expect, test, vi } from "vitest";
import { ticket } from "../../src/auth/mod.ts";
import type { Client } from "../../src/client/client.ts";
import { createClient } from "../../src/client/connect.ts";
import type { Directory } from "../../src/nexusd/directory.ts";
import { localPasswords } from "../../src/nexusd/login_sources.ts";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import type { Nexus } from "../../src/nexusd/nexus.ts";
import { Passwords } from "../../src/nexusd/passwords.ts";
import type { Store, StoreOperation } from "../../src/nexusd/store.ts";
import { systemRandom } from "../../src/wire/random.ts";
import { Users } from "../../src/nexusd/users.ts";
import { NexusHarness } from "./nexus_harness.ts";

/** A store whose writes wait while it is held, and fail where that is asked for. */
class SlowStore implements Store {
  readonly name = "slow";
  readonly kept = memoryStore();
  readonly written: (readonly StoreOperation[])[] = [];
  failing: Error | undefined;
  /** What was read is handed out after this. */
  reading: Promise<void> = Promise.resolve();
  #held: Promise<void> = Promise.resolve();

  /** Holds what is written from now on, until that is called which it returns. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return resolve;
  }

  get(...where: Parameters<Store["get"]>): ReturnType<Store["get"]> {
    return this.kept.get(...where);
  }

  async list(...where: Parameters<Store["list"]>): ReturnType<Store["list"]> {
    const entries = await this.kept.list(...where);
    await this.reading;
    return entries;
  }

  async write(operations: readonly StoreOperation[]): Promise<void> {
    await this.#held;
    if (this.failing !== undefined) throw this.failing;
    this.written.push(operations);
    await this.kept.write(operations);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function join({ router, realm }: Nexus, login: string, secret: string): Promise<Client> {
  const client = createClient(router.local(), { realm, auth: ticket(login, secret), reconnect: false });
  await client.open();
  return client;
}

test("a password that is changed while a login makes the hash of the old one anew stays changed", async () => {
  const passwords = new Passwords({ rounds: 2000 });
  const users = await Users.load(memoryStore(), { passwords, random: systemRandom });
  const old = await new Passwords({ rounds: 100 }).hash("old");
  const user = await users.create({ login: "ann", hash: old });
  const check = passwords.check("old");
  await check.fits(user.password);
  const verdict = localPasswords(users, passwords, () => {}).judge({ login: "ann", secret: "old", check, user });
  const changed = await passwords.hash("new");
  await Promise.all([users.update("ann", { password: changed }), verdict]);
  expect(users.get("ann")?.password).toBe(changed);

  const again = users.rehash(users.get("ann")!, "new");
  await users.remove("ann");
  const namesake = await users.create({ login: "ann", password: "other" });
  await again;
  expect(users.get("ann")).toEqual(namesake);
});

test("a password that is changed while it is compared lets nobody in any more", async () => {
  await using on = await NexusHarness.start();
  const { users } = on.nexus;
  const changed = await users.hash("ann", "new");
  const original = crypto.subtle.deriveBits.bind(crypto.subtle);
  const derive = vi.spyOn(crypto.subtle, "deriveBits").mockImplementation(async (...parameters) => {
    derive.mockRestore();
    const derived = await original(...parameters);
    await users.update("ann", { password: changed });
    return derived;
  });
  await expect(join(on.nexus, "ann", "pass")).rejects.toThrow("Permission Denied");
  await (await join(on.nexus, "ann", "new")).close();
});

test("of several logins at once by an old hash one has it made anew, and all are let in", async () => {
  const old = await new Passwords({ rounds: 50 }).hash("pass");
  const store = new SlowStore();
  await using on = await NexusHarness.start({ store });
  const { users } = on.nexus;
  await users.update("ann", { password: old });
  const release = store.hold();
  const original = crypto.subtle.deriveBits.bind(crypto.subtle);
  let compared = 0;
  const derive = vi.spyOn(crypto.subtle, "deriveBits").mockImplementation(async (...parameters) => {
    const derived = await original(...parameters);
    // Nothing is kept before all of them have found the old hash to fit.
    if ((parameters[0] as Pbkdf2Params).iterations === 50 && ++compared === 3) release();
    return derived;
  });
  const clients = await Promise.all([1, 2, 3].map(() => join(on.nexus, "ann", "pass")));
  derive.mockRestore();
  expect(users.get("ann")!.password).not.toBe(old);
  expect(store.written.filter(([operation]) => operation?.collection === "users")).toHaveLength(2);
  await Promise.all(clients.map((client) => client.close()));
});

test("a login goes on when the new hash cannot be kept", async () => {
  const store = new SlowStore();
  const errors: unknown[] = [];
  await using on = await NexusHarness.start({ store, onError: (error) => errors.push(error) });
  const { users, apiKeys } = on.nexus;
  const { record, plaintext } = await apiKeys.create(users.get("bob")!);
  await apiKeys.save({ ...record, key: await new Passwords({ rounds: 50 }).hash(plaintext) });
  await users.update("ann", { password: await new Passwords({ rounds: 50 }).hash("old") });
  store.failing = new Error("the disk is full");
  const clients = [await join(on.nexus, "ann", "old"), await join(on.nexus, "bob", plaintext)];
  expect(errors).toEqual([store.failing, store.failing]);
  store.failing = undefined;
  await Promise.all(clients.map((client) => client.close()));
});

test("changes of a user that are made at the same time all hold", async () => {
  const store = new SlowStore();
  await using on = await NexusHarness.start({ store });
  const { users, administration } = on.nexus;
  const release = store.hold();
  const changes = [
    administration.run("users.update", { login: "ann", fields: { enabled: false } }),
    administration.run("users.update", { login: "ann", fields: { email: "ann@example.com" } }),
    users.setPassword("ann", "another"),
  ];
  release();
  await Promise.all(changes);
  const expected = { enabled: false, email: "ann@example.com", role: "frontend" };
  expect(users.get("ann")).toMatchObject(expected);
  expect(await store.get("users", "ann")).toEqual(users.get("ann"));
});

test("of two who make the same user one is refused, and a removed user does not come back", async () => {
  const store = new SlowStore();
  await using on = await NexusHarness.start({ store });
  const { users } = on.nexus;
  const made = await Promise.allSettled([
    users.create({ login: "Eve", password: "1" }),
    users.create({ login: "eve", password: "2" }),
  ]);
  expect(made.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  const release = store.hold();
  const changes = [users.update("eve", { name: "Eve" }), users.remove("eve")];
  release();
  await Promise.all(changes);
  expect(users.get("eve")).toBeUndefined();
  expect(await store.get("users", "eve")).toBeUndefined();
});

test("of two who remove a user one is told that there is none, and so is who removes nobody; the case of the login does not matter", async () => {
  await using on = await NexusHarness.start({ store: new SlowStore() });
  const { users } = on.nexus;
  const removals = await Promise.allSettled([users.remove("Ann"), users.remove("ann"), users.remove("nobody")]);
  expect(removals).toMatchObject([
    { status: "fulfilled" },
    { reason: { code: "invalid_argument", message: 'Cannot change the user "ann": there is no such user' } },
    { reason: { code: "invalid_argument" } },
  ]);
  expect(users.get("ann")).toBeUndefined();
});

test("a key that is removed while it is changed is gone at once and stays so", async () => {
  const store = new SlowStore();
  await using on = await NexusHarness.start({ store });
  const { users, apiKeys } = on.nexus;
  const { record: { uuid } } = await apiKeys.create(users.get("ann")!);
  const release = store.hold();
  const changes = [apiKeys.update(uuid, { description: "changed" }), apiKeys.remove(uuid)];
  expect(apiKeys.isAlive(uuid)).toBe(false);
  release();
  await Promise.all(changes);
  expect(apiKeys.isAlive(uuid)).toBe(false);
  expect(await store.list("apikeys")).toEqual([]);
});

test("a key that the store could not remove can be removed again", async () => {
  const store = new SlowStore();
  await using on = await NexusHarness.start({ store });
  const { users, apiKeys } = on.nexus;
  const { record: { uuid } } = await apiKeys.create(users.get("ann")!);
  store.failing = new Error("the disk is full");
  await expect(apiKeys.remove(uuid)).rejects.toThrow("the disk is full");
  store.failing = undefined;
  expect(await apiKeys.remove(uuid)).toBe(true);
  expect(await store.list("apikeys")).toEqual([]);
});

test("a user goes with all that is the user's in one write, or not at all", async () => {
  const store = new SlowStore();
  await using on = await NexusHarness.start({ store });
  const { users, apiKeys, otps } = on.nexus;
  const tom = await on.join("tom");
  for (const remove of ["system.users.delete", "system.db.delete"]) {
    const user = await users.create({ login: "eve", password: "pass" });
    const eve = await on.join("eve");
    await eve.call("my.metadata.set", ["key", "value"]);
    await eve.close();
    const { plaintext } = await apiKeys.create(user);
    await otps.create(user, { origin: "test" });
    const input = remove === "system.db.delete" ? [user.uuid] : "eve";
    store.failing = new Error("the disk is full");
    await expect(tom.call(`com.izaber.wamp.${remove}`, [input])).rejects.toThrow("server's own");
    store.failing = undefined;
    await (await join(on.nexus, "eve", plaintext)).close();
    const { length } = store.written;
    await tom.call(`com.izaber.wamp.${remove}`, [input]);
    const removals = store.written.slice(length).filter((operations) =>
      operations.some((operation) => "remove" in operation && ["users", "apikeys"].includes(operation.collection))
    );
    expect(removals.map((operations) => operations.map(({ collection }) => collection))).toEqual([
      ["users", "apikeys", "otps", "metadata"],
    ]);
    expect([apiKeys.list(user.uuid), otps.list(user.uuid), users.byId(user.uuid)]).toEqual([[], [], undefined]);
  }
});

test("users of a directory who come for the first time may come twice at once", async () => {
  const directory: Directory = {
    users: () => Promise.resolve([]),
    groups: () => Promise.resolve([]),
    authenticate: (login) => Promise.resolve({ sAMAccountName: [login] }),
  };
  await using on = await NexusHarness.start({ store: new SlowStore(), directory });
  const clients = await Promise.all([1, 2, 3].map(() => join(on.nexus, "ada", "pass")));
  await Promise.all(clients.map((client) => client.close()));
});

test("a password that comes after the API keys is compared with them by one derivation, too", async () => {
  await using on = await NexusHarness.start();
  const { users, apiKeys } = on.nexus;
  const user = await users.create({ login: "eve" });
  const { plaintext } = await apiKeys.create(user);
  await users.setPassword("eve", "pass");
  const derive = vi.spyOn(crypto.subtle, "deriveBits");
  await (await join(on.nexus, "eve", plaintext)).close();
  expect(derive).toHaveBeenCalledTimes(1);
  derive.mockRestore();
});

test("what is changed while all is read again stays changed", async () => {
  const store = new SlowStore();
  await using on = await NexusHarness.start({ store });
  const { users, roles, restrictions, apiKeys } = on.nexus;
  const { record: { uuid } } = await apiKeys.create(users.get("ann")!);
  const { promise, resolve } = Promise.withResolvers<void>();
  store.reading = promise;
  const reload = on.nexus.reload();
  await users.update("ann", { enabled: false });
  await users.remove("bob");
  await apiKeys.remove(uuid);
  await roles.remove("backend");
  await restrictions.save("local", [{ uri: "*", perms: "" }]);
  resolve();
  await reload;
  expect(users.get("ann")?.enabled).toBe(false);
  expect([users.get("bob"), apiKeys.get(uuid), roles.get("backend")]).toEqual([undefined, undefined, undefined]);
  expect(restrictions.list().get("local")).toEqual([{ uri: "*", perms: "" }]);
});

test.each(["reads while the write lasts", "hands out after it what it read before"])(
  "a one-time password stays used up when everything is read again meanwhile, and the store %s",
  async (how) => {
    const store = new SlowStore();
    await using on = await NexusHarness.start({ store });
    const { nexus } = on;
    const { plaintext, record } = await nexus.otps.create(nexus.users.get("ann")!, { origin: "test" });
    const isLate = how !== "reads while the write lasts";
    const handOut = Promise.withResolvers<void>();
    const release = store.hold();
    const first = join(nexus, "ann", plaintext);
    await vi.waitFor(() => expect(nexus.otps.get(record.uuid)).toBeUndefined(), 10_000);
    if (isLate) store.reading = handOut.promise;
    const reload = nexus.reload();
    if (!isLate) await reload;
    release();
    const session = await first;
    handOut.resolve();
    await reload;
    expect(nexus.otps.list()).toEqual([]);
    await expect(join(nexus, "ann", plaintext)).rejects.toMatchObject({ code: "authentication_failed" });
    await session.close();
  },
);

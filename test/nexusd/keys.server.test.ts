import { pbkdf2Sync } from "node:crypto";
import { expect, test, vi } from "vitest";
import { ticket } from "../../src/auth/mod.ts";
import type { Client } from "../../src/client/client.ts";
import { createClient } from "../../src/client/connect.ts";
import { timeOf } from "../../src/nexusd/key_fields.ts";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import type { LoginSource } from "../../src/nexusd/login_sources.ts";
import type { Nexus } from "../../src/nexusd/nexus.ts";
import { originalKeyHash } from "../../src/nexusd/password_hash.ts";
import type { Store, StoreOperation } from "../../src/nexusd/store.ts";
import type { Users } from "../../src/nexusd/users.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { NexusHarness, refusal } from "./nexus_harness.ts";

interface Made {
  uuid: string;
  plaintext_key: string | null;
  key: string;
  expires: string | null;
}

const prefix = "com.izaber.wamp.";
const whoami = `${prefix}auth.whoami`;
const denied = { reason: "com.izaber.wamp.error.permissiondenied" };

async function join(nexus: Nexus, login: string, secret: string): Promise<Client> {
  const options = { realm: nexus.realm, auth: ticket(login, secret), reconnect: false as const };
  const client = createClient(nexus.router.local(), options);
  await client.open();
  return client;
}

async function textOf(store: Store): Promise<string> {
  const collections = ["users", "roles", "restrictions", "apikeys", "otps", "cookies", "audit", "nexus"];
  return JSON.stringify(await Promise.all(collections.map((name) => store.list(name))));
}

test("an API key is shown once, kept as a hash, and logs in within its restrictions", async () => {
  const store = memoryStore();
  await using on = await NexusHarness.start({ store });
  const ann = await on.join("ann");
  const permissions = [{ uri: "com.izaber.wamp.auth.*", perms: "c" }];
  const made = await ann.call("my.apikeys.create", [{ description: "ci", permissions }]) as unknown as Made;
  expect(made.plaintext_key).toMatch(/^[A-Za-z0-9_-]{32}$/);
  expect(await ann.call("my.apikeys.list")).toEqual([{ ...made, plaintext_key: null }]);
  expect(await textOf(store)).not.toContain(made.plaintext_key);
  const session = await join(on.nexus, "ann", made.plaintext_key!);
  expect(await session.call(whoami)).toEqual({ authid: "ann", role: "frontend" });
  expect(await refusal(session.call("com.example.x"))).toMatchObject({ uri: "wamp.error.not_authorized" });
  await expect(join(on.nexus, "bob", made.plaintext_key!)).rejects.toMatchObject(denied);
});

test("a session by an API key may do nothing once the key is removed or over", async () => {
  const clock = new FakeClock();
  await using on = await NexusHarness.start({ clock });
  const ann = await on.join("ann");
  const expires = new Date(clock.now() + 60_000).toISOString();
  const [one, two] = await Promise.all(
    [{ expires }, {}].map((about) => ann.call("my.apikeys.create", [about])),
  ) as unknown as Made[];
  const sessions = await Promise.all([one!, two!].map(({ plaintext_key }) => join(on.nexus, "ann", plaintext_key!)));
  const ask = () => Promise.all(sessions.map((session) => session.call(whoami).then(() => "yes", ({ uri }) => uri)));
  expect(await ask()).toEqual(["yes", "yes"]);
  clock.advance(60_001);
  expect(await ask()).toEqual(["wamp.error.not_authorized", "yes"]);
  await expect(join(on.nexus, "ann", one!.plaintext_key!)).rejects.toMatchObject(denied);
  const left = sessions.map((session) =>
    new Promise((resolve) => session.on("leave", ({ reason }) => resolve(reason)))
  );
  await ann.call("my.apikeys.delete", [two!.uuid]);
  expect(await left[1]).toBe("wamp.close.killed");
  await (await on.join("tom")).call("system.vacuum.sessions");
  expect(await left[0]).toBe("wamp.close.killed");
  await expect(join(on.nexus, "ann", two!.plaintext_key!)).rejects.toMatchObject(denied);
});

test("keys are there after a restart, but for a one-time password that was used", async () => {
  const store: Store = { ...bound(memoryStore()), close: () => Promise.resolve() };
  const first = await NexusHarness.start({ store });
  const ann = await first.join("ann");
  const key = await ann.call("my.apikeys.create") as unknown as Made;
  const otp = await ann.call("my.otp.create") as unknown as Made;
  await first[Symbol.asyncDispose]();
  await using second = await NexusHarness.start({ store });
  for (const { plaintext_key } of [key, otp]) {
    const client = await join(second.nexus, "ann", plaintext_key!);
    expect(await client.call(whoami)).toEqual({ authid: "ann", role: "frontend" });
  }
  expect(await store.list("otps")).toEqual([]);
  expect(await store.list("apikeys")).toHaveLength(1);
});

test("a one-time password logs in once, however many try at once", async () => {
  await using on = await NexusHarness.start();
  const ann = await on.join("ann");
  for (const spelling of ["my.otp", `${prefix}my.otps`]) {
    const { plaintext_key } = await ann.call(`${spelling}.create`) as unknown as Made;
    const logins = await Promise.allSettled([1, 2, 3].map(() => join(on.nexus, "ann", plaintext_key!)));
    expect(logins.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(await ann.call(`${spelling}.list`)).toEqual([]);
  }
});

test("a one-time password whose time is over is denied and gone", async () => {
  const clock = new FakeClock();
  await using on = await NexusHarness.start({ clock });
  const ann = await on.join("ann");
  const made = await ann.call("my.otp.create") as unknown as Made;
  expect(Date.parse(made.expires!)).toBe(clock.now() + 600_000);
  clock.advance(600_001);
  await expect(join(on.nexus, "ann", made.plaintext_key!)).rejects.toMatchObject(denied);
  expect(await ann.call("my.otp.list")).toEqual([]);
});

test("who came by a key cannot make another, by neither name, unless the Nexus is told to allow it", async () => {
  const names = ["my.apikeys.create", "my.otp.create", "my.otps.create", "system.otp.create"];
  const spelled = names.flatMap((name) => [name, prefix + name]);
  for (const leniency of [{}, { keysMakeKeys: true }]) {
    await using on = await NexusHarness.start({ leniency });
    const tom = await on.join("tom");
    for (const kind of ["apikeys", "otp"]) {
      const made = await tom.call(`my.${kind}.create`) as unknown as Made;
      const session = await join(on.nexus, "tom", made.plaintext_key!);
      for (const name of spelled) {
        const call = session.call(name, name.includes("system") ? ["tom"] : []);
        if ("keysMakeKeys" in leniency) expect(await call).toMatchObject({ plaintext_key: expect.any(String) });
        else expect(await refusal(call)).toMatchObject({ uri: "wamp.error.not_authorized" });
      }
      expect(await session.call(whoami)).toEqual({ authid: "tom", role: "trust" });
    }
  }
});

test("who came by a key cannot change records, such as the user's password, where a seed restricts nothing", async () => {
  await using on = await NexusHarness.start();
  const user = on.nexus.users.get("bob")!;
  const { plaintext } = await on.nexus.apiKeys.create(user);
  const session = await join(on.nexus, "bob", plaintext);
  const { password } = on.nexus.users.get("ann")!;
  for (
    const [name, ...args] of [
      ["create", user.uuid, "apikeys", {}],
      ["upsert", user.uuid, "apikeys", {}],
      ["update", [user.uuid], { password }],
    ] as const
  ) {
    for (const uri of [`system.db.${name}`, `${prefix}system.db.${name}`]) {
      expect(await refusal(session.call(uri, args))).toMatchObject({ uri: "wamp.error.not_authorized" });
    }
  }
  expect(on.nexus.users.get("bob")).toEqual(user);
  expect(on.nexus.apiKeys.list(user.uuid)).toHaveLength(1);
});

test("what is said of a key has bounds, for keys are in memory and compiled", async () => {
  await using on = await NexusHarness.start();
  const ann = await on.join("ann");
  const lines = (count: number, uri: string) => Array.from({ length: count }, () => ({ uri, perms: "c" }));
  const refused: readonly [data: object, text: RegExp][] = [
    [{ description: "d".repeat(4097) }, /at most 4096 characters/],
    [{ permissions: lines(101, "a.b") }, /101 lines, the most is 100/],
    [{ permissions: lines(11, "/a+/.b") }, /11 expressions, the most for a key is 10/],
    [{ permissions: lines(1, "a".repeat(1001)) }, /permissions\[0\]\.uri .* at most 1000 characters/],
    [{ permissions: [{ uri: "a.b", perms: "c".repeat(101) }] }, /permissions\[0\]\.perms/],
  ];
  const { uuid } = on.nexus.users.get("ann")!;
  for (const [data, text] of refused) {
    for (
      const call of [
        ann.call("my.apikeys.create", [data as never]),
        ann.call(`${prefix}system.db.create`, [uuid, "apikeys", data as never]),
      ]
    ) expect((await refusal(call)).text).toMatch(text);
  }
  const most = { description: "d".repeat(4096), permissions: [...lines(90, "a.b"), ...lines(10, "/a+/.b")] };
  expect(await ann.call("my.apikeys.create", [most])).toMatchObject(most);
});

test("nobody sends the hash of a password that takes long to check", async () => {
  await using on = await NexusHarness.start();
  const ann = await on.join("ann");
  const { uuid, password } = on.nexus.users.get("ann")!;
  const update = (rounds: number) =>
    ann.call(`${prefix}system.db.update`, [[uuid], { password: password!.replace(/\$\d+\$/, `$${rounds}$`) }]);
  expect((await refusal(update(1_000_001))).text).toMatch(/at most 1000000 rounds/);
  expect(await update(1_000_000)).toBe(true);
});

test("a key that is restricted explicitly may make keys", async () => {
  await using on = await NexusHarness.start();
  const permissions = [{ uri: "com.izaber.wamp.system.otp.create", perms: "c" }];
  const { plaintext } = await on.nexus.apiKeys.create(on.nexus.users.get("tom")!, { permissions });
  const session = await join(on.nexus, "tom", plaintext);
  const made = await session.call(`${prefix}system.otp.create`, ["ann"]) as unknown as Made;
  const ann = await join(on.nexus, "ann", made.plaintext_key!);
  expect(await ann.call(whoami)).toEqual({ authid: "ann", role: "frontend" });
});

test("a restriction of a built-in procedure holds for both its names, unless the Nexus is told otherwise", async () => {
  for (const restrictionsHoldForOneSpelling of [false, true]) {
    await using on = await NexusHarness.start({ leniency: { restrictionsHoldForOneSpelling } });
    await on.nexus.restrictions.save("local", [
      { uri: "com.izaber.wamp.my.metadata.*", perms: "" },
      { uri: "com.izaber.wamp.example.*", perms: "" },
      { uri: "auth.whoami", perms: "" },
    ]);
    const ann = await on.join("ann");
    const uris = ["my.metadata.list", whoami];
    for (const uri of uris) {
      const outcome = await ann.call(uri).then(() => "open", () => "closed");
      expect([uri, outcome]).toEqual([uri, restrictionsHoldForOneSpelling ? "open" : "closed"]);
    }
    expect(await refusal(ann.call("example.x"))).toMatchObject({ uri: "wamp.error.no_such_procedure" });
  }
});

test("keys are kept and listed as they are only where the Nexus is told so", async () => {
  const store = memoryStore();
  await using on = await NexusHarness.start({ store, leniency: { plaintextKeysAreKept: true } });
  const ann = await on.join("ann");
  const made = await ann.call("my.apikeys.create") as unknown as Made;
  expect(await ann.call("my.apikeys.list")).toEqual([made]);
  expect(await textOf(store)).toContain(made.plaintext_key);
});

test("a login costs one derivation, whatever the user may log in with", async () => {
  await using on = await NexusHarness.start({ passwordRounds: 2_000 });
  const { nexus } = on;
  const user = nexus.users.get("ann")!;
  const key = await nexus.apiKeys.create(user);
  await nexus.apiKeys.create(user);
  const otp = await nexus.otps.create(user, { origin: "test" });
  await nexus.otps.create(user, { origin: "test" });
  await nexus.users.setPassword("ann", "another");
  for (
    const [login, secret] of [["another"], [key.plaintext], [otp.plaintext], ["wrong"], ["x", "nobody"]].map(
      ([secret, login = "ann"]) => [login!, secret!] as const,
    )
  ) {
    const derive = vi.spyOn(crypto.subtle, "deriveBits");
    await join(nexus, login, secret).catch(() => {});
    const rounds = derive.mock.calls.map(([algorithm]) => (algorithm as Pbkdf2Params).iterations);
    derive.mockRestore();
    expect([secret, rounds]).toEqual([secret, [2_000]]);
  }
});

test("hashes of the original's keys and passwords go on working and are made anew when they are used", async () => {
  await using on = await NexusHarness.start({ passwordRounds: 500 });
  const { users, apiKeys } = on.nexus;
  const plaintext = "o".repeat(32);
  const original = pbkdf2Sync(plaintext, "ann", 29_000, 32, "sha256").toString("base64url");
  expect(original).toHaveLength(43);
  const key = originalKeyHash("ann", original)!;
  expect(originalKeyHash("ann", "short")).toBeUndefined();
  const { record } = await apiKeys.create(users.get("ann")!, { description: "old" });
  await apiKeys.save({ ...record, key });
  const made = "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk";
  await users.save({ ...users.get("ann")!, password: made });
  for (const secret of ["toomanysecrets", plaintext, "toomanysecrets", plaintext]) await join(on.nexus, "ann", secret);
  const [, rounds, salt] = users.get("ann")!.password!.slice(1).split("$");
  expect(rounds).toBe("500");
  expect(apiKeys.get(record.uuid)!.key).toContain(`$500$${salt}$`);
  expect(apiKeys.get(record.uuid)).toMatchObject({ description: "old", owner: users.get("ann")!.uuid });
});

test("a key may give another role, and a role that is none lets nobody in", async () => {
  await using on = await NexusHarness.start();
  const { users, apiKeys, otps } = on.nexus;
  const tom = users.get("tom")!;
  const key = await apiKeys.create(tom, { role: "frontend" });
  expect(await (await join(on.nexus, "tom", key.plaintext)).call(whoami)).toEqual({ authid: "tom", role: "frontend" });
  const otp = await otps.create(tom, { origin: "test", role: "nosuch" });
  await expect(join(on.nexus, "tom", otp.plaintext)).rejects.toMatchObject({ reason: "wamp.error.no_such_role" });
});

test.each([
  ["2030-01-01T00:00:00-08:00", "2030-01-01T08:00:00.000Z"],
  ["2030-01-01T00:00:00.123456+00:00", "2030-01-01T00:00:00.123Z"],
  ["2030-01-01 00:00:00.5+0530", "2029-12-31T18:30:00.500Z"],
  ["2030-01-01T12:34Z", "2030-01-01T12:34:00.000Z"],
  ["2030-01-01t12:34:00z", "2030-01-01T12:34:00.000Z"],
  ["2030-01-01 00:00:00 +00:00", "2030-01-01T00:00:00.000Z"],
  // Of UTC, wherever the server stands.
  ["2030-01-01T12:34:56", "2030-01-01T12:34:56.000Z"],
  ["2028-02-29", "2028-02-29T00:00:00.000Z"],
])("a key may end at %s", (text, time) => {
  expect(new Date(timeOf(text)).toISOString()).toBe(time);
});

test("a time that is kept from elsewhere ends a key when it comes, however it is written", async () => {
  const clock = new FakeClock();
  clock.advance(Date.UTC(2029, 11, 30) - clock.now());
  const store = memoryStore();
  await using on = await NexusHarness.start({ store, clock });
  const { nexus } = on;
  const ann = nexus.users.get("ann")!;
  const times = ["2030/01/01", "Tue, 01 Jan 2030 00:00:00 GMT", "2030-01-01t00:00:00z", "2030-01-01 00:00:00 +00:00"];
  for (const expires of times) {
    await nexus.otps.create(ann, { origin: "test", expires });
    await nexus.apiKeys.create(ann, { expires });
  }
  await nexus.reload();
  await nexus.otps.vacuum();
  expect(await store.list("otps")).toHaveLength(times.length);
  const alive = () => nexus.apiKeys.list().filter(({ uuid }) => nexus.apiKeys.isAlive(uuid));
  expect(alive()).toHaveLength(times.length);
  clock.advance(3 * 86_400_000);
  expect(alive()).toEqual([]);
  await nexus.otps.vacuum();
  expect(await store.list("otps")).toEqual([]);
});

test("what is wrong with a key's fields is said, and nothing is kept", async () => {
  await using on = await NexusHarness.start();
  const ann = await on.join("ann");
  const wrong: [unknown, string][] = [
    [{ role: "trust" }, "Key 'role' not a valid key. Available keys: description, expires, permissions"],
    ["x", "data_rec has to be a mapping"],
    [{ description: 1 }, "description has to be a text of at most 4096 characters, not 1"],
    ...[
      "foo 2099",
      "tomorrow 2099",
      "-5",
      "5",
      "2099",
      "2099-02-29",
      "2099-01-01T24:00:00Z",
      "2099-01-01T00:00:00+99:00",
      "Jan 1 2099",
    ]
      .map((expires): [unknown, string] => [{ expires }, "expires has to be a time"]),
    [{ expires: "not a date" }, 'expires has to be a time such as "2030-01-01T00:00:00-08:00"'],
    [{ expires: 1 }, "expires has to be a time"],
    [{ permissions: "c" }, "permissions has to be a list"],
    [{ permissions: [1] }, "permissions[0].uri has to be a pattern"],
    [{ permissions: [{ uri: "a", perms: "c" }, { uri: "a..b", perms: "c" }] }, "permissions[1].uri cannot be used"],
    [{ permissions: [{ uri: "a", perms: "x" }] }, 'permissions[0].perms has to be letters out of "crspoq"'],
    [{ permissions: [{ uri: "a", perms: "c", roles: [] }] }, 'permissions[0] has the unknown field "roles"'],
  ];
  for (const [about, text] of wrong) {
    const { uri, text: said } = await refusal(ann.call("my.apikeys.create", [about as never]));
    expect([uri, said]).toEqual(["com.izaber.wamp.error", expect.stringContaining(text)]);
  }
  expect(await ann.call("my.apikeys.list")).toEqual([]);
});

test("nobody but who may do everything makes or removes keys of others", async () => {
  await using on = await NexusHarness.start();
  const [ann, bob, tom] = [await on.join("ann"), await on.join("bob"), await on.join("tom")];
  const refused = { uri: "com.izaber.wamp.error.permissiondenied", text: "Permission Denied" };
  const otp = await tom.call("system.otp.create", ["ann"]) as unknown as Made & { origin: string };
  expect(otp.origin).toBe("tom@memory created token for ann");
  expect(await refusal(bob.call("system.otp.delete", [otp.uuid]))).toEqual(refused);
  expect(await refusal(bob.call("system.otp.create", ["ann"]))).toEqual(refused);
  expect(await refusal(bob.call("system.otp.list", ["ann"]))).toEqual(refused);
  expect(await bob.call("system.otp.create", ["bob"])).toMatchObject({ login: "bob" });
  expect(await ann.call("my.otp.list")).toMatchObject([{ uuid: otp.uuid }]);
  expect((await refusal(tom.call("system.otp.create", ["nosuch"]))).text).toContain('no user "nosuch"');
  expect(await tom.call("system.otp.delete", [otp.uuid])).toBe(true);
});

test("a user has so many one-time passwords at most; those that are over make room", async () => {
  const clock = new FakeClock();
  await using on = await NexusHarness.start({ clock, passwordRounds: 1 });
  const ann = await on.join("ann");
  for (let count = 0; count < 100; count++) await ann.call("my.otp.create");
  expect((await refusal(ann.call("my.otp.create"))).text).toContain("there are 100; delete some before");
  clock.advance(600_001);
  await ann.call("my.otp.create");
  // What removes them every minute may be at it still.
  await on.nexus.otps.vacuum();
  expect(on.nexus.otps.list()).toHaveLength(1);
});

test("a user has so many API keys at most; one that is over is there until it is deleted", async () => {
  const clock = new FakeClock();
  await using on = await NexusHarness.start({ clock, passwordRounds: 1 });
  const { apiKeys, users } = on.nexus;
  const ann = users.get("ann")!;
  const expires = new Date(clock.now() + 1).toISOString();
  for (let count = 0; count < 1000; count++) await apiKeys.create(ann, { expires });
  clock.advance(1000);
  await expect(apiKeys.create(ann)).rejects.toMatchObject({
    code: "overflow",
    message: 'Cannot make an API key of "ann": there are 1000; delete some before',
  });
  await apiKeys.remove(apiKeys.list(ann.uuid)[0]!.uuid);
  expect((await apiKeys.create(ann)).record.expires).toBeNull();
});

test("nobody keeps others from logging in by having passwords checked and keys made", async () => {
  await using on = await NexusHarness.start();
  const ann = await on.join("ann");
  const real = crypto.subtle.deriveBits.bind(crypto.subtle);
  const go = Promise.withResolvers<void>();
  const derive = vi.spyOn(crypto.subtle, "deriveBits").mockImplementation(async (...args) => {
    await go.promise;
    return await real(...args);
  });
  const procedures: [string, string[]][] = [
    ["com.izaber.wamp.auth.authenticate", ["tom", "wrong"]],
    ["com.izaber.wamp.my.apikeys.create", []],
    ["com.izaber.wamp.my.otp.create", []],
  ];
  const calls = procedures.map(([name, args]) =>
    Array.from({ length: 20 }, () => ann.call(name, args).then(() => "done", (error) => String(error.args[0])))
  );
  for (const [at, each] of calls.entries()) {
    const refused = await Promise.race(each);
    expect([procedures[at]![0], refused]).toEqual([
      procedures[at]![0],
      expect.stringContaining("4 are under way already"),
    ]);
  }
  const bob = join(on.nexus, "bob", "pass");
  go.resolve();
  await bob;
  const outcomes = (await Promise.all(calls.map((each) => Promise.all(each)))).map((each) =>
    each.filter((outcome) => outcome === "done").length
  );
  derive.mockRestore();
  expect(outcomes).toEqual([4, 4, 4]);
});

test("a directory is asked last, not about users who are disabled, and may make users", async () => {
  const asked: string[] = [];
  const kept = Promise.withResolvers<Users>();
  const directory: LoginSource = {
    name: "directory",
    admitsStrangers: true,
    judge: async ({ login, secret, user }) => {
      asked.push(login);
      if (secret !== "from-directory") return undefined;
      const make = async () => (await kept.promise).create({ login, source: "directory", role: "backend" });
      return { restrictions: [], user: user ?? await make() };
    },
  };
  await using on = await NexusHarness.start({ loginSources: [directory] });
  const { users, restrictions } = on.nexus;
  kept.resolve(users);
  await on.join("ann");
  expect(asked).toEqual([]);
  const eve = await join(on.nexus, "EVE", "from-directory");
  expect(await eve.call(whoami)).toEqual({ authid: "eve", role: "backend" });
  await join(on.nexus, "ann", "from-directory");
  await users.save({ ...users.get("eve")!, enabled: false });
  await expect(join(on.nexus, "eve", "from-directory")).rejects.toMatchObject(denied);
  expect(asked).toEqual(["eve", "ann"]);
  await users.save({ ...users.get("eve")!, enabled: true });
  const again = await join(on.nexus, "eve", "from-directory");
  expect(await again.call(whoami)).toEqual({ authid: "eve", role: "backend" });
  await restrictions.save("directory", [{ uri: "*", perms: "" }]);
  expect(await refusal(again.call(whoami))).toMatchObject({ uri: "wamp.error.not_authorized" });
});

/** A store's methods as properties, so that some of them can be replaced. */
function bound(store: Store): Store {
  return {
    name: store.name,
    get: (collection, key) => store.get(collection, key),
    list: (collection, from) => store.list(collection, from),
    write: (operations) => store.write(operations),
    close: () => store.close(),
  };
}

test.each(["while it is derived", "while it is written"])(
  "no key is made for a user who is removed %s",
  async (when) => {
    const store = bound(memoryStore());
    const { write } = store;
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    await using on = await NexusHarness.start({ store });
    const { users, apiKeys, otps, administration } = on.nexus;
    if (when === "while it is written") {
      Object.assign(store, {
        write: async (operations: readonly StoreOperation[]) => {
          const isKey = operations.some((one) => "put" in one && ["apikeys", "otps"].includes(one.collection));
          if (isKey) begun.resolve();
          if (isKey) await gate.promise;
          await write(operations);
        },
      });
    }
    const ann = users.get("ann")!;
    const made = Promise.allSettled([apiKeys.create(ann), otps.create(ann, { origin: "ann" })]);
    if (when === "while it is written") await begun.promise;
    await administration.run("users.delete", { login: "ann" });
    gate.resolve();
    expect((await made).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect([...apiKeys.list(), ...otps.list()]).toEqual([]);
    expect([...await store.list("apikeys"), ...await store.list("otps")]).toEqual([]);
  },
);

import { expect, test } from "vitest";
import { ticket } from "../../src/auth/mod.ts";
import { createClient } from "../../src/client/connect.ts";
import { AUDIT_KINDS } from "../../src/nexusd/audit.ts";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import type { Store } from "../../src/nexusd/store.ts";
import type { Dict, WampValue } from "../../src/wire/values.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { dial, plainRoles } from "../router/peer.ts";
import { NexusHarness, refusal } from "./nexus_harness.ts";

const system = "com.izaber.wamp.system.";
const denied = { uri: "com.izaber.wamp.error.permissiondenied", text: "Permission Denied" };

test("an administrator manages users, and everything of a user that is removed is gone", async () => {
  const store = memoryStore();
  await using on = await NexusHarness.start({ store });
  const tom = await on.join("tom");
  const run = (name: string, ...args: unknown[]) => tom.call(system + name, args as never);
  const made = await run("users.create", "Eve", "pass", "frontend");
  expect(made).toMatchObject({ login: "eve", role: "frontend", enabled: true, has_password: true });
  expect(made).not.toHaveProperty("password");
  const eve = await on.join("eve");
  expect(await run("users.update", "eve", { name: "Eve E.", role: null })).toMatchObject({
    name: "Eve E.",
    role: null,
  });
  expect((await run("users.list") as { login: string }[]).map(({ login }) => login)).toEqual([
    "ann",
    "bob",
    "eve",
    "tom",
  ]);
  expect(await run("users.password", "eve", "other")).toBe(true);
  await expect(on.join("eve")).rejects.toMatchObject({ code: "authentication_failed" });
  expect(await run("apikeys.create", "eve", { description: "x", role: "backend" })).toMatchObject({ login: "eve" });
  await eve.call("my.otp.create");
  await eve.call("my.metadata.set", ["k", 1]);
  const left = new Promise((resolve) => eve.on("leave", resolve));
  expect(await run("users.delete", "eve")).toBe(true);
  await left;
  for (const collection of ["apikeys", "otps", "metadata"]) expect(await store.list(collection)).toEqual([]);
  expect(await store.get("users", "eve")).toBeUndefined();
  expect((await refusal(run("users.get", "eve") as Promise<unknown>)).text).toBe('there is no user "eve"');
});

test("what a configuration says of a source stands above what is kept of it, and only as long as it says so", async () => {
  await using on = await NexusHarness.start();
  const { restrictions } = on.nexus;
  const ann = await on.join("ann");
  const may = () => ann.call("com.izaber.wamp.auth.whoami").then(() => true, () => false);
  const kept = [{ uri: "com.izaber.wamp.my.*", perms: "" }];
  await restrictions.save("local", kept);
  expect(await may()).toBe(true);
  restrictions.configure(new Map([["local", [{ uri: "*", perms: "" }]], ["otp", []]]));
  expect(await may()).toBe(false);
  await on.nexus.reload();
  expect(await may()).toBe(false);
  expect(restrictions.list().get("local")).toEqual([{ uri: "*", perms: "" }]);
  await expect(restrictions.save("local", [])).rejects.toMatchObject({ code: "invalid_argument" });
  restrictions.configure(new Map());
  expect(await may()).toBe(true);
  expect([...restrictions.list()]).toEqual([["local", kept]]);
});

test("an administrator manages roles and restrictions, which are in force at once", async () => {
  await using on = await NexusHarness.start();
  const [tom, ann] = [await on.join("tom"), await on.join("ann")];
  const run = (name: string, ...args: unknown[]) => tom.call(system + name, args as never);
  const permissions = [{ uri: "com.izaber.wamp.auth.whoami", perms: "c" }];
  expect(await run("roles.save", "frontend", permissions)).toMatchObject({ role: "frontend", permissions });
  expect(await refusal(ann.call("my.metadata.list"))).toMatchObject({ uri: "wamp.error.not_authorized" });
  expect(await run("roles.get", "frontend")).toMatchObject({ permissions });
  expect(await run("restrictions.save", "local", [{ uri: "*", perms: "" }])).toBe(true);
  expect(await refusal(ann.call("com.izaber.wamp.auth.whoami"))).toMatchObject({ uri: "wamp.error.not_authorized" });
  await on.nexus.administration.run("restrictions.save", { source: "local", permissions: [] });
  expect(await run("restrictions.list")).toEqual([{ source: "local", permissions: [] }]);
  expect(await run("permissions.explain", "call", "com.izaber.wamp.auth.whoami", "ann")).toMatchObject({ allow: true });
  expect(await run("permissions.lint")).toEqual([]);
  await run("roles.save", "spare", []);
  expect(await run("permissions.lint")).toMatchObject([{ place: "role spare", kind: "unused" }]);
  expect(await run("roles.delete", "frontend")).toBe(true);
  expect(await refusal(ann.call("com.izaber.wamp.auth.whoami"))).toMatchObject({ uri: "wamp.error.not_authorized" });
});

test("an administrator sees sessions and ends them", async () => {
  const clock = new FakeClock();
  await using on = await NexusHarness.start({ clock });
  const [tom, ann, stranger] = [await on.join("tom"), await on.join("ann"), await on.join()];
  clock.advance(20_000);
  const run = (name: string, ...args: unknown[]) => tom.call(system + name, args as never);
  const listed = await run("sessions.list") as { session: number; authid: string }[];
  expect(listed.map(({ session }) => session)).toEqual([tom, ann, stranger].map((client) => client.session!.id));
  expect(listed[1]).toMatchObject({ authid: "ann", authrole: "frontend", source: "local", elevated_seconds: 100 });
  expect(listed[2]).toMatchObject({ authrole: "public", source: null, elevated_seconds: 0 });
  expect(await run("sessions.list", "ann")).toHaveLength(1);
  const left = new Promise<{ reason?: string }>((resolve) => ann.on("leave", (info) => resolve(info as never)));
  expect(await run("sessions.kill", ann.session!.id, "com.example.enough", "enough")).toBe(true);
  expect(await left).toMatchObject({ reason: "com.example.enough" });
  expect(await run("sessions.kill", 4711)).toBe(false);
});

test("an administrator sees no more than the beginning of what a client calls itself", async () => {
  await using on = await NexusHarness.start();
  const peer = await dial(on.nexus.router).join(on.nexus.realm, plainRoles, { agent: "x".repeat(10_000) });
  const listed = await on.nexus.administration.run("sessions.list", {}) as { session: number; agent: string }[];
  expect(listed.find(({ session }) => session === peer.id)?.agent).toBe("x".repeat(500));
});

test("the trail says who logged in, who was refused and who changed what, and is there after a restart", async () => {
  const memory = memoryStore();
  const store: Store = {
    name: memory.name,
    get: (collection, key) => memory.get(collection, key),
    list: (collection, from) => memory.list(collection, from),
    write: (operations) => memory.write(operations),
    close: () => Promise.resolve(),
  };
  const first = await NexusHarness.start({ store });
  const tom = await first.join("tom");
  const ann = await first.join("ann");
  const bad = createClient(first.nexus.router.local(), {
    realm: first.nexus.realm,
    auth: ticket("ann", "wrong"),
    reconnect: false,
  });
  await expect(bad.open()).rejects.toMatchObject({ code: "authentication_failed" });
  await first.nexus.users.create({ login: "eve", password: "pass", role: "no such role" });
  await expect(first.join("eve")).rejects.toMatchObject({ reason: "wamp.error.no_such_role" });
  await ann.call("com.izaber.wamp.auth.reauthenticate", ["wrong"]);
  await ann.call("com.izaber.wamp.auth.authenticate", ["tom", "wrong"]);
  await tom.call(`${system}roles.save`, ["spare", []]);
  await first.nexus.administration.run("users.update", { login: "bob", fields: { enabled: false } });
  await refusal(tom.call(`${system}users.password`, ["nobody", "x"]));
  const expected = [
    ["change", "local", "users.update", "bob"],
    ["change", "tom", "roles.save", "spare"],
    ["refused", "ann", "authenticate", "tom"],
    ["refused", "ann", "reauthenticate", null],
    ["refused", "eve", "ticket", null],
    ["refused", "ann", "ticket", null],
    ["login", "ann", "ticket", "local"],
    ["login", "tom", "ticket", "local"],
  ];
  const told = (entries: unknown) =>
    (entries as Dict[]).map(({ kind, authid, action, subject }) => [kind, authid, action, subject]);
  expect(told(await tom.call(`${system}audit.list`))).toEqual(expected);
  expect(told(await tom.call(`${system}audit.list`, ["refused", "ann", 1]))).toEqual([expected[2]]);
  for (const kind of AUDIT_KINDS) {
    expect(told(await tom.call(`${system}audit.list`, [kind]))).toEqual(expected.filter(([other]) => other === kind));
  }
  const session = tom.session!.id;
  expect(await tom.call(`${system}audit.list`, ["change"])).toMatchObject([{}, {
    session,
    role: "trust",
    peer: "memory",
  }]);
  await first[Symbol.asyncDispose]();
  await using second = await NexusHarness.start({ store });
  expect(told(second.nexus.audit.list())).toEqual(expected);
});

test("what is changed by system.db.* is noted where it decides who may log in and do what", async () => {
  await using on = await NexusHarness.start();
  const [tom, ann] = [await on.join("tom"), await on.join("ann")];
  const { uuid } = on.nexus.users.get("ann")!;
  await tom.call("system.db.update", [[uuid], { enabled: true }]);
  await ann.call("system.db.update", [[uuid], { name: "Ann" }]);
  await ann.call("system.db.create", [uuid, "metadata", { key: "k", value: 1 }]);
  await ann.call("system.db.create", [uuid, "apikeys", {}]);
  await refusal(ann.call("system.db.create", ["%root", "users", { login: "eve" }]));
  const changes = on.nexus.audit.list({ kind: "change" });
  expect(changes.map(({ authid, action, subject }) => [authid, action, subject])).toEqual([
    ["ann", "db.create", "apikeys"],
    ["tom", "db.update", uuid],
  ]);
});

test("the trail has a length, and refusals push out neither logins nor changes", async () => {
  const store = memoryStore();
  await using on = await NexusHarness.start({ store, audit: { logins: 3, changes: 2 } });
  const ann = await on.join("ann");
  for (let times = 0; times < 5; times++) await ann.call("com.izaber.wamp.auth.authenticate", ["tom", `wrong${times}`]);
  for (const role of ["a", "b", "c"]) await on.nexus.administration.run("roles.save", { role, permissions: [] });
  await on.nexus.audit.flush();
  const kinds = on.nexus.audit.list().map(({ kind, subject }) => `${kind} ${subject}`);
  expect(kinds).toEqual(["change c", "change b", "refused tom", "refused tom", "refused tom", "login local"]);
  expect(await store.list("audit")).toHaveLength(6);
});

test("refusals are written many at once, changes at once", async () => {
  const clock = new FakeClock();
  const memory = memoryStore();
  let writes = 0;
  const store: Store = {
    name: memory.name,
    get: (collection, key) => memory.get(collection, key),
    list: (collection, from) => memory.list(collection, from),
    write: (operations) => {
      if (operations.some(({ collection }) => collection === "audit")) writes++;
      return memory.write(operations);
    },
    close: () => memory.close(),
  };
  await using on = await NexusHarness.start({ store, clock });
  const ann = await on.join("ann");
  for (let times = 0; times < 20; times++) await ann.call("com.izaber.wamp.auth.authenticate", ["tom", "wrong"]);
  expect(writes).toBe(0);
  clock.advance(200);
  await on.nexus.audit.flush();
  expect([writes, (await store.list("audit")).length]).toEqual([1, 21]);
  await on.nexus.administration.run("roles.save", { role: "spare", permissions: [] });
  await ann.call("com.izaber.wamp.auth.whoami");
  expect([writes, (await store.list("audit")).length]).toEqual([2, 22]);
});

test("only who may do everything administers, and not by an API key", async () => {
  await using on = await NexusHarness.start();
  const bob = await on.join("bob");
  for (const name of on.nexus.administration.operations.keys()) {
    if (name.startsWith("otp.")) continue;
    const { parameters } = on.nexus.administration.operations.get(name)!;
    const args = parameters.filter((parameter) => !parameter.endsWith("?")).map(() => "x");
    expect([name, await refusal(bob.call(system + name, args))]).toEqual([name, denied]);
  }
  const { plaintext } = await on.nexus.apiKeys.create(on.nexus.users.get("tom")!);
  const program = createClient(on.nexus.router.local(), {
    realm: on.nexus.realm,
    auth: ticket("tom", plaintext),
    reconnect: false,
  });
  await program.open();
  for (const name of ["users.create", "roles.save", "apikeys.create", "restrictions.save"]) {
    expect(await refusal(program.call(system + name))).toMatchObject({ uri: "wamp.error.not_authorized" });
  }
  expect(await program.call(`${system}sessions.list`)).toHaveLength(2);
  await program.close();
});

test("what is wrong with the input is said, and nothing is changed", async () => {
  await using on = await NexusHarness.start();
  const tom = await on.join("tom");
  const wrong: [string, unknown[], string][] = [
    ["users.create", ["ann", "x"], 'Cannot make the user "ann": there is one'],
    ["users.create", [""], "login has to be a text that is not empty"],
    ["users.update", ["ann", { password: "x" }], 'there is no field "password"'],
    ["users.update", ["ann", { enabled: 1 }], "enabled has to be true or false, not 1"],
    ["users.update", ["ann", 1], "fields has to be a mapping, not 1"],
    ["roles.save", ["frontend", [{ uri: "a..b", perms: "c" }]], "permissions[0].uri cannot be used"],
    ["roles.get", ["nosuch"], 'there is no role "nosuch"'],
    ["sessions.kill", ["x"], 'session has to be an id, not "x"'],
    ["permissions.explain", ["fly", "a"], "action has to be one of call, register"],
    ["audit.list", ["x"], `kind has to be one of ${AUDIT_KINDS.join(", ")}, not "x"`],
    ["users.get", [], 'system.users.get lacks "login"'],
  ];
  for (const [name, args, text] of wrong) {
    const said = await refusal(tom.call(system + name, args as never));
    expect([name, said]).toEqual([name, { uri: "com.izaber.wamp.error", text: expect.stringContaining(text) }]);
  }
  expect(on.nexus.users.get("ann")).toMatchObject({ role: "frontend", enabled: true });
  expect(on.nexus.audit.list({ kind: "change" })).toEqual([]);
  await expect(on.nexus.administration.run("users.fly")).rejects.toMatchObject({ code: "invalid_argument" });
});

test("what an administrator has put into the store is in force after a reload, for which nobody else can ask", async () => {
  const store = memoryStore();
  await using on = await NexusHarness.start({ store });
  const [tom, ann] = [await on.join("tom"), await on.join("ann")];
  const role = await store.get("roles", "frontend");
  const value = { ...role!, permissions: [{ uri: "com.izaber.wamp.auth.*", perms: "c" }] };
  await store.write([{ collection: "roles", put: { key: "frontend", value } }]);
  expect(await ann.call("com.izaber.wamp.auth.refresh_authorizer")).toBe(null);
  expect(await ann.call("my.metadata.list")).toEqual({});
  expect(await tom.call("com.izaber.wamp.auth.refresh_authorizer")).toBe(null);
  expect(await refusal(ann.call("my.metadata.list"))).toMatchObject({ uri: "wamp.error.not_authorized" });
});

test("who was demoted administers no more by a session that lives, and an API key gives no more than its user may", async () => {
  await using on = await NexusHarness.start({ leniency: { keysMakeKeys: true } });
  const [tom, bob] = [await on.join("tom"), await on.join("bob")];
  const { apiKeys, users, administration } = on.nexus;
  const { plaintext } = await apiKeys.create(users.get("bob")!, { role: "trust" });
  await using key = createClient(on.nexus.router.local(), {
    realm: on.nexus.realm,
    auth: ticket("bob", plaintext),
    reconnect: false,
  });
  await key.open();
  const otp = await bob.call("my.otp.create") as { uuid: string };
  const [annsOtp, annsKey] = [
    await on.nexus.otps.create(users.get("ann")!, { origin: "ann" }),
    await apiKeys.create(users.get("ann")!),
  ];
  await administration.run("users.update", { login: "tom", fields: { role: "frontend" } });
  for (const client of [tom, key]) {
    const login = client === tom ? "tom" : "bob";
    const refused = (uri: string, args: readonly WampValue[]) =>
      client.call(uri, args).then(
        (result) => ({ uri, result }),
        (error) => error.uri === denied.uri ? undefined : error,
      );
    expect(await refused(`${system}users.update`, [login, { role: "trust" }])).toBeUndefined();
    expect(await refused(`${system}users.list`, [])).toBeUndefined();
    expect(await refused(`${system}otp.create`, ["ann"])).toBeUndefined();
    expect(await refused(`${system}otp.list`, ["ann"])).toBeUndefined();
    expect(await refused("my.otp.delete", [annsOtp.record.uuid])).toBeUndefined();
    expect(await refused("my.apikeys.delete", [annsKey.record.uuid])).toBeUndefined();
    expect(await refused("com.izaber.wamp.auth.authenticator", ["izaber", "ann", { ticket: "pass" }])).toBeUndefined();
    const asked = [{ authid: "ann", authrole: "frontend" }, "a.b", "call", {}];
    expect(await refused("com.izaber.wamp.auth.authorizer", asked)).toBeUndefined();
  }
  expect(users.get("tom")?.role).toBe("frontend");
  expect(users.get("bob")?.role).toBe("backend");
  expect(on.nexus.otps.get(otp.uuid)).toBeDefined();
  expect(await tom.call("my.otp.list")).toEqual([]);
});

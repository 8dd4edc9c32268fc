import { expect, test } from "vitest";
import { ticket } from "../../src/auth/mod.ts";
import type { Client } from "../../src/client/client.ts";
import { connect, createClient } from "../../src/client/connect.ts";
import type { Directory } from "../../src/nexusd/directory.ts";
import { ldapDirectory } from "../../src/nexusd/ldap_directory.ts";
import type { LdapOptions } from "../../src/nexusd/ldap_directory.ts";
import type { Dict } from "../../src/wire/values.ts";
import { LdapServer } from "../support/ldap_server.ts";
import type { LdapEntry } from "../support/ldap_server.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { NexusHarness, refusal } from "./nexus_harness.ts";

const base = "dc=example,dc=com";

function user(login: string, more: LdapEntry["attributes"] = {}): LdapEntry {
  return {
    dn: `cn=${login},ou=users,${base}`,
    attributes: { sAMAccountName: [login], name: [`Name of ${login}`], mail: [`${login}@example.com`], ...more },
  };
}

const entries: LdapEntry[] = [
  user("Ada", { userAccountControl: ["66048"], memberOf: ["cn=makers"] }),
  user("off", { userAccountControl: ["66050"] }),
  user("ann"),
  { dn: `cn=makers,ou=groups,${base}`, attributes: { name: ["makers"], member: ["a", "b"] } },
];
const passwords = {
  "lookup@example.com": "lookup-pass",
  "ada@example.com": "ada-pass",
  "adá@example.com": "ada-pass",
  "off@example.com": "off-pass",
  "ann@example.com": "ldap-pass",
};

function options(server: LdapServer, more: Partial<LdapOptions> = {}): LdapOptions {
  return {
    servers: [{ host: "127.0.0.1", port: server.port }],
    loginTemplate: "{login}@example.com",
    lookupLogin: "lookup",
    lookupPassword: "lookup-pass",
    userBase: `ou=users,${base}`,
    groupBase: `ou=groups,${base}`,
    groupFilter: "(name=*)",
    timeout: 5000,
    ...more,
  };
}

async function joined({ nexus }: NexusHarness, login: string, password: string): Promise<Client | undefined> {
  const auth = ticket(login, password);
  const client = createClient(nexus.router.local(), { realm: nexus.realm, auth, reconnect: false });
  return await client.open().then(() => client, () => undefined);
}

test("users of the directory log in, and are users from then on", async () => {
  await using server = await LdapServer.start(passwords, entries);
  await using harness = await NexusHarness.start({ directory: ldapDirectory(options(server)) });
  const ada = await joined(harness, "ADA", "ada-pass");
  expect(await ada?.call("com.izaber.wamp.auth.whoami")).toEqual({ authid: "ada", role: "frontend" });
  expect(harness.nexus.users.get("ada")).toMatchObject({
    source: "ldap",
    name: "Name of Ada",
    email: "Ada@example.com",
    password: null,
  });
  await ada?.close();
  const { users } = harness.nexus;
  await users.save({ ...users.get("ada")!, role: "backend", email: "old" });
  const again = await joined(harness, "ada", "ada-pass");
  expect(await again?.call("com.izaber.wamp.auth.whoami")).toEqual({ authid: "ada", role: "backend" });
  expect(users.get("ada")).toMatchObject({ email: "Ada@example.com" });
  await again?.close();
  await users.save({ ...users.get("ada")!, enabled: false });
  expect(await joined(harness, "ada", "ada-pass")).toBeUndefined();
});

test.each([
  ["with a wrong password", "ada", "wrong"],
  ["without one", "ada", ""],
  ["that the directory does not know", "nobody", "x"],
  ["that the directory has disabled", "off", "off-pass"],
  ["that the directory knows by another spelling", "adá", "ada-pass"],
  ["of which there is a local user of the same name", "ann", "ldap-pass"],
])("a login %s is denied", async (_name, login, password) => {
  await using server = await LdapServer.start(passwords, entries);
  await using harness = await NexusHarness.start({ directory: ldapDirectory(options(server)) });
  const before = harness.nexus.users.list().length;
  expect(await joined(harness, login, password)).toBeUndefined();
  expect(harness.nexus.users.list()).toHaveLength(before);
});

test("a login cannot change the name that is bound with", async () => {
  await using server = await LdapServer.start({}, entries);
  const directory = ldapDirectory(options(server, { loginTemplate: `uid={login},ou=users,${base}` }));
  expect(await directory.authenticate("x,ou=admins", "x")).toBeUndefined();
  expect(server.binds).toEqual([`uid=x\\,ou\\=admins,ou=users,${base}`]);
});

test("a filter finds only the very login", async () => {
  await using server = await LdapServer.start({ ...passwords, "*)(cn=*@example.com": "x" }, entries);
  expect(await ldapDirectory(options(server)).authenticate("*)(cn=*", "x")).toBeUndefined();
});

test("users look themselves up where nobody else does", async () => {
  await using server = await LdapServer.start(passwords, entries);
  const { lookupLogin: _login, lookupPassword: _password, ...own } = options(server);
  expect(await ldapDirectory(own).authenticate("ada", "ada-pass")).toMatchObject({ sAMAccountName: ["Ada"] });
  await expect(ldapDirectory(own).users()).rejects.toMatchObject({ code: "config_invalid" });
});

test("the lists are answered as the directory has them, and taken over on demand", async () => {
  await using server = await LdapServer.start(passwords, entries);
  const clock = new FakeClock();
  await using harness = await NexusHarness.start({ directory: ldapDirectory(options(server)), clock });
  const tom = await harness.join("tom");
  const users = await tom.call("ad.users") as { db: string; attributes: object }[];
  expect(users[0]).toEqual({
    db: `cn=Ada,ou=users,${base}`,
    attributes: {
      dn: `cn=Ada,ou=users,${base}`,
      sAMAccountName: ["Ada"],
      name: ["Name of Ada"],
      mail: ["Ada@example.com"],
      userAccountControl: [66048],
      memberOf: ["cn=makers"],
    },
  });
  expect(await tom.call("com.izaber.wamp.directory.groups")).toEqual([
    { dn: `cn=makers,ou=groups,${base}`, name: ["makers"], member: ["a", "b"] },
  ]);
  const { length } = server.binds;
  await Promise.all([tom.call("ad.users"), tom.call("com.izaber.wamp.ad.users")]);
  expect(server.binds).toHaveLength(length);
  clock.advance(60_000);
  await Promise.all([tom.call("ad.users"), tom.call("com.izaber.wamp.ad.users")]);
  expect(server.binds).toHaveLength(length + 1);
  expect(await tom.call("system.sync")).toBeNull();
  expect(harness.nexus.users.list().map(({ login, source, enabled }) => [login, source, enabled])).toEqual([
    ["ada", "ldap", true],
    ["ann", "local", true],
    ["bob", "local", true],
    ["off", "ldap", false],
    ["tom", "local", true],
  ]);
});

test("the next server is asked when one does not answer", async () => {
  const gone = await LdapServer.start({}, []);
  const { port } = gone;
  await gone[Symbol.asyncDispose]();
  await using server = await LdapServer.start(passwords, entries);
  const servers = [{ host: "127.0.0.1", port }, { host: "127.0.0.1", port: server.port }];
  expect(await ldapDirectory(options(server, { servers })).users()).toHaveLength(3);
});

test("a directory that does not answer keeps nobody else out, and the lists say that they failed", async () => {
  const failing: Directory = {
    users: () => Promise.reject(new Error("gone")),
    groups: () => Promise.reject(new Error("gone")),
    authenticate: () => Promise.reject(new Error("gone")),
  };
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  await using harness = await NexusHarness.start({ directory: failing, startupSync: true, onError });
  expect(await joined(harness, "ada", "x")).toBeUndefined();
  const tom = await harness.join("tom");
  expect((await refusal(tom.call("ad.users"))).text).toContain("reason of the server's own");
  expect((await refusal(tom.call("ad.groups"))).text).not.toContain("gone");
  expect(errors).toHaveLength(4);
});

/** A directory with one user, who may be disabled. */
class OneUser implements Directory {
  control = 512;
  lookups = 0;
  before: Dict[] = [];
  gate: Promise<void> | undefined;

  async users() {
    this.lookups++;
    await this.gate;
    return [...this.before, { sAMAccountName: ["lena"], userAccountControl: [this.control], dn: "x" }];
  }

  groups() {
    return Promise.resolve([]);
  }

  authenticate(_login: string, secret: string) {
    return Promise.resolve(
      secret === "pass" ? { sAMAccountName: ["lena"], userAccountControl: [this.control] } : undefined,
    );
  }
}

test.each(["is taken over", "shows the password"])(
  "whom the directory disables is disabled here when it %s",
  async (how) => {
    const directory = new OneUser();
    await using harness = await NexusHarness.start({ directory });
    const { users, apiKeys, realm, router } = harness.nexus;
    const [lena, tom] = [await harness.join("lena"), await harness.join("tom")];
    const { plaintext } = await apiKeys.create(users.get("lena")!);
    const left = new Promise((resolve) => lena.on("leave", resolve));
    const byKey = () => connect(router.local(), { realm, auth: ticket("lena", plaintext), reconnect: false });
    await (await byKey()).close();
    directory.control = 514;
    if (how === "is taken over") await tom.call("system.sync");
    else await expect(harness.join("lena")).rejects.toMatchObject({ code: "authentication_failed" });
    await left;
    expect(users.get("lena")?.enabled).toBe(false);
    await expect(byKey()).rejects.toMatchObject({ code: "authentication_failed" });
    // Why it was disabled is not known any more, so that an administrator enables it.
    directory.control = 512;
    await tom.call("system.sync");
    expect(users.get("lena")?.enabled).toBe(false);
  },
);

test("one whom the store cannot keep keeps the directory's other users from nothing", async () => {
  const directory = new OneUser();
  await using harness = await NexusHarness.start({ directory });
  const [lena, tom] = [await harness.join("lena"), await harness.join("tom")];
  const left = new Promise((resolve) => lena.on("leave", resolve));
  directory.control = 514;
  directory.before = ["\ud800", "bad"].map((login) => ({ sAMAccountName: [login], name: ["\0"], dn: login }));
  expect((await refusal(tom.call("system.sync"))).text).toContain("Cannot keep 2 users of the directory; the first: ");
  await left;
  expect(harness.nexus.users.list().map(({ login }) => login)).toEqual(["ann", "bob", "lena", "tom"]);
});

test("however many ask for it, the users of the directory are taken over by one at a time", async () => {
  const directory = new OneUser();
  const gate = Promise.withResolvers<void>();
  directory.gate = gate.promise;
  await using harness = await NexusHarness.start({ directory });
  const bob = await harness.join("bob");
  const all = Array.from({ length: 20 }, () => bob.call("system.sync"));
  await bob.call("com.izaber.wamp.auth.whoami");
  expect(directory.lookups).toBe(1);
  gate.resolve();
  await Promise.all(all);
  expect(directory.lookups).toBe(2);
  await bob.call("system.sync");
  expect(directory.lookups).toBe(3);
});

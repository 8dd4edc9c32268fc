import { describe, expect, test } from "vitest";
import type { Message, Peer } from "../router/peer.ts";
import { dial, plainRoles } from "../router/peer.ts";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import type { Nexus } from "../../src/nexusd/nexus.ts";
import type { Store } from "../../src/nexusd/store.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { NexusHarness } from "./nexus_harness.ts";

const whoami = "com.izaber.wamp.auth.whoami";

/** A connection as a listener opens it: handshake first. */
function browse(nexus: Nexus, cookie?: string): { peer: Peer; cookie: string; setCookie: string | undefined } {
  const headers = cookie === undefined ? {} : { cookie: `cbtid=${cookie}` };
  const answer = nexus.router.handshake({ path: "/ws", headers, protocols: ["wamp.2.json"] });
  if ("refused" in answer) throw new Error(answer.refused);
  const peer = dial(nexus.router, undefined, undefined, { cookies: answer.cookies! });
  return { peer, cookie: answer.cookies!["cbtid"]!, setCookie: answer.headers["set-cookie"] };
}

function hello(peer: Peer, authmethods: string[], authid?: string): Promise<Message> {
  return peer.ask([1, "izaber", { roles: plainRoles, authmethods, ...authid === undefined ? {} : { authid } }]);
}

async function login(peer: Peer, authid: string, secret = "pass"): Promise<Message> {
  await hello(peer, ["ticket"], authid);
  const welcome = await peer.ask([5, secret, {}]);
  expect(welcome[0]).toBe(2);
  return welcome;
}

let requests = 0;

/** What a call comes to: its result, or the URI of its error. */
async function outcome(peer: Peer, procedure: string, ...args: unknown[]): Promise<unknown> {
  const answer = await peer.ask([48, ++requests, {}, procedure, args]);
  return answer[0] === 50 ? (answer[3] as unknown[])[0] : answer[4];
}

function lasting(store: Store = memoryStore()): Store {
  return {
    name: store.name,
    get: (collection, key) => store.get(collection, key),
    list: (collection, from) => store.list(collection, from),
    write: (operations) => store.write(operations),
    close: () => Promise.resolve(),
  };
}

const closed = "wamp.error.not_authorized";
const ann = { authid: "ann", role: "frontend" };

test("a browser is given a cookie, and its tabs share the login with its restrictions, also after a restart", async () => {
  const store = lasting();
  const first = await NexusHarness.start({ store });
  const permissions = [{ uri: whoami, perms: "c" }];
  const { plaintext } = await first.nexus.apiKeys.create(first.nexus.users.get("ann")!, { permissions });
  const tab = browse(first.nexus);
  expect(tab.setCookie).toBe(`cbtid=${tab.cookie}; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax`);
  expect(tab.cookie).toMatch(/^[A-Za-z0-9_-]{32}$/);
  const welcome = await login(tab.peer, "ann", plaintext);
  expect(JSON.stringify(await store.list("cookies"))).not.toContain(tab.cookie);
  await first[Symbol.asyncDispose]();

  await using second = await NexusHarness.start({ store });
  const next = browse(second.nexus, tab.cookie);
  expect(next.setCookie).toBeUndefined();
  const again = await hello(next.peer, ["ticket", "cookie"]);
  const details = (message: Message) => message[2] as { authextra: { cache_id: string } };
  expect(details(again)).toMatchObject({ authid: "ann", authmethod: "ticket", authprovider: "cookie" });
  expect(details(again).authextra).toMatchObject({
    cache_id: details(welcome).authextra.cache_id,
    has_restrictions: true,
  });
  expect(await outcome(next.peer, whoami)).toEqual(ann);
  expect(await outcome(next.peer, "com.example.x")).toBe(closed);
  await second.nexus.apiKeys.remove(second.nexus.apiKeys.list()[0]!.uuid);
  expect(await next.peer.next()).toEqual([6, { message: "the API key was removed, or is over" }, "wamp.close.killed"]);
  expect((await hello(browse(second.nexus, tab.cookie).peer, ["cookie"]))[0]).toBe(3);
});

test("a session whose cookie has expired may do nothing any more, not even once it has been told so", async () => {
  const clock = new FakeClock();
  const store = lasting();
  await using on = await NexusHarness.start({ store, clock, cookies: { maxAge: 2 } });
  const tab = browse(on.nexus);
  await login(tab.peer, "ann");
  const key = await outcome(tab.peer, "my.apikeys.create") as { plaintext_key: string };
  const program = browse(on.nexus);
  await login(program.peer, "ann", key.plaintext_key);
  for (const { peer } of [tab, program]) expect(await outcome(peer, whoami)).toEqual(ann);
  clock.advance(1_500);
  expect(await outcome(tab.peer, whoami)).toEqual(ann);
  clock.advance(1_500);
  for (let times = 0; times < 2; times++) {
    expect(await outcome(tab.peer, whoami)).toEqual(ann);
    expect(await outcome(program.peer, whoami)).toBe(closed);
    expect(await outcome(program.peer, "my.apikeys.list")).toBe(closed);
  }
  expect(browse(on.nexus, program.cookie).setCookie).toBeDefined();
  expect(await store.list("cookies")).toHaveLength(1);
});

test("what is left of an expired cookie takes nothing from the login that came after it on the same one", async () => {
  const store = lasting();
  const clock = new FakeClock();
  const first = await NexusHarness.start({ store, clock, cookies: { maxAge: 2 } });
  const isIn = async (nexus: Nexus, cookie: string) => (await hello(browse(nexus, cookie).peer, ["cookie"]))[0] === 2;
  const tab = browse(first.nexus);
  await login(tab.peer, "ann");
  const others = [browse(first.nexus, tab.cookie), browse(first.nexus, tab.cookie)];
  for (const { peer } of others) await hello(peer, ["cookie"]);
  clock.advance(2_500);
  expect(await outcome(tab.peer, whoami)).toBe(closed);
  await tab.peer.ask([6, {}, "wamp.close.normal"]);
  await login(tab.peer, "ann");
  for (const { peer } of others) {
    peer.connection.close();
    await peer.closed;
    expect(await isIn(first.nexus, tab.cookie)).toBe(true);
  }
  await tab.peer.ask([6, {}, "wamp.close.logout"]);
  expect(await isIn(first.nexus, tab.cookie)).toBe(false);
  await first[Symbol.asyncDispose]();
  await using second = await NexusHarness.start({ store, clock, cookies: { maxAge: 2 } });
  expect(await isIn(second.nexus, tab.cookie)).toBe(false);
});

test("a session that lives keeps its cookie alive, however quiet it is, and so does one without a cookie", async () => {
  const clock = new FakeClock();
  await using on = await NexusHarness.start({ clock, cookies: { maxAge: 600 } });
  const tab = browse(on.nexus);
  const raw = dial(on.nexus.router);
  await login(tab.peer, "ann");
  await login(raw, "ann");
  clock.advance(5_000_000);
  expect(await outcome(tab.peer, whoami)).toEqual(ann);
  expect(await outcome(raw, whoami)).toEqual(ann);
  tab.peer.connection.close();
  await tab.peer.closed;
  clock.advance(590_000);
  expect((await hello(browse(on.nexus, tab.cookie).peer, ["cookie"]))[0]).toBe(2);
});

test("a cookie that nobody uses is over after its own time, which a use begins anew as it is by then", async () => {
  const clock = new FakeClock();
  const store = lasting();
  const first = await NexusHarness.start({ clock, store, cookies: { maxAge: 2_592_000 } });
  const tabs = [browse(first.nexus), browse(first.nexus)];
  for (const { peer } of tabs) await login(peer, "ann");
  await first[Symbol.asyncDispose]();
  const kept = async () => (await store.list("cookies")).map(({ value }) => value["max_age"]);
  expect(await kept()).toEqual([2_592_000, 2_592_000]);
  clock.advance(864_000_000);
  const second = await NexusHarness.start({ clock, store, cookies: { maxAge: 864_000 } });
  const [used] = tabs.map(({ cookie }) => browse(second.nexus, cookie));
  await hello(used!.peer, ["cookie"]);
  await second[Symbol.asyncDispose]();
  expect((await kept()).sort()).toEqual([2_592_000, 864_000]);
  await using third = await NexusHarness.start({ clock, store, cookies: { maxAge: 864_000 } });
  // Round after round looks at them, which is no use of them.
  for (let days = 0; days < 11; days++) clock.advance(86_400_000);
  await expect.poll(kept).toEqual([2_592_000]);
  for (let days = 0; days < 10; days++) clock.advance(86_400_000);
  await expect.poll(kept).toEqual([]);
  for (const { cookie } of tabs) expect(browse(third.nexus, cookie).setCookie).toBeDefined();
});

test("elevated time is that of all tabs, and over for all of them", async () => {
  const clock = new FakeClock();
  await using on = await NexusHarness.start({ clock });
  const one = browse(on.nexus);
  await login(one.peer, "ann");
  const two = browse(on.nexus, one.cookie);
  await hello(two.peer, ["cookie"]);
  clock.advance(120_001);
  const left = () => outcome(two.peer, "auth.is_reauthenticated");
  expect(await left()).toBe(false);
  expect(await outcome(one.peer, "auth.extend_reauthenticate")).toBe(false);
  expect(await outcome(one.peer, "auth.reauthenticate", "wrong")).toBe(false);
  expect(await outcome(one.peer, "auth.reauthenticate", "pass")).toBe(120);
  clock.advance(100_000);
  expect(await left()).toBe(20);
  expect(await outcome(two.peer, "auth.extend_reauthenticate")).toBe(120);
  clock.advance(100_000);
  expect(await left()).toBe(20);
  expect(await outcome(one.peer, "auth.reauthenticate_expire")).toBe(null);
  expect(await left()).toBe(false);
});

test("elevated time is none after the clock was put back", async () => {
  const clock = new FakeClock();
  await using on = await NexusHarness.start({ clock });
  clock.advance(200_000_000);
  const tab = browse(on.nexus);
  await login(tab.peer, "tom");
  expect(await outcome(tab.peer, "auth.is_reauthenticated")).toBe(120);
  await on.nexus.roles.save({
    uuid: "r".repeat(22),
    role: "frontend",
    permissions: [
      { uri: "*", perms: "c" },
      { uri: "com.izaber.wamp.my.metadata.list", perms: "c+" },
    ],
  });
  const ann = browse(on.nexus);
  await login(ann.peer, "ann");
  expect(await outcome(ann.peer, "com.izaber.wamp.my.metadata.list")).toEqual({});
  clock.advance(-86_400_000);
  expect(await outcome(ann.peer, "com.izaber.wamp.my.metadata.list")).toBe(closed);
  expect(await outcome(ann.peer, "auth.is_reauthenticated")).toBe(false);
  expect(await outcome(ann.peer, "auth.extend_reauthenticate")).toBe(false);
  const listed = await outcome(tab.peer, "com.izaber.wamp.system.sessions.list") as { elevated_seconds: number }[];
  expect(listed.map(({ elevated_seconds }) => elevated_seconds)).toEqual([0, 0]);
  expect(await outcome(ann.peer, "auth.reauthenticate", "pass")).toBe(120);
  expect(await outcome(ann.peer, "com.izaber.wamp.my.metadata.list")).toEqual({});
});

test("elevated time is not begun anew by a restart", async () => {
  const store = lasting();
  const clock = new FakeClock();
  const first = await NexusHarness.start({ store, clock });
  const tab = browse(first.nexus);
  await login(tab.peer, "ann");
  await outcome(tab.peer, "auth.reauthenticate_expire");
  await first[Symbol.asyncDispose]();
  await using second = await NexusHarness.start({ store, clock });
  const next = browse(second.nexus, tab.cookie);
  await hello(next.peer, ["cookie"]);
  expect(await outcome(next.peer, "auth.is_reauthenticated")).toBe(false);
});

test("elevated time is begun and ended also while the store cannot keep it", async () => {
  const store = lasting();
  let full = false;
  const errors: unknown[] = [];
  const failing: Store = {
    ...store,
    write: (operations) => full ? Promise.reject(new Error("disk full")) : store.write(operations),
  };
  await using on = await NexusHarness.start({ store: failing, onError: (error) => errors.push(error) });
  const tab = browse(on.nexus);
  await login(tab.peer, "ann");
  full = true;
  expect(await outcome(tab.peer, "auth.reauthenticate_expire")).toBe(null);
  expect(await outcome(tab.peer, "auth.is_reauthenticated")).toBe(false);
  expect(await outcome(tab.peer, "auth.reauthenticate", "pass")).toBe(120);
  expect(await outcome(tab.peer, "auth.extend_reauthenticate")).toBe(120);
  full = false;
  expect(errors).not.toEqual([]);
});

test("logging out ends every tab of the browser, and the cookie", async () => {
  await using on = await NexusHarness.start();
  const one = browse(on.nexus);
  await login(one.peer, "ann");
  const two = browse(on.nexus, one.cookie);
  await hello(two.peer, ["cookie"]);
  const other = browse(on.nexus);
  await login(other.peer, "ann");
  expect((await one.peer.ask([6, {}, "wamp.close.logout"]))[0]).toBe(6);
  expect(await two.peer.next()).toEqual([6, {}, "wamp.close.logout"]);
  expect(browse(on.nexus, one.cookie).setCookie).toBeDefined();
  expect((await hello(browse(on.nexus, one.cookie).peer, ["cookie"]))[0]).toBe(3);
  expect(await outcome(other.peer, whoami)).toEqual(ann);
});

test("a logout, and what was noted, outlive a store that fails for a time", async () => {
  const store = lasting();
  let full = false;
  const errors: unknown[] = [];
  const failing: Store = {
    ...store,
    write: (operations) => full ? Promise.reject(new Error("disk full")) : store.write(operations),
  };
  const first = await NexusHarness.start({ store: failing, onError: (error) => errors.push(error) });
  const { audit } = first.nexus;
  const stay = browse(first.nexus);
  const tab = browse(first.nexus);
  await login(tab.peer, "ann");
  await audit.flush();
  full = true;
  await login(stay.peer, "bob");
  await tab.peer.ask([6, {}, "wamp.close.logout"]);
  audit.note("change", { authid: "x", peer: { transport: "memory", address: "y" } }, "users.create", "while full");
  await audit.flush();
  expect(errors).not.toEqual([]);
  full = false;
  expect((await hello(browse(first.nexus, tab.cookie).peer, ["cookie"]))[0]).toBe(3);
  audit.note("change", { authid: "x", peer: { transport: "memory", address: "y" } }, "users.create", "later");
  await audit.flush();
  expect((await store.list("audit")).map(({ value }) => value["subject"]).slice(-2)).toEqual(["while full", "later"]);
  await first[Symbol.asyncDispose]();
  await using second = await NexusHarness.start({ store });
  expect((await hello(browse(second.nexus, tab.cookie).peer, ["cookie"]))[0]).toBe(3);
  expect((await hello(browse(second.nexus, stay.cookie).peer, ["cookie"]))[2]).toMatchObject({ authid: "bob" });
});

test("the cookie of a user who is disabled, removed or has another role's name logs nobody in", async () => {
  await using on = await NexusHarness.start();
  const { users } = on.nexus;
  const user = users.get("ann")!;
  const ways: (() => Promise<void>)[] = [
    () => users.save({ ...user, enabled: false }),
    () => users.remove("ann"),
    () => users.save({ ...user, uuid: "another" }),
    () => on.nexus.roles.remove("frontend"),
  ];
  for (const way of ways) {
    await users.save(user);
    const tab = browse(on.nexus);
    await login(tab.peer, "ann");
    await way();
    const next = browse(on.nexus, tab.cookie);
    expect(await hello(next.peer, ["cookie"])).toMatchObject([3, {}, "wamp.error.no_auth_method"]);
  }
});

describe("a cookie that somebody else put into the browser", () => {
  const who = (welcome: Message) => (welcome[2] as { authid?: string }).authid;

  test("and has joined by as a stranger never stands for who logs in with it, who gets one of its own", async () => {
    await using on = await NexusHarness.start();
    const attacker = browse(on.nexus);
    await hello(attacker.peer, ["anonymous"]);
    // While the stranger's session lives nobody gets another; afterwards the browser does.
    const first = browse(on.nexus, attacker.cookie);
    expect(first.setCookie).toBeUndefined();
    await login(first.peer, "ann");
    const thief = browse(on.nexus, attacker.cookie);
    expect((await hello(thief.peer, ["cookie", "anonymous"]))[2]).toMatchObject({ authrole: "public" });
    const second = browse(on.nexus, attacker.cookie);
    expect(second.setCookie).toBeDefined();
    await login(second.peer, "ann");
    expect(who(await hello(browse(on.nexus, second.cookie).peer, ["cookie"]))).toBe("ann");
    expect((await hello(browse(on.nexus, attacker.cookie).peer, ["cookie", "anonymous"]))[2]).toMatchObject({
      authrole: "public",
    });
  });

  test.each(["bob", "ann by a key"])("and has logged in by as %s never stands for another", async (attacker) => {
    await using on = await NexusHarness.start();
    const { plaintext } = await on.nexus.apiKeys.create(on.nexus.users.get("ann")!, {
      permissions: [{ uri: "com.example.*", perms: "c" }],
    });
    const planted = browse(on.nexus);
    await (attacker === "bob" ? login(planted.peer, "bob") : login(planted.peer, "ann", plaintext));
    const victim = browse(on.nexus, planted.cookie);
    await login(victim.peer, "ann");
    expect(await outcome(victim.peer, whoami)).toEqual(ann);
    for (let times = 0; times < 2; times++) {
      expect((await hello(browse(on.nexus, planted.cookie).peer, ["cookie"]))[0]).toBe(3);
      planted.peer.connection.close();
    }
    // The browser is given one that nobody knows, and is known by it from its next login on.
    const next = browse(on.nexus, planted.cookie);
    expect(next.setCookie).toBeDefined();
    await login(next.peer, "ann");
    expect(who(await hello(browse(on.nexus, next.cookie).peer, ["cookie"]))).toBe("ann");
  });

  test("and that is gone by the time of the login stands for nobody", async () => {
    await using on = await NexusHarness.start();
    const planted = browse(on.nexus);
    const welcome = await login(planted.peer, "bob");
    const victim = browse(on.nexus, planted.cookie);
    await hello(victim.peer, ["ticket"], "ann");
    const { cache_id } = (welcome[2] as { authextra: { cache_id: string } }).authextra;
    await on.nexus.administration.run("sessions.forget", { uuid: cache_id });
    expect((await victim.peer.ask([5, "pass", {}]))[0]).toBe(2);
    expect((await hello(browse(on.nexus, planted.cookie).peer, ["cookie"]))[0]).toBe(3);
  });
});

test("who visits as a stranger and logs in later is known from then on, and so is who logs in again", async () => {
  await using on = await NexusHarness.start();
  const visit = browse(on.nexus);
  const [, , { authid }] = await hello(visit.peer, ["anonymous"]) as [2, number, { authid: string }];
  visit.peer.connection.close();
  await visit.peer.closed;
  const again = browse(on.nexus, visit.cookie);
  expect(again.setCookie).toContain(again.cookie);
  expect((await hello(again.peer, ["cookie"]))[2]).toMatchObject({ authid, authrole: "public" });
  again.peer.connection.close();
  await again.peer.closed;
  const page = browse(on.nexus, again.cookie);
  await login(page.peer, "ann");
  // Another tab, a reconnect and one that asks for the password once more go by the same.
  for (const methods of [["cookie"], ["ticket"], ["ticket", "cookie"]]) {
    const tab = browse(on.nexus, page.cookie);
    expect([tab.cookie, tab.setCookie]).toEqual([page.cookie, undefined]);
    if (methods.includes("cookie")) expect((await hello(tab.peer, methods))[2]).toMatchObject({ authid: "ann" });
    else await login(tab.peer, "ann");
  }
  // On the connection that was given the cookie nobody else can know it.
  await page.peer.ask([6, {}, "wamp.close.normal"]);
  await login(page.peer, "bob");
  expect((await hello(browse(on.nexus, page.cookie).peer, ["cookie"]))[2]).toMatchObject({ authid: "bob" });
});

test("a stranger's tabs that open at once keep the name, and so does a browser that the answer of the handshake does not reach", async () => {
  await using on = await NexusHarness.start();
  const visit = browse(on.nexus);
  const [, , { authid }] = await hello(visit.peer, ["anonymous"]) as [2, number, { authid: string }];
  const leave = async ({ peer }: { peer: Peer }) => {
    peer.connection.close();
    await peer.closed;
  };
  await leave(visit);
  const who = async ({ peer }: { peer: Peer }) => (await hello(peer, ["cookie", "anonymous"]))[2];
  const lost = browse(on.nexus, visit.cookie);
  const beside = browse(on.nexus, lost.cookie);
  const tabs = [browse(on.nexus, visit.cookie), browse(on.nexus, visit.cookie)];
  for (const tab of [...tabs, beside]) {
    expect([lost, visit].map(({ cookie }) => cookie)).not.toContain(tab.cookie);
    expect(await who(tab)).toMatchObject({ authid, authprovider: "cookie" });
  }
  // Each of them is in use, and the one that they took the place of is good no more.
  const late = browse(on.nexus, visit.cookie);
  expect(await who(late)).toMatchObject({ authprovider: "static" });
  await leave(tabs[0]!);
  expect(await who(browse(on.nexus, tabs[0]!.cookie))).toMatchObject({ authid });
  await login(browse(on.nexus, tabs[1]!.cookie).peer, "ann");
});

test("a stranger's cookie by which a user has logged in meanwhile stays the user's when one that was to replace it is used", async () => {
  await using on = await NexusHarness.start();
  const page = browse(on.nexus);
  await hello(page.peer, ["anonymous"]);
  await page.peer.ask([6, {}, "wamp.close.normal"]);
  const tab = browse(on.nexus, page.cookie);
  await login(page.peer, "ann");
  page.peer.connection.close();
  await page.peer.closed;
  expect((await hello(tab.peer, ["cookie"]))[2]).toMatchObject({ authrole: "public" });
  expect((await hello(browse(on.nexus, page.cookie).peer, ["cookie"]))[2]).toMatchObject({ authid: "ann" });
});

test("a session by a cookie has the role that its user or key has by then, and one that came with the credential stays", async () => {
  const store = lasting();
  const first = await NexusHarness.start({ store });
  const { users, apiKeys, otps } = first.nexus;
  const tom = users.get("tom")!;
  const key = await apiKeys.create(tom, { role: "backend" });
  const otp = await otps.create(tom, { origin: "test", role: "backend" });
  const cookies: string[] = [];
  for (const secret of ["pass", key.plaintext, otp.plaintext]) {
    const tab = browse(first.nexus);
    await login(tab.peer, "tom", secret);
    cookies.push(tab.cookie);
  }
  const roles = async (nexus: Nexus) => {
    const welcomes = await Promise.all(cookies.map((cookie) => hello(browse(nexus, cookie).peer, ["cookie"])));
    return welcomes.map((welcome) => (welcome[2] as { authrole: string }).authrole);
  };
  expect(await roles(first.nexus)).toEqual(["trust", "backend", "backend"]);
  await users.update("tom", { role: "frontend" });
  await apiKeys.update(key.record.uuid, { role: null });
  expect(await roles(first.nexus)).toEqual(["frontend", "frontend", "backend"]);
  await first[Symbol.asyncDispose]();
  await using second = await NexusHarness.start({ store });
  await second.nexus.users.update("tom", { role: null });
  expect(await roles(second.nexus)).toEqual(["frontend", "frontend", "backend"]);
  const tab = browse(second.nexus, cookies[0]);
  await hello(tab.peer, ["cookie"]);
  expect(await outcome(tab.peer, "com.izaber.wamp.system.users.list")).toBe("com.izaber.wamp.error.permissiondenied");
});

test("a changed password ends the cookies of the user, however it was changed, but not those by an API key", async () => {
  const store = lasting();
  const first = await NexusHarness.start({ store });
  const { nexus } = first;
  const key = await nexus.apiKeys.create(nexus.users.get("ann")!);
  const program = browse(nexus);
  await login(program.peer, "ann", key.plaintext);
  const isIn = async (nexus: Nexus, cookie: string) => (await hello(browse(nexus, cookie).peer, ["cookie"]))[0] === 2;
  const ways: (() => Promise<unknown>)[] = [
    () => nexus.users.setPassword("ann", "other"),
    () => nexus.administration.run("users.password", { login: "ann", password: "new" }),
    () => nexus.users.update("ann", { password: null }),
    async () => {
      const [{ key, value }] = (await store.list("users", "ann")) as [{ key: string; value: object }];
      const { password } = nexus.users.get("bob")!;
      await store.write([{ collection: "users", put: { key, value: { ...value, password } } }]);
      await nexus.reload();
    },
  ];
  for (const way of ways) {
    await nexus.users.setPassword("ann", "pass");
    const tab = browse(nexus);
    await login(tab.peer, "ann");
    expect(await isIn(nexus, tab.cookie)).toBe(true);
    await way();
    expect(await isIn(nexus, tab.cookie)).toBe(false);
    expect(await isIn(nexus, program.cookie)).toBe(true);
  }
  const tab = browse(nexus);
  await login(tab.peer, "bob");
  await first[Symbol.asyncDispose]();
  await using second = await NexusHarness.start({ store, passwordRounds: 50 });
  expect(await isIn(second.nexus, tab.cookie)).toBe(true);
  // A login that has the hash made anew changes no password.
  await login(dial(second.nexus.router), "bob");
  expect(second.nexus.users.get("bob")!.password).not.toBe(nexus.users.get("bob")!.password);
  expect(await isIn(second.nexus, tab.cookie)).toBe(true);
  await second.nexus.users.setPassword("bob", "other");
  expect(await isIn(second.nexus, tab.cookie)).toBe(false);
});

test.each(["role", "password_mark"])(
  "a cookie that was kept without its %s is over, but not one by an API key",
  async (field) => {
    const store = lasting();
    const first = await NexusHarness.start({ store });
    const { users, apiKeys, otps } = first.nexus;
    const tom = users.get("tom")!;
    const otp = await otps.create(tom, { origin: "test", role: "frontend" });
    const key = await apiKeys.create(tom, { role: "frontend" });
    const cookies: string[] = [];
    for (const secret of ["pass", otp.plaintext, key.plaintext]) {
      const tab = browse(first.nexus);
      await login(tab.peer, "tom", secret);
      cookies.push(tab.cookie);
    }
    await first[Symbol.asyncDispose]();
    await store.write((await store.list("cookies")).map(({ key, value }) => {
      const { [field]: _, ...data } = value["data"] as { readonly [name: string]: string };
      return { collection: "cookies", put: { key, value: { ...value, data } } };
    }));
    // Each start is the same: none takes the password of that time for the one that was shown.
    for (let starts = 0; starts < 2; starts++) {
      await using next = await NexusHarness.start({ store });
      const welcomes = await Promise.all(cookies.map((cookie) => hello(browse(next.nexus, cookie).peer, ["cookie"])));
      expect(welcomes.map(([type]) => type)).toEqual([3, 3, 2]);
      expect(welcomes[2]![2]).toMatchObject({ authrole: "frontend" });
      await next.nexus.users.setPassword("tom", "other");
    }
  },
);

test("programs that log in again and again without showing their cookie leave a hundred of them at most", async () => {
  const store = lasting();
  await using on = await NexusHarness.start({ store, passwordRounds: 1 });
  const tab = browse(on.nexus);
  await login(tab.peer, "ann");
  for (let times = 0; times < 110; times++) {
    const { peer } = browse(on.nexus);
    await login(peer, "ann");
    peer.connection.close();
    await peer.closed;
  }
  expect((await store.list("cookies")).length).toBeLessThanOrEqual(102);
  expect(await outcome(tab.peer, whoami)).toEqual(ann);
});

test("strangers, however many, push out no cookie by which a user's session lives", async () => {
  await using on = await NexusHarness.start();
  const tab = browse(on.nexus);
  const [, , { authextra }] = await login(tab.peer, "ann") as [2, number, { authextra: { cache_id: string } }];
  await hello(browse(on.nexus, tab.cookie).peer, ["anonymous"]);
  for (let times = 0; times < 4100; times++) {
    const { peer } = browse(on.nexus);
    await hello(peer, ["anonymous"]);
    peer.connection.close();
  }
  expect(await outcome(tab.peer, whoami)).toEqual(ann);
  expect(await on.nexus.administration.run("sessions.forget", { uuid: authextra.cache_id })).toBe(true);
  expect(await tab.peer.next()).toEqual([6, { message: "the login was ended" }, "wamp.close.killed"]);
});

test("a record of a cookie that is not what it has to be logs nobody in, and the rest goes on", async () => {
  const store = lasting();
  const first = await NexusHarness.start({ store });
  const tab = browse(first.nexus);
  await login(tab.peer, "ann");
  await first[Symbol.asyncDispose]();
  const [{ key, value }] = await store.list("cookies") as [{ key: string; value: { data: object } }];
  const { data, ...rest } = value;
  for (
    const damaged of [rest, { ...value, data: { ...data, restrictions: "c" } }, { ...value, created: "x" }]
  ) {
    await store.write([{ collection: "cookies", put: { key, value: damaged as never } }]);
    await using next = await NexusHarness.start({ store });
    expect((await hello(browse(next.nexus, tab.cookie).peer, ["cookie"]))[0]).toBe(3);
  }
});

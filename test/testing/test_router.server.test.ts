import { afterEach, expect, test } from "vitest";
import { FakeClock, scriptedFaults, testRouter } from "../../src/testing/mod.ts";
import type { FaultPlan, FaultyConnection } from "../../src/testing/mod.ts";
import { nexus } from "../../src/nexus/mod.ts";
import { cbor, connect } from "../../mod.ts";
import type { Client } from "../../mod.ts";

test("anybody may do anything, under a name of choice, where nothing else is said", async () => {
  await using router = await testRouter();
  await using alice = await router.client("alice");
  await using stranger = await router.client();
  await alice.register("com.example.who", (_args, _kwargs, call) => call.caller_authid);
  expect(await alice.call("com.example.who")).toBe("alice");
  await using again = await router.client("alice");
  expect(await again.call("com.example.who")).toBe("alice");
  expect(stranger.details?.authmethod).toBe("anonymous");
  await nexus(alice).metadata.set("colour", "red");
  expect(await nexus(again).metadata.get("colour")).toBe("red");
});

test("users have their roles, and roles their permissions", async () => {
  await using router = await testRouter({
    users: { alice: "boss", bob: { role: "guest", password: "other" } },
    roles: { boss: [{ uri: "*", perms: "crsp" }], guest: [{ uri: "com.example.open", perms: "c" }] },
    realm: "office",
  });
  await using alice = await router.client("alice");
  await using bob = await router.client("bob");
  expect(bob.realm).toBe("office");
  await alice.register("com.example.open", () => 1);
  await alice.register("com.example.secret", () => 2);
  expect(await bob.call("com.example.open")).toBe(1);
  await expect(bob.call("com.example.secret")).rejects.toMatchObject({ uri: "wamp.error.not_authorized" });
  await expect(router.client("mallory")).rejects.toMatchObject({ code: "authentication_failed" });
});

test("a seed of nexus serve does as well", async () => {
  const seed = `
realm: izaber
roles: { frontend: [{ uri: "*", perms: "c" }] }
users: [{ login: ada, password: ada, role: frontend }]`;
  await using router = await testRouter({ seed });
  await using ada = await router.client("ada");
  expect([ada.realm, ada.details?.authrole]).toEqual(["izaber", "frontend"]);
});

test("users of a seed log in by the passwords that it gives them, and others may come besides", async () => {
  const seed = `
roles: { reader: [{ uri: "com.example.*", perms: "cs" }], writer: [{ uri: "*", perms: "crsp" }] }
users: [{ login: "Ada", password: "of the seed", role: "reader" }]`;
  await using router = await testRouter({ seed, users: { bob: "writer", Carl: { role: "writer", password: "his" } } });
  expect(router.realm).toBe("izaber");
  for (const [login, role] of [["ada", "reader"], ["ADA", "reader"], ["bob", "writer"], ["Carl", "writer"]]) {
    await using client = await router.client(login);
    expect(client.details?.authrole).toBe(role);
  }
  await expect(router.client("mallory")).rejects.toMatchObject({ code: "authentication_failed" });
  await using named = await testRouter({ seed: `realm: office\n${seed}` });
  expect(named.realm).toBe("office");
  await using renamed = await testRouter({ seed, realm: "elsewhere" });
  await using ada = await renamed.client("ada");
  expect(ada.realm).toBe("elsewhere");
});

test.each<[object, string]>([
  [{ sed: "" }, 'Cannot make a test router: there is no option "sed"; there are realm, users, roles, seed'],
  [{ realm: "a b" }, 'the option realm is "a b", expected a URI such as "realm1"'],
  [{ clock: Date }, "the option clock is a function, expected a clock: { now, timer }"],
  [{ users: ["ada"] }, "the option users is an array, expected an object such as"],
  [{ users: { ada: 5 } }, 'the option users.ada is 5, expected a role such as "frontend", or { role, password }'],
  [{ users: { ada: null } }, "the option users.ada is null, expected a role"],
  [{ users: { ada: "" } }, 'the option users.ada is "", expected a role'],
  [{ users: { ada: { role: "a", pasword: "b" } } }, "the option users.ada is an object, expected a role"],
  [{ users: { ada: { role: "a", password: 5 } } }, "the option users.ada is an object, expected a role"],
  [{ seed: "users: []", users: { ada: 5 } }, "the option users.ada is 5"],
  [
    { roles: { boss: 5 } },
    'the option roles.boss is 5, expected an array of lines such as { uri: "com.example.*", per',
  ],
  [{ roles: { boss: [{ uri: "a" }] } }, "the option roles.boss is an array, expected an array of lines such as"],
  [{ roles: { boss: [{ uri: "a..b", perms: "c" }] } }, "the option roles.boss is an array, expected an array of line"],
  [{ roles: { boss: [{ uri: "a", perms: "x" }] } }, "the option roles.boss is an array, expected an array of lines"],
  [{ seed: "users: []", roles: { boss: [] } }, "there are roles besides a seed; let the seed have all of them"],
  [{ seed: "users: [{ login: ada }]", users: { Ada: "boss" } }, '"Ada" is among the users and in the seed'],
])("%j is refused", async (options, why) => {
  await expect(testRouter(options)).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringContaining(why),
  });
});

test("it speaks what it is told to, and opens on a port for those who want one", async () => {
  await using router = await testRouter({ serializer: cbor });
  await using alice = await router.client("alice");
  expect(alice.serializer).toBe("cbor");
  const url = await router.listen();
  expect(await router.listen()).toBe(url);
  await using visitor = await connect(url, { realm: router.realm });
  await alice.register("com.example.bytes", ([bytes]) => bytes);
  await visitor.subscribe("com.example.x", () => {});
  await router.waitForSubscription("com.example.x");
});

test("what is waited for is seen at once when it is there, and when it comes", async () => {
  await using router = await testRouter();
  await using alice = await router.client("alice");
  const coming = [
    router.waitForSubscription("com.example.a.b"),
    router.waitForRegistration("com.example.add"),
    router.waitForSession("bob"),
  ];
  await alice.subscribe("com.example.a", () => {}, { match: "prefix" });
  await alice.register("com.example.add", () => 1);
  await using _bob = await router.client("bob");
  await Promise.all(coming);
  await router.waitForSession("alice");
  await expect(router.waitForRegistration("com.example.never", { timeout: 20 })).rejects.toMatchObject({
    code: "timeout",
    message: 'a registration of "com.example.never" did not come within 20 ms',
  });
});

test("faults come by script, and by hand", async () => {
  await using router = await testRouter();
  const faults = scriptedFaults([{ connection: 0, direction: "out", index: 2, fault: { kind: "cut" } }]);
  await using alice = await router.client("alice", { faults, reconnect: { initialDelay: 1 } });
  const again = new Promise((resolve) => alice.on("ready", resolve));
  await expect(alice.call("com.example.nothing")).rejects.toMatchObject({ code: "connection_lost" });
  await again;
  const third = new Promise((resolve) => alice.on("ready", resolve));
  router.faults(alice).connections[0]!.cut();
  await third;
  expect(router.faults(alice).dialled).toBe(3);
});

test("a clock that stands still drives the deadlines of both sides", async () => {
  const clock = new FakeClock();
  await using router = await testRouter({ clock });
  await using alice = await router.client("alice");
  const never = Promise.withResolvers<void>();
  await alice.register("com.example.slow", () => never.promise);
  const call = alice.call("com.example.slow", [], {}, { timeout: 60_000 });
  const refused = expect(call).rejects.toMatchObject({ code: "timeout" });
  clock.advance(60_000);
  await refused;
  never.resolve();
});

test("the wire is there to be looked at", async () => {
  await using router = await testRouter();
  await using alice = await router.client("alice");
  await alice.publish("com.example.news", ["it rains"], { since: 7 });
  expect(router.wire(alice).shown()).toMatch(
    /^0 > HELLO "realm1" [^]*0 > PUBLISH 1 {} "com.example.news" \["it rains"\] {"since":7}\n$/,
  );
});

/** Clients that no router made. */
const own: Client[] = [];

afterEach(async () => {
  await Promise.all(own.splice(0).map((client) => client.close()));
});

async function callForever(alice: Client): Promise<void> {
  const started = Promise.withResolvers<void>();
  await alice.register("com.example.forever", () => {
    started.resolve();
    return new Promise(() => {});
  });
  alice.call("com.example.forever").catch(() => {});
  await started.promise;
}

const running = /the client of alice has 1 calls without an answer and 1 handlers running/;
const ownSession = /a session of \S+ is open, of a client that is the test's own/;

test.each<[string, RegExp, (router: Awaited<ReturnType<typeof testRouter>>) => Promise<unknown>]>([
  ["a call", running, async (router) => {
    await callForever(await router.client("alice"));
  }],
  ["a call of a client that is disposed of", running, async (router) => {
    await using alice = await router.client("alice");
    await callForever(alice);
  }],
  ["a call of a second connection", running, async (router) => {
    const alice = await router.client("alice");
    await callForever(await alice.spawnConnection());
  }],
  ["a client of its own", ownSession, async (router) => {
    own.push(await connect(router.dialer(), { realm: router.realm, reconnect: false }));
  }],
  ["a client of its own on a port", ownSession, async (router) => {
    own.push(await connect(await router.listen(), { realm: router.realm, reconnect: false }));
  }],
])("a test that leaves %s behind fails, and nothing is left all the same", async (_what, message, leave) => {
  const router = await testRouter();
  await leave(router);
  await expect(router.close()).rejects.toMatchObject({ code: "left_behind", message: expect.stringMatching(message) });
  expect(router.router.statistics(router.realm)).toMatchObject({ sessions: 0 });
});

test("clients that are merely open are closed with the router, and hide no failure of the test", async () => {
  const clients: Client[] = [];
  const failing = async () => {
    await using router = await testRouter();
    const alice = await router.client("alice");
    clients.push(alice, await alice.spawnConnection(), router.unopened("bob"));
    expect(alice.status).toBe("closed");
    await alice.close();
  };
  await expect(failing()).rejects.toThrow("expected 'ready' to be 'closed'");
  expect(clients.map(({ status }) => status)).toEqual(["closed", "closed", "closed"]);
});

test("what ends by itself within a second is not left behind, nor what the test ends by closing its client", async () => {
  await using router = await testRouter();
  await using alice = await router.client("alice");
  await alice.register("com.example.slow", () => new Promise((resolve) => setTimeout(resolve, 30)));
  void alice.call("com.example.slow");
  const bob = await router.client("bob");
  await bob.register("com.example.forever", () => new Promise(() => {}));
  const call = bob.call("com.example.forever");
  await bob.close();
  await expect(call).rejects.toMatchObject({ code: "closed" });
});

test("the wire shows no password unless it is asked for", async () => {
  await using router = await testRouter({ users: { alice: { role: "backend", password: "hunter2" } } });
  await using alice = await router.client("alice");
  const wire = router.wire(alice);
  for (const text of [wire.shown(), wire.toString()]) expect(text).not.toContain("hunter2");
  expect(wire.shown()).toContain('0 > AUTHENTICATE "" {}');
  for (const text of [wire.shown({ secrets: true }), wire.toString({ secrets: true })]) {
    expect(text).toContain("hunter2");
  }
  expect(wire.entries.some(({ message }) => message[0] === 5 && message[1] === "hunter2")).toBe(true);
});

test("a client of another router is not known", async () => {
  await using router = await testRouter();
  await using other = await testRouter();
  await using alice = await other.client("alice");
  expect(() => router.wire(alice)).toThrow("another router made it");
});

test.each<[string, (connection: FaultyConnection) => void]>([
  ["half open", (connection) => connection.halfOpen()],
  ["half open, with a lag", (connection) => connection.halfOpen(1_000)],
  ["stalled", (connection) => connection.stall()],
  ["cut, with a lag", (connection) => connection.cut(1_000)],
])("close() does not wait for a connection that is %s, though time stands still", async (_, fail) => {
  const router = await testRouter({ clock: new FakeClock() });
  const [alice, bob] = [await router.client("alice", { reconnect: false }), await router.client("bob")];
  fail(router.faults(alice).connections[0]!);
  await bob.call("wamp.session.count");
  // What it may say of timers left behind is not the matter here.
  await router.close().catch((error) => expect(error).toMatchObject({ code: "left_behind" }));
  expect([alice.status, bob.status]).toEqual(["closed", "closed"]);
});

test("close() does not wait for what is late, or lost, though time stands still", async () => {
  const router = await testRouter({ clock: new FakeClock() });
  let isBad = false;
  const faults: FaultPlan = ({ direction }) =>
    isBad ? direction === "out" ? { kind: "delay", milliseconds: 1_000 } : { kind: "drop" } : undefined;
  const alice = await router.client("alice", { faults });
  isBad = true;
  alice.publish("com.example.topic").catch(() => {});
  await router.close().catch((error) => expect(error).toMatchObject({ code: "left_behind" }));
  expect(alice.status).toBe("closed");
});

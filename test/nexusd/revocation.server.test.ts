import { expect, test } from "vitest";
import { ticket } from "../../src/auth/mod.ts";
import { createClient } from "../../src/client/connect.ts";
import type { Client } from "../../src/client/client.ts";
import type { NexusOptions } from "../../src/nexusd/nexus.ts";
import { parseSeed } from "../../src/nexusd/seed.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { NexusHarness } from "./nexus_harness.ts";

const system = "com.izaber.wamp.system.";

/** A session of `ann` that listens and serves, and another of `bob` that finds out whether it still does. */
async function setUp(options: Partial<NexusOptions> = {}) {
  const on = await NexusHarness.start(options);
  const { nexus } = on;
  // A program that is told of changes, too, keeps nobody in.
  const told: string[] = [];
  for (const kept of [nexus.users, nexus.roles, nexus.restrictions, nexus.apiKeys]) {
    kept.observe((which: string) => void told.push(which));
  }
  const [bob, tom] = [await on.join("bob"), await on.join("tom")];
  const join = async (login: string, secret = "pass") => {
    const client = createClient(nexus.router.local(), {
      realm: nexus.realm,
      auth: ticket(login, secret),
      reconnect: false,
    });
    await client.open();
    return client;
  };
  /** What a session gets and answers, and why it ended. */
  const engage = async (client: Client) => {
    const heard: unknown[] = [];
    const left = new Promise<string>((resolve) => client.on("leave", ({ reason }) => resolve(reason)));
    await client.subscribe("com.example.topic", ([value]) => void heard.push(value));
    await client.register("com.example.served", () => "served");
    return { heard, left };
  };
  const isServed = () => bob.call("com.example.served").then(() => true, ({ uri }) => uri);
  const publish = (value: string) => bob.publish("com.example.topic", [value], {}, { acknowledge: true });
  /** What this process has sent before, a session has heard. */
  const heardBy = (client: Client) => client.call("com.izaber.wamp.auth.whoami");
  return {
    on,
    nexus,
    told,
    bob,
    tom,
    join,
    engage,
    isServed,
    publish,
    heardBy,
    [Symbol.asyncDispose]: () => on[Symbol.asyncDispose](),
  };
}

type Setting = Awaited<ReturnType<typeof setUp>>;

const ends: readonly [what: string, end: (setting: Setting) => Promise<unknown>][] = [
  ["is disabled", ({ tom }) => tom.call(`${system}users.update`, ["ann", { enabled: false }])],
  [
    "is disabled by the database",
    ({ tom, nexus }) => tom.call(`${system}db.update`, [[nexus.users.get("ann")!.uuid], { enabled: false }]),
  ],
  ["is removed", ({ tom }) => tom.call(`${system}users.delete`, ["ann"])],
  ["is removed by the database", ({ tom, nexus }) => tom.call(`${system}db.delete`, [[nexus.users.get("ann")!.uuid]])],
  ["is removed by the program", ({ nexus }) => nexus.users.remove("ann")],
  ["is replaced", ({ nexus }) => nexus.users.save({ ...nexus.users.get("ann")!, uuid: "another" })],
];

test.each(ends)("the sessions of a user who %s end at once, with all they had", async (_, end) => {
  await using setting = await setUp();
  const { nexus, told, join, engage, isServed, publish } = setting;
  const ann = await join("ann");
  const { heard, left } = await engage(ann);
  const { uuid } = nexus.users.get("ann")!;
  expect(await isServed()).toBe(true);
  await publish("before");
  await end(setting);
  await publish("after");
  expect(await isServed()).toBe("wamp.error.no_such_procedure");
  expect(await left).toBe("wamp.close.killed");
  expect(told).toEqual([uuid]);
  expect(heard).toEqual(["before"]);
});

test("the sessions by an API key end with it, and no others", async () => {
  await using setting = await setUp();
  const { nexus, join, engage, isServed, publish, heardBy } = setting;
  const ann = await join("ann");
  const keys = [
    await nexus.apiKeys.create(nexus.users.get("ann")!),
    await nexus.apiKeys.create(nexus.users.get("ann")!),
  ];
  const [one, two] = [await join("ann", keys[0]!.plaintext), await join("ann", keys[1]!.plaintext)];
  const { heard, left } = await engage(one);
  await nexus.apiKeys.remove(keys[0]!.record.uuid);
  await publish("after");
  expect(await isServed()).toBe("wamp.error.no_such_procedure");
  expect(await left).toBe("wamp.close.killed");
  expect(heard).toEqual([]);
  await heardBy(two);
  await heardBy(ann);
  await two.close();
  await ann.close();
});

const narrowings: readonly [what: string, narrow: (setting: Setting, key: string) => Promise<unknown>][] = [
  [
    "of the role",
    ({ tom }) => tom.call(`${system}roles.save`, ["frontend", [{ uri: "com.izaber.wamp.*", perms: "crsp" }]]),
  ],
  ["of the role by the database", async ({ tom, nexus }) =>
    await tom.call(`${system}db.update`, [
      [nexus.roles.get("frontend")!.uuid],
      { permissions: [{ uri: "com.izaber.wamp.*", perms: "crsp" }] },
    ])],
  [
    "of the source",
    ({ tom }) => tom.call(`${system}restrictions.save`, ["apikey", [{ uri: "com.example.*", perms: "" }]]),
  ],
  [
    "of the key",
    ({ tom }, key) =>
      tom.call(`${system}db.update`, [[key], { permissions: [{ uri: "com.izaber.wamp.*", perms: "crsp" }] }]),
  ],
  ["in the store", async ({ nexus }) => {
    const { file, text, realm, restrictions, users } = parseSeed("realm: izaber", "seed.yaml");
    const roles = new Map([["frontend", [{ uri: "com.izaber.wamp.*", perms: "crsp" }]]]);
    await nexus.applySeed({ file, text, realm, restrictions, users, roles } as never);
  }],
];

test.each(narrowings)(
  "what a session has, and may not have by the lines %s any more, is revoked",
  async (_, narrow) => {
    await using setting = await setUp();
    const { nexus, join, engage, isServed, publish, heardBy } = setting;
    const { plaintext, record } = await nexus.apiKeys.create(nexus.users.get("ann")!);
    const ann = await join("ann", plaintext);
    const told: string[] = [];
    ann.on("error", (error) => void told.push((error as { code: string }).code));
    const { heard } = await engage(ann);
    await ann.subscribe("com.izaber.wamp.stays", ([value]) => void heard.push(value));
    await narrow(setting, record.uuid);
    await publish("after");
    expect(await isServed()).toBe("wamp.error.no_such_procedure");
    await setting.bob.publish("com.izaber.wamp.stays", ["stays"], {}, { acknowledge: true });
    await heardBy(ann);
    expect(heard).toEqual(["stays"]);
    expect(told).toEqual(["revoked", "revoked"]);
    await ann.close();
  },
);

test("what was allowed in elevated time stays when it is over, and a widening revokes nothing", async () => {
  await using setting = await setUp();
  const { nexus, join, engage, isServed } = setting;
  const save = (perms: string) => nexus.roles.save({ uuid: "x", role: "frontend", permissions: [{ uri: "*", perms }] });
  await save("crsp");
  const ann = await join("ann");
  await engage(ann);
  await ann.call("com.izaber.wamp.auth.reauthenticate_expire");
  await save("cr+s+p");
  expect(await isServed()).toBe(true);
  await save("cr!s+p");
  expect(await isServed()).toBe(true);
  await ann.close();
});

test("under a leniency sessions keep what they have", async () => {
  await using setting = await setUp({ leniency: { sessionsKeepWhatTheyHave: true } });
  const { nexus, tom, join, engage, isServed } = setting;
  const ann = await join("ann");
  await engage(ann);
  await nexus.roles.remove("frontend");
  await tom.call(`${system}users.update`, ["ann", { enabled: false }]);
  await tom.call("system.vacuum.sessions");
  expect(await isServed()).toBe(true);
  await ann.close();
});

/** Time goes on whenever somebody looks, as if what is done in between took that long. */
class BusyClock extends FakeClock {
  /** How many milliseconds pass from one look to the next. */
  step = 0;
  #passed = 0;

  override now(): number {
    return super.now() + (this.#passed += this.step);
  }
}

test("others are served while the many sessions of a user end", async () => {
  const clock = new BusyClock();
  await using on = await NexusHarness.start({ clock });
  const { users, router, realm } = on.nexus;
  const bob = await on.join("bob");
  const others = router.statistics(realm)!.sessions;
  const anns = await Promise.all(Array.from({ length: 60 }, () => on.join("ann")));
  const all = Promise.all(anns.map((ann) => new Promise((resolve) => ann.on("leave", resolve))));
  clock.step = 1;
  await users.save({ ...users.get("ann")!, enabled: false });
  const left: number[] = [];
  do {
    left.push(router.statistics(realm)!.sessions - others);
    expect(await bob.call("com.izaber.wamp.auth.whoami")).toBeTruthy();
    clock.advance(1);
  } while (left.at(-1)! > 0 && left.length < 100);
  // Some at a time: neither all at once nor each by itself.
  expect(left[0]).toBeGreaterThan(30);
  expect(left[0]).toBeLessThan(59);
  expect(left.length).toBeLessThan(30);
  await all;
});

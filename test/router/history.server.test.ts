import { beforeEach, describe, expect, test } from "vitest";
import { ticketAuthenticator } from "../../src/auth/mod.ts";
import { json, msgpack } from "../../src/codec/mod.ts";
import { memoryHistory, openRealm, Router } from "../../src/router/mod.ts";
import type { Decision, HistoryEvent, HistoryStore, HistoryTopic } from "../../src/router/mod.ts";
import type { Dict, WampError } from "../../src/wire/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { harness } from "./harness.ts";
import { dial, plainRoles, settled } from "./peer.ts";
import type { Peer } from "./peer.ts";

let clock: FakeClock;
let mayList: () => Decision | Promise<Decision>;
beforeEach(() => {
  mayList = () => ({ allow: true });
});

const topics: HistoryTopic[] = [
  { uri: "com.log.auth", limit: 5 },
  { uri: "com.log", match: "prefix" },
  { uri: "com..basket", match: "wildcard" },
];
const authorizer = {
  authorize: (_: unknown, action: string) => action === "subscribe" ? mayList() : { allow: true },
};

/** Answers later, as one that reads a file does. */
class SlowStore implements HistoryStore {
  readonly #kept = memoryHistory();
  append(topic: Required<HistoryTopic>, event: HistoryEvent): void {
    this.#kept.append(topic, { ...event });
  }
  async events(topic: Required<HistoryTopic>): Promise<Iterable<HistoryEvent>> {
    await Promise.resolve();
    if (topic.uri === "com.broken") throw new Error("the disk is away");
    return this.#kept.events(topic);
  }
}

const on = harness(() => ({
  clock: clock = new FakeClock(),
  realms: [
    { ...openRealm("kept"), authorizer, history: { topics } },
    { ...openRealm("slow"), history: { topics: [...topics, { uri: "com.broken" }], store: new SlowStore() } },
    { ...openRealm("small"), history: { topics: [{ uri: "com.log" }], store: memoryHistory({ bytes: 3_000 }) } },
    openRealm("none"),
  ],
}));

async function publish(peer: Peer, topic: string, value: unknown, options: Dict = {}): Promise<number> {
  const publish = [M.PUBLISH, peer.request(), { ...options, acknowledge: true }, topic, [value]];
  const published = await peer.ask(publish);
  clock.advance(1_000);
  return published[2] as number;
}

async function idOf(peer: Peer, uri: string, match = "exact"): Promise<number> {
  const result = await peer.ask([M.CALL, peer.request(), {}, "wamp.subscription.lookup", [uri, { match }]]);
  return (result[3] as number[])[0]!;
}

/** The events, or the URI of the error. */
async function ask(peer: Peer, subscription: unknown, query: Dict = {}): Promise<Record<string, unknown>[]> {
  const answer = await peer.ask([M.CALL, peer.request(), {}, "wamp.subscription.get_events", [subscription], query]);
  if (answer[0] !== M.RESULT) throw new Error(String(answer[4]));
  return (answer[3] ?? []) as Record<string, unknown>[];
}

const values = (events: Record<string, unknown>[]) => events.map(({ args }) => (args as unknown[])[0]);

describe("the history of a topic", () => {
  test.each(["kept", "slow"])("is kept before anybody subscribes, and for patterns (%s)", async (realm) => {
    const peer = await on.dial(json).join(realm);
    const begin = clock.now();
    const first = await publish(peer, "com.log.auth", 1, { disclose_me: true });
    await publish(peer, "com.log.basket", 2);
    await publish(peer, "com.other.basket", 3);
    const [exact, prefix, wildcard] = [
      await idOf(peer, "com.log.auth"),
      await idOf(peer, "com.log", "prefix"),
      await idOf(peer, "com..basket", "wildcard"),
    ];
    const publisher = { publisher: peer.id, publisher_authid: expect.any(String), publisher_authrole: "anonymous" };
    expect(await ask(peer, exact)).toEqual([{
      timestamp: new Date(begin).toISOString(),
      subscription: exact,
      publication: first,
      details: publisher,
      args: [1],
      kwargs: {},
    }]);
    expect((await ask(peer, prefix))[0]).toMatchObject({
      subscription: prefix,
      details: { ...publisher, topic: "com.log.auth" },
    });
    expect(values(await ask(peer, prefix))).toEqual([1, 2]);
    expect(values(await ask(peer, wildcard))).toEqual([2, 3]);
    const basket = await peer.subscribe("com.log.basket");
    expect(values(await ask(peer, basket))).toEqual([2]);
  });

  test("keeps the latest ones", async () => {
    const peer = await on.dial().join("kept");
    for (let value = 1; value <= 7; value++) await publish(peer, "com.log.auth", value);
    expect(values(await ask(peer, await idOf(peer, "com.log.auth")))).toEqual([3, 4, 5, 6, 7]);
    expect((await ask(peer, await idOf(peer, "com.log", "prefix"))).length).toBe(7);
  });

  test("is bounded in bytes, too", async () => {
    const peer = await on.dial(json).join("small");
    for (const letter of ["a", "b", "c", "d"]) await publish(peer, "com.log", letter.repeat(1_200));
    const kept = values(await ask(peer, await idOf(peer, "com.log")));
    expect(kept).toEqual(["c".repeat(1_200), "d".repeat(1_200)]);
  });

  test("counts large options for what they take in memory", async () => {
    const peer = await on.dial(json).join("small");
    await publish(peer, "com.log", "a");
    await publish(peer, "com.log", "b", { exclude_authid: ["x".repeat(400)] });
    expect(values(await ask(peer, await idOf(peer, "com.log")))).toEqual([]);
    await publish(peer, "com.log", "c", { exclude_authid: ["x".repeat(100)] });
    expect(values(await ask(peer, await idOf(peer, "com.log")))).toEqual(["c"]);
  });

  test("in a full store gets room for one more without moving the others", () => {
    const topic = { uri: "com.log", match: "exact", limit: 1_000 } as const;
    const event = (publication: number) => ({ publication, size: publication % 7 } as HistoryEvent);
    const store = memoryHistory({ bytes: 3_500 });
    const seen: number[][] = [];
    // It moves all the others.
    const { shift } = Array.prototype;
    let moved = 0;
    Array.prototype.shift = function <T>(this: T[]): T | undefined {
      moved++;
      return shift.call(this) as T | undefined;
    };
    try {
      for (let publication = 1; publication <= 10_000; publication++) {
        store.append(topic, event(publication));
        if (publication % 997 === 0) {
          seen.push([...store.events(topic) as HistoryEvent[]].map(({ publication }) => publication));
        }
      }
    } finally {
      Array.prototype.shift = shift;
    }
    expect(moved).toBe(0);
    expect(seen).toEqual(seen.map((_, index) => {
      const last = (index + 1) * 997;
      const count = Math.min(last, 1_000);
      return Array.from({ length: count }, (_, at) => last - count + 1 + at);
    }));
  });

  test("outlives its subscribers, whose coming and going creates and deletes nothing", async () => {
    const [peer, watcher] = [await on.dial().join("kept"), await on.dial().join("kept")];
    for (const event of ["create", "delete", "subscribe", "unsubscribe"]) {
      await watcher.subscribe(`wamp.subscription.on_${event}`);
    }
    const id = await idOf(peer, "com.log.auth");
    expect(await peer.subscribe("com.log.auth")).toBe(id);
    await peer.ask([M.UNSUBSCRIBE, peer.request(), id]);
    await publish(peer, "com.log.auth", 1);
    expect(values(await ask(peer, id))).toEqual([1]);
    expect((await watcher.rest()).length).toBe(2);
  });

  test("leaves out what was not for the one who asks, and keeps nothing that was for certain sessions", async () => {
    const who = (authid: string, authrole: string) => ({ authid, authrole, authprovider: "test" });
    const admin = await on.dial(undefined, who("a", "admin")).join("kept");
    const user = await on.dial(undefined, who("u", "user")).join("kept");
    await publish(admin, "com.log.auth", 1, { eligible_authrole: ["admin"] });
    await publish(admin, "com.log.auth", 2, { exclude_authid: ["a"] });
    await publish(admin, "com.log.auth", 3, { eligible: [user.id] });
    await publish(admin, "com.log.auth", 4, { exclude: [user.id] });
    await publish(admin, "com.log.auth", 5);
    const id = await idOf(user, "com.log.auth");
    expect(values(await ask(admin, id))).toEqual([1, 5]);
    expect(values(await ask(user, id))).toEqual([2, 5]);
    expect(values(await ask(user, id, { limit: 1, reverse: true }))).toEqual([5]);
  });
});

describe("a query", () => {
  const at = (second: number) => new Date(1_700_000_000_000 + second * 1_000).toISOString();

  test.each<[Dict, number[]]>([
    [{ reverse: true }, [4, 3, 2, 1, 0]],
    [{ limit: 2 }, [0, 1]],
    [{ limit: 2, reverse: true }, [4, 3]],
    [{ from_time: at(1) }, [1, 2, 3, 4]],
    [{ after_time: at(1) }, [2, 3, 4]],
    [{ before_time: at(3) }, [0, 1, 2]],
    [{ until_time: at(3) }, [0, 1, 2, 3]],
    [{ after_time: at(0), before_time: at(3), limit: 1 }, [1]],
    [{ from_time: "2023-11-14T23:13:22+01:00" }, [2, 3, 4]],
    [{ topic: "com.log.odd" }, [1, 3]],
    [{ topic: "com.log.none" }, []],
    [{ topic: "com.log.odd", reverse: true, limit: 1 }, [3]],
  ])("%j", async (query, expected) => {
    const peer = await on.dial().join("kept");
    for (let value = 0; value < 5; value++) await publish(peer, value % 2 ? "com.log.odd" : "com.log.even", value);
    expect(values(await ask(peer, await idOf(peer, "com.log", "prefix"), query))).toEqual(expected);
  });

  test.each([
    ["from_publication", [2, 3, 4]],
    ["after_publication", [3, 4]],
    ["before_publication", [0, 1]],
    ["until_publication", [0, 1, 2]],
  ])("%s", async (key, expected) => {
    const peer = await on.dial().join("kept");
    const ids: number[] = [];
    for (let value = 0; value < 5; value++) ids.push(await publish(peer, "com.log.auth", value));
    const id = await idOf(peer, "com.log.auth");
    expect(values(await ask(peer, id, { [key]: ids[2]! }))).toEqual(expected);
    expect(values(await ask(peer, id, { after_publication: ids[0]!, until_publication: ids[3]!, reverse: true })))
      .toEqual([3, 2, 1]);
    expect(await ask(peer, id, { after_publication: ids[4]!, before_publication: ids[0]! })).toEqual([]);
    await expect(ask(peer, id, { [key]: 4711 })).rejects.toThrow("wamp.error.invalid_argument");
  });

  test.each([
    { limit: 0 },
    { limit: "1" },
    { limit: 1.5 },
    { reverse: 1 },
    { topic: 1 },
    { from_time: "yesterday" },
    { from_time: 1 },
    { until_time: "2023-99-99T00:00:00Z" },
    { after_publication: "x" },
  ])("%j is refused", async (query) => {
    const peer = await on.dial().join("kept");
    await expect(ask(peer, await idOf(peer, "com.log.auth"), query)).rejects.toThrow("wamp.error.invalid_argument");
  });
});

describe("who asks", () => {
  test("has to be allowed to subscribe, unless it does", async () => {
    const [peer, subscriber] = [await on.dial().join("kept"), await on.dial().join("kept")];
    const id = await subscriber.subscribe("com.log.auth");
    for (const later of [false, true]) {
      mayList = () => later ? Promise.resolve({ allow: false }) : { allow: false };
      await expect(ask(peer, id)).rejects.toThrow("wamp.error.not_authorized");
      expect(await ask(subscriber, id)).toEqual([]);
    }
  });

  test("has to name a subscription whose history is kept", async () => {
    const peer = await on.dial().join("kept");
    for (const id of [4711, "x", null, undefined]) {
      await expect(ask(peer, id)).rejects.toThrow("wamp.error.no_such_subscription");
    }
    await expect(ask(peer, await peer.subscribe("com.else"))).rejects.toThrow("wamp.error.history_unavailable");
  });

  test("is told when the store or the authorizer fails, and its session lives on", async () => {
    const [peer, other] = [await on.dial().join("slow"), await on.dial().join("kept")];
    await expect(ask(peer, await idOf(peer, "com.broken"))).rejects.toThrow("wamp.error.runtime_error");
    mayList = () => {
      throw new Error("the rules are away");
    };
    await expect(ask(other, await idOf(other, "com.log.auth"))).rejects.toThrow("wamp.error.authorization_failed");
    expect(on.takeFailures()).toEqual([
      new Error("the disk is away"),
      expect.objectContaining({ cause: new Error("the rules are away") }),
    ]);
    await peer.subscribe("com.still_here");
  });
});

test("what one session's serializer cannot represent is left out for it, and keeps nothing else from it", async () => {
  const [writer, reader] = [await on.dial(msgpack).join("kept"), await on.dial(json).join("kept")];
  const first = await publish(writer, "com.log.x", "a");
  const odd = await publish(writer, "com.log.x", NaN);
  const last = await publish(writer, "com.log.x", "b");
  const id = await idOf(reader, "com.log", "prefix");
  const publications = async (peer: Peer) => (await ask(peer, id)).map((event) => (event as Dict).publication);
  expect(await publications(reader)).toEqual([first, last]);
  expect(await publications(writer)).toEqual([first, odd, last]);
});

test("one session cannot keep the authorizer busy by asking for histories", async () => {
  const decision = Promise.withResolvers<Decision>();
  let asked = 0;
  mayList = () => (asked++, decision.promise);
  const [hasty, other] = [await on.dial().join("kept"), await on.dial().join("kept")];
  const id = await idOf(hasty, "com.log.auth");
  for (let count = 0; count < 100; count++) hasty.call("wamp.subscription.get_events", {}, [id]);
  const refused = await hasty.rest();
  expect(refused.map((message) => message[4])).toEqual(Array(36).fill("wamp.error.unavailable"));
  expect(asked).toBe(64);
  expect(on.router.reached()).toEqual({ pendingCalls: 36 });
  expect(await idOf(other, "com.log.auth")).toBe(id);
  decision.resolve({ allow: true });
  for (let count = 0; count < 64; count++) expect((await hasty.next())[0]).toBe(M.RESULT);
  expect(await ask(hasty, id)).toEqual([]);
});

test.each([["json", json], ["msgpack", msgpack], ["this process", undefined]])(
  "an answer that no message may have is refused before all of it is read (%s)",
  async (_, serializer) => {
    let read = 0;
    const crowd = Array.from({ length: 100 }, () => Array.from({ length: 300 }, () => []));
    const store: HistoryStore = {
      append: () => {},
      events: () =>
        Array.from({ length: 1_000 }, (_, index): HistoryEvent => ({
          publication: index + 1,
          timestamp: 1_700_000_000_000,
          topic: "com.log",
          details: {},
          options: {},
          size: 100_000,
          kwargs: {},
          get args() {
            read++;
            return crowd;
          },
        })),
    };
    const router = new Router({
      realms: [{ ...openRealm("realm1"), history: { topics: [{ uri: "com.log" }], store } }],
    });
    const peer = await dial(router, serializer).join();
    await expect(ask(peer, 1)).rejects.toThrow("wamp.error.payload_size_exceeded");
    expect(read).toBeLessThan(40);
    expect(await ask(peer, 1, { limit: 3 })).toHaveLength(3);
    await router.close();
  },
);

test("what a session has asked for is not read any more once it has left", async () => {
  const [read, begun] = [Promise.withResolvers<HistoryEvent[]>(), Promise.withResolvers<void>()];
  let count = 0;
  const store: HistoryStore = {
    append: () => {},
    events: () => {
      count++;
      begun.resolve();
      return read.promise;
    },
  };
  const router = new Router({
    realms: [{ ...openRealm("realm1"), history: { topics: [{ uri: "com.log" }], store } }],
  });
  const peer = await dial(router).join();
  for (let asking = 0; asking < 3; asking++) peer.call("wamp.subscription.get_events", {}, [1]);
  await begun.promise;
  expect((await peer.ask([M.GOODBYE, {}, "wamp.close.normal"]))[0]).toBe(M.GOODBYE);
  read.resolve([]);
  for (let turn = 0; turn < 5; turn++) await settled();
  expect(count).toBe(1);
  await router.close();
});

test("who asks while the authorizer does not answer is refused in the end, and may ask again", async () => {
  mayList = () => new Promise<Decision>(() => {});
  const peer = await on.dial().join("kept");
  const id = await idOf(peer, "com.log.auth");
  for (let count = 0; count < 64; count++) peer.call("wamp.subscription.get_events", {}, [id]);
  expect(await peer.rest()).toEqual([]);
  clock.advance(30_000);
  expect((await peer.rest()).map((message) => message[4])).toEqual(Array(64).fill("wamp.error.authorization_failed"));
  expect(on.takeFailures().map((error) => (error as WampError).code)).toEqual(Array(64).fill("timeout"));
  expect(on.router.reached()).toEqual({ authorizationTimeout: 64 });
  mayList = () => ({ allow: true });
  expect(await ask(peer, id)).toEqual([]);
});

test("a realm announces a history only if it keeps one", async () => {
  const features = async (realm: string) => {
    const hello = [M.HELLO, realm, { roles: { caller: {} } }];
    const [, , details] = await on.dial().ask(hello) as [number, number, { roles: Record<string, { features: Dict }> }];
    return details.roles.broker!.features.event_history;
  };
  expect([await features("kept"), await features("none")]).toEqual([true, undefined]);
  await expect(ask(await on.dial().join("none"), 1)).rejects.toThrow("wamp.error.history_unavailable");
});

test.each<[unknown[], string]>([
  [[{ uri: "a..b" }], 'Cannot keep the history of "a..b" (exact): give a valid topic'],
  [[{ uri: 5 }], "Cannot keep the history of 5: the option uri is 5, expected a text"],
  [["a.b"], 'Cannot keep the history of a topic: options is "a.b", expected an object such as { uri: '],
  [[{}], "Cannot keep the history of a topic: the option uri is undefined"],
  [[{ uri: "a.b", match: "regex" }], 'the option match is "regex", expected "exact" or "prefix" or "wildcard"'],
  [[{ uri: "a.b", limt: 5 }], 'there is no option "limt"; there are uri, match, limit'],
  [[{ uri: "a.b", limit: 0 }], "limit is 0"],
  [[{ uri: "a.b", limit: 1.5 }], "limit is 1.5"],
  [[{ uri: "a.b" }, { uri: "a.b", match: "exact" }], "twice"],
])("topics %j are refused", (wrong, why) => {
  const history = { topics: wrong as HistoryTopic[] };
  expect(() => new Router({ realms: [{ ...openRealm("realm1"), history }] })).toThrow(why);
});

test("two realms may share a store, but no topic in it", async () => {
  const store = memoryHistory();
  const realm = (name: string, uri: string, match?: "prefix") => ({
    ...openRealm(name),
    history: { topics: [{ uri, ...(match === undefined ? {} : { match }) }], store },
  });
  const why = 'Cannot open realm b: its history of "com.log" goes to the same store as that of realm a; give each';
  expect(() => new Router({ realms: [realm("a", "com.log"), realm("b", "com.log")] })).toThrow(why);
  const errors: unknown[] = [];
  const router = new Router({
    realms: [realm("a", "com.log"), realm("c", "com.c.log"), realm("d", "com.log", "prefix")],
    onDemand: (name) => realm(name, name === "b" ? "com.log" : `com.${name}.log`),
    onError: (error) => errors.push(error),
  });
  expect((await dial(router).ask([M.HELLO, "b", { roles: { caller: {} } }]))[2]).toBe("wamp.error.no_such_realm");
  expect(errors.map((error) => (error as Error).message)).toEqual([expect.stringContaining(why)]);
  await dial(router).join("e");
  await router.close();
});

test("two realms on demand that are entered at the same time keep no topic in one store either", async () => {
  const store = memoryHistory();
  const errors: unknown[] = [];
  const ticket = ticketAuthenticator(() => ({
    next: "accept",
    principal: { authid: "ann", authrole: "user", authprovider: "test" },
  }));
  const router = new Router({
    realms: [],
    onDemand: () => ({ authenticators: [ticket], history: { topics: [{ uri: "com.log" }], store } }),
    onError: (error) => errors.push(error),
  });
  const peers = [dial(router), dial(router)] as const;
  for (const [index, peer] of peers.entries()) {
    const hello = [M.HELLO, `realm${index}`, { roles: plainRoles, authmethods: ["ticket"] }];
    expect((await peer.ask(hello))[0]).toBe(M.CHALLENGE);
  }
  expect((await peers[0].ask([M.AUTHENTICATE, "", {}]))[0]).toBe(M.WELCOME);
  const refusal = await peers[1].ask([M.AUTHENTICATE, "", {}]);
  expect([refusal[0], refusal[2]]).toEqual([M.ABORT, "wamp.error.no_such_realm"]);
  expect(router.realms).toEqual(["realm0"]);
  expect(errors).toEqual([
    expect.objectContaining({ message: expect.stringContaining("same store as that of realm realm0") }),
  ]);
  await router.close();
});

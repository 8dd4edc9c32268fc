import { beforeEach, describe, expect, test } from "vitest";
import { json } from "../../src/codec/mod.ts";
import type { Args, Dict } from "../../src/wire/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { harness } from "./harness.ts";
import { fullRoles, plainRoles } from "./peer.ts";
import type { Peer } from "./peer.ts";

let clock: FakeClock;
beforeEach(() => {
  clock = new FakeClock();
});
const on = harness(() => ({ clock }));
const trusted = { authid: "service", authrole: "trusted", authprovider: "static" };
const created = "2023-11-14T22:13:20.000Z";

/** Calls a procedure and gives its result, or the error's URI. */
async function ask(peer: Peer, procedure: string, ...args: Args): Promise<unknown> {
  const answer = await peer.ask([M.CALL, peer.request(), {}, procedure, args]);
  return answer[0] === M.RESULT ? (answer[3] as unknown[])[0] : answer[4];
}

/** Subscribes to all events about registrations or subscriptions; gives what comes, each by its topic's last part. */
async function listen(kind: string): Promise<() => Promise<unknown[]>> {
  const peer = await on.dial().join();
  await peer.subscribe(`wamp.${kind}.`, { match: "prefix" });
  await peer.rest();
  const nameOf = (details: unknown) => (details as { topic: string }).topic.split(".").at(-1);
  return async () => (await peer.rest()).map((event) => [nameOf(event[3]), ...event[4] as unknown[]]);
}

/** What is the same of registrations and subscriptions. */
const kinds = [
  {
    kind: "registration",
    member: "callee",
    verb: "register",
    enter: (peer: Peer, uri: string, options: Dict = {}) => peer.register(uri, { invoke: "first", ...options }),
    leave: (peer: Peer, id: number) => peer.ask([M.UNREGISTER, peer.request(), id]),
    more: { invoke: "first" },
  },
  {
    kind: "subscription",
    member: "subscriber",
    verb: "subscribe",
    enter: (peer: Peer, uri: string, options: Dict = {}) => peer.subscribe(uri, options),
    leave: (peer: Peer, id: number) => peer.ask([M.UNSUBSCRIBE, peer.request(), id]),
    more: {},
  },
];

describe.each(kinds)("wamp.$kind", ({ kind, member, verb, enter, leave, more }) => {
  test("list, lookup and get tell what there is", async () => {
    const [ann, bob] = [await on.dial().join(), await on.dial().join()];
    const exact = await enter(ann, "com.example.a");
    const prefix = await enter(ann, "com.example.a", { match: "prefix" });
    const wildcard = await enter(ann, "com..a", { match: "wildcard" });
    expect(await ask(bob, `wamp.${kind}.list`)).toEqual({ exact: [exact], prefix: [prefix], wildcard: [wildcard] });
    expect(await ask(bob, `wamp.${kind}.lookup`, "com.example.a")).toBe(exact);
    expect(await ask(bob, `wamp.${kind}.lookup`, "com.example.a", { match: "prefix" })).toBe(prefix);
    expect(await ask(bob, `wamp.${kind}.lookup`, "com.example.a.b")).toBe(null);
    expect(await ask(bob, `wamp.${kind}.get`, wildcard)).toEqual({
      id: wildcard,
      created,
      uri: "com..a",
      match: "wildcard",
      ...more,
    });
    for (const id of [exact, prefix, wildcard]) await leave(ann, id);
    expect(await ask(bob, `wamp.${kind}.list`)).toEqual({ exact: [], prefix: [], wildcard: [] });
  });

  test("tells who takes part", async () => {
    const [ann, bob] = [await on.dial().join(), await on.dial().join()];
    const id = await enter(ann, "com.example.a");
    await enter(bob, "com.example.a");
    await enter(await on.dial(json, trusted).join(), "com.example.a");
    expect(await ask(bob, `wamp.${kind}.list_${member}s`, id)).toEqual([ann.id, bob.id]);
    expect(await ask(bob, `wamp.${kind}.count_${member}s`, id)).toBe(2);
  });

  test("knows what is not there, and what is no argument", async () => {
    const ann = await on.dial().join();
    for (const procedure of ["get", `list_${member}s`, `count_${member}s`]) {
      expect(await ask(ann, `wamp.${kind}.${procedure}`, 4711)).toBe(`wamp.error.no_such_${kind}`);
      expect(await ask(ann, `wamp.${kind}.${procedure}`)).toBe(`wamp.error.no_such_${kind}`);
    }
    for (const procedure of ["lookup", "match"]) {
      expect(await ask(ann, `wamp.${kind}.${procedure}`, 1)).toBe("wamp.error.invalid_argument");
    }
    expect(await ask(ann, `wamp.${kind}.lookup`, "com.a", { match: "x" })).toBe("wamp.error.invalid_argument");
  });

  test("events tell of its beginning, its members and its end, in this order", async () => {
    const events = await listen(kind);
    const [ann, bob] = [await on.dial().join(), await on.dial().join()];
    const id = await enter(ann, "com.example.a");
    await enter(bob, "com.example.a");
    await enter(bob, "com.example.a");
    expect(await events()).toEqual([
      ["on_create", ann.id, { id, created, uri: "com.example.a", match: "exact", ...more }],
      [`on_${verb}`, ann.id, id],
      [`on_${verb}`, bob.id, id],
    ]);
    await leave(ann, id);
    bob.connection.close(1000, "");
    await bob.closed;
    expect(await events()).toEqual([
      [`on_un${verb}`, ann.id, id],
      [`on_un${verb}`, bob.id, id],
      ["on_delete", bob.id, id],
    ]);
  });

  test("events tell nothing of the sessions that serve the realm itself", async () => {
    const events = await listen(kind);
    const service = await on.dial(json, trusted).join();
    await leave(service, await enter(service, "com.example.a"));
    expect(await events()).toEqual([]);
  });
});

describe.each(kinds)("beside a session that serves the realm itself", ({ kind, verb, enter, leave }) => {
  test.each([true, false])(
    `events tell of a ${kind} as if that were not there (it comes first: %s)`,
    async (isFirst) => {
      const news = await listen(kind);
      const [service, ann, bob] = [
        await on.dial(undefined, trusted).join(),
        await on.dial().join(),
        await on.dial().join(),
      ];
      if (isFirst) await enter(service, "com.example.a");
      const id = await enter(ann, "com.example.a");
      expect((await news()).map((event) => (event as unknown[])[0])).toEqual(["on_create", `on_${verb}`]);
      if (!isFirst) await enter(service, "com.example.a");
      await enter(bob, "com.example.a");
      await leave(ann, id);
      expect((await news()).map((event) => (event as unknown[])[0])).toEqual([`on_${verb}`, `on_un${verb}`]);
      if (isFirst) await leave(service, id);
      await leave(bob, id);
      expect(await news()).toEqual([[`on_un${verb}`, bob.id, id], ["on_delete", bob.id, id]]);
      if (!isFirst) await leave(service, id);
      expect(await news()).toEqual([]);
    },
  );
});

test("wamp.registration.match gives the one that a call would go to", async () => {
  const ann = await on.dial().join();
  const [all, prefix] = [
    await ann.register("", { match: "prefix" }),
    await ann.register("com.example", { match: "prefix" }),
  ];
  const exact = await ann.register("com.example.a");
  for (
    const [uri, id] of [["com.example.a", exact], ["com.example.b", prefix], ["org.x", all], ["wamp.x", null]] as const
  ) {
    expect(await ask(ann, "wamp.registration.match", uri)).toBe(id);
  }
});

test("wamp.subscription.match gives all that an event would go to", async () => {
  const ann = await on.dial().join();
  const exact = await ann.subscribe("com.example.a");
  const prefix = await ann.subscribe("com.example", { match: "prefix" });
  expect(await ask(ann, "wamp.subscription.match", "com.example.a")).toEqual([exact, prefix]);
  expect(await ask(ann, "wamp.subscription.match", "com.example.b")).toEqual([prefix]);
  expect(await ask(ann, "wamp.subscription.match", "com.other")).toBe(null);
});

test("events tell nothing of subscriptions to the router's own topics", async () => {
  const events = await listen("subscription");
  const ann = await on.dial().join();
  await ann.subscribe("wamp.session.on_join");
  await ann.subscribe("wamp", { match: "prefix" });
  expect(await events()).toEqual([]);
});

test.each([["", "prefix"], ["wam", "prefix"], [".session.on_join", "wildcard"], ["..", "wildcard"]])(
  "a subscription of %j as %s, which does not ask for the router's own topics, gets none of them",
  async (uri, match) => {
    const ann = await on.dial().join();
    await ann.subscribe(uri, { match });
    await (await on.dial().join()).register("com.example.a");
    expect(await ann.rest()).toEqual([]);
  },
);

test("events tell who lost a registration to another, and who has it now", async () => {
  const [ann, bob] = [await on.dial().join(), await on.dial().join()];
  const lost = await ann.register("com.example.a");
  const events = await listen("registration");
  const id = await bob.register("com.example.a", { force_reregister: true });
  expect(await events()).toEqual([
    ["on_unregister", ann.id, lost],
    ["on_delete", ann.id, lost],
    ["on_create", bob.id, { id, created, uri: "com.example.a", match: "exact", invoke: "single" }],
    ["on_register", bob.id, id],
  ]);
});

describe("wamp.subscription.remove_subscriber", () => {
  const revocation = { ...fullRoles, subscriber: { features: { subscription_revocation: true } } };

  test.each([[revocation, true], [plainRoles, false]])(
    "ends a subscription, and says so to %j: %s",
    async (roles, told) => {
      const [ann, bob] = [await on.dial().join(), await on.dial().join("realm1", roles)];
      const id = await bob.subscribe("com.example.a");
      expect(await ask(ann, "wamp.subscription.remove_subscriber", id, bob.id)).toBe(null);
      expect(await bob.rest()).toEqual(told ? [[M.UNSUBSCRIBED, 0, { subscription: id }]] : []);
      ann.publish("com.example.a");
      expect(await bob.rest()).toEqual([]);
    },
  );

  test("knows who is not there", async () => {
    const [ann, bob] = [await on.dial().join(), await on.dial().join()];
    const service = await on.dial(json, trusted).join();
    const id = await bob.subscribe("com.example.a");
    await service.subscribe("com.example.a");
    for (const session of [4711, ann.id, service.id]) {
      expect(await ask(ann, "wamp.subscription.remove_subscriber", id, session)).toBe("wamp.error.no_such_session");
    }
    expect(await ask(ann, "wamp.subscription.remove_subscriber", 4711, bob.id)).toBe("wamp.error.no_such_subscription");
    expect(await bob.rest()).toEqual([]);
  });
});

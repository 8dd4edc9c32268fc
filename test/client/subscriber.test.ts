import { expect, test } from "vitest";
import type { TopicEvent } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { settle } from "../support/scripted_router.ts";
import { joined } from "../support/scripted_client.ts";

test("events come in order, with what the router says of them", async () => {
  const { client, peer } = await joined();
  const got: TopicEvent[] = [];
  const subscribing = client.subscribe("com.example.", (args, kwargs, event) => {
    expect(event.args).toBe(args);
    expect(event.kwargs).toBe(kwargs);
    got.push(event);
  }, { match: "prefix", get_retained: true });
  expect((await peer.subscribed(3)).options).toEqual({ match: "prefix", get_retained: true });
  const subscription = await subscribing;
  expect([subscription.id, subscription.topic, subscription.match, subscription.active]).toEqual([
    3,
    "com.example.",
    "prefix",
    true,
  ]);
  peer.send([MessageType.EVENT, 3, 21, { topic: "com.example.a", publisher: 9, publisher_authid: "joe" }], [1], {
    k: 2,
  });
  peer.send([MessageType.EVENT, 3, 22, {}]);
  peer.send([MessageType.EVENT, 99, 23, {}], ["foreign"]);
  await settle();
  expect(got).toMatchObject([
    {
      topic: "com.example.a",
      subscription: 3,
      publication: 21,
      publisher: 9,
      publisher_authid: "joe",
      args: [1],
      kwargs: { k: 2 },
    },
    { topic: "com.example.", publication: 22, publisher: undefined, args: [], kwargs: {} },
  ]);
});

test("several handlers share one subscription, which ends with the last", async () => {
  const { client, peer } = await joined();
  const got: string[] = [];
  const both = [client.subscribe("a.b", () => got.push("one")), client.subscribe("a.b", () => got.push("two"))];
  await peer.subscribed(3);
  const [one, two] = await Promise.all(both);
  const three = await client.subscribe("a.b", () => got.push("three"));
  peer.send([MessageType.EVENT, 3, 21, {}]);
  await settle();
  expect(got).toEqual(["one", "two", "three"]);
  await one?.unsubscribe();
  await three.unsubscribe();
  peer.send([MessageType.EVENT, 3, 22, {}]);
  await settle();
  expect(got).toEqual(["one", "two", "three", "two"]);
  const leaving = two?.unsubscribe();
  const request = await peer.next(MessageType.UNSUBSCRIBE);
  expect(request.secondId).toBe(3);
  peer.send([MessageType.EVENT, 3, 23, {}]);
  peer.send([MessageType.UNSUBSCRIBED, request.firstId]);
  await leaving;
  await two?.unsubscribe();
  expect([got.length, peer.unread]).toEqual([4, 0]);
});

test("an event that comes before its SUBSCRIBED is delivered after it, in order", async () => {
  const { client, peer } = await joined();
  const got: unknown[] = [];
  const subscribing = client.subscribe("a.b", (args) => got.push(args[0]));
  const request = await peer.next(MessageType.SUBSCRIBE);
  peer.send([MessageType.EVENT, 3, 21, { retained: true }], ["early"]);
  peer.send([MessageType.EVENT, 4, 22, {}], ["foreign"]);
  peer.send([MessageType.SUBSCRIBED, request.firstId, 3]);
  peer.send([MessageType.EVENT, 3, 23, {}], ["after"]);
  await subscribing;
  await settle();
  expect(got).toEqual(["early", "after"]);
});

test("what the router keeps goes to who asked for it, once each, and what is live to all", async () => {
  const { client, peer } = await joined();
  const got: string[] = [];
  const listen = (name: string, get_retained: boolean) =>
    client.subscribe("a.b", ([value], _kwargs, { retained }) => got.push(`${name} ${value} ${retained}`), {
      get_retained,
    });
  const plain = listen("plain", false);
  await peer.subscribed(3);
  await plain;
  // Both are under way; some routers give it a publication id of its own each time.
  const kept = [listen("one", true), listen("two", true)];
  for (const publication of [21, 22]) {
    await peer.subscribed(3);
    peer.send([MessageType.EVENT, 3, publication, { retained: true }], ["kept"]);
  }
  const [one] = await Promise.all(kept);
  peer.send([MessageType.EVENT, 3, 23, {}], ["live"]);
  await settle();
  expect(got).toEqual(["one kept true", "two kept true", "plain live false", "one live false", "two live false"]);
  await one?.unsubscribe();
  const stop = new AbortController();
  const givenUp = client.subscribe("a.b", () => got.push("given up"), { get_retained: true, signal: stop.signal });
  const request = await peer.next(MessageType.SUBSCRIBE);
  stop.abort();
  await expect(givenUp).rejects.toMatchObject({ code: "aborted" });
  peer.send([MessageType.SUBSCRIBED, request.firstId, 3]);
  peer.send([MessageType.EVENT, 3, 24, { retained: true }], ["kept"]);
  await settle();
  expect(got).toHaveLength(5);
});

test("a handler that subscribes anew while UNSUBSCRIBE is under way gets only what is new", async () => {
  const { client, peer } = await joined();
  const got: string[] = [];
  const subscribing = client.subscribe("a.b", () => got.push("old"));
  await peer.subscribed(3);
  const old = await subscribing;
  const leaving = old.unsubscribe();
  const again = client.subscribe("a.b", (args) => got.push(`new ${args[0]}`));
  const request = await peer.next(MessageType.UNSUBSCRIBE);
  peer.send([MessageType.EVENT, 3, 21, {}], ["in flight"]);
  peer.send([MessageType.UNSUBSCRIBED, request.firstId]);
  await peer.subscribed(3);
  peer.send([MessageType.EVENT, 3, 22, {}], ["event"]);
  await Promise.all([leaving, again]);
  await settle();
  expect(got).toEqual(["new event"]);
});

test("handlers may subscribe and unsubscribe while an event is delivered", async () => {
  const { client, peer } = await joined();
  const got: string[] = [];
  const first = client.subscribe("a.b", async () => {
    got.push("first");
    void (await second).unsubscribe();
    void client.subscribe("a.b", () => got.push("late"));
  });
  await peer.subscribed(3);
  await first;
  const second = client.subscribe("a.b", () => got.push("second"));
  await second;
  peer.send([MessageType.EVENT, 3, 21, {}]);
  await settle();
  expect(got).toEqual(["first", "second"]);
  peer.send([MessageType.EVENT, 3, 22, {}]);
  await settle();
  expect(got).toEqual(["first", "second", "first", "late"]);
});

test("a handler that fails, at once or later, is reported and disturbs no other", async () => {
  const { client, peer } = await joined();
  const reported: unknown[] = [];
  client.on("error", (error, context) => reported.push([(error as Error).message, context.during, context.uri]));
  const got: unknown[] = [];
  const all = [
    client.subscribe("a.b", () => {
      throw new Error("at once");
    }),
    client.subscribe("a.b", () => Promise.reject(new Error("later"))),
    client.subscribe("a.b", (args) => got.push(args[0])),
  ];
  await peer.subscribed(3);
  await Promise.all(all);
  peer.send([MessageType.EVENT, 3, 21, {}], [1]);
  await settle();
  expect(got).toEqual([1]);
  expect(reported).toEqual([["at once", "event", "a.b"], ["later", "event", "a.b"]]);
});

test("a refusal rejects every handler that waited, and leaves nothing", async () => {
  const { client, peer } = await joined();
  const both = [client.subscribe("a.b", () => {}), client.subscribe("a.b", () => {})];
  const outcomes = Promise.allSettled(both);
  const request = await peer.next(MessageType.SUBSCRIBE);
  peer.send([MessageType.ERROR, MessageType.SUBSCRIBE, request.firstId, {}, "wamp.error.not_authorized"]);
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ status: "rejected", reason: { uri: "wamp.error.not_authorized" } });
  }
  expect(client.session?.pending.requests).toBe(0);
});

test("a subscription that the router takes away becomes inactive, and says so", async () => {
  const { client, peer } = await joined();
  const reported: unknown[] = [];
  client.on("error", (error) => reported.push(error));
  const subscribing = client.subscribe("a.b", () => {});
  await peer.subscribed(3);
  const subscription = await subscribing;
  peer.send([MessageType.UNSUBSCRIBED, 0, { subscription: 3 }]);
  await settle();
  expect(subscription.active).toBe(false);
  expect(reported).toMatchObject([{ code: "revoked" }]);
});

test("events() is read with a loop; leaving it unsubscribes", async () => {
  const { client, peer } = await joined();
  const events = client.events("a.b");
  await peer.subscribed(3);
  for (let n = 0; n < 3; n++) peer.send([MessageType.EVENT, 3, 20 + n, {}], [n]);
  const got: unknown[] = [];
  for await (const { args } of events) {
    got.push(args[0]);
    if (got.length < 3) continue;
    void peer.next(MessageType.UNSUBSCRIBE).then(({ firstId }) => peer.send([MessageType.UNSUBSCRIBED, firstId]));
    break;
  }
  expect(got).toEqual([0, 1, 2]);
  expect(await events.next()).toEqual({ value: undefined, done: true });
  await settle();
  expect(client.session?.pending.requests).toBe(0);
});

test("what events() does when nobody reads is as was asked", async () => {
  for (const [overflow, expected, dropped] of [["drop-oldest", [2, 3], 2], ["drop-newest", [0, 1], 2]] as const) {
    const { client, peer } = await joined();
    const events = client.events("a.b", { buffer: 2, overflow });
    await peer.subscribed(3);
    await events.ready;
    for (let n = 0; n < 4; n++) peer.send([MessageType.EVENT, 3, 20 + n, {}], [n]);
    await settle();
    expect([events.buffered, events.dropped]).toEqual([2, dropped]);
    const closing = events.close();
    const { firstId } = await peer.next(MessageType.UNSUBSCRIBE);
    peer.send([MessageType.UNSUBSCRIBED, firstId]);
    await closing;
    const got: unknown[] = [];
    for await (const { args } of events) got.push(args[0]);
    expect(got).toEqual(expected);
  }
  const { client, peer } = await joined();
  const events = client.events("a.b", { buffer: 2, overflow: "error" });
  await peer.subscribed(3);
  await events.ready;
  for (let n = 0; n < 3; n++) peer.send([MessageType.EVENT, 3, 20 + n, {}], [n]);
  await settle();
  expect((await events.next()).value.args).toEqual([0]);
  expect((await events.next()).value.args).toEqual([1]);
  await expect(events.next()).rejects.toMatchObject({ code: "overflow" });
  expect((await events.next()).done).toBe(true);
  expect(() => client.events("a.b", { buffer: 0 })).toThrow(/buffer 0/);
});

test("events() goes on over a reconnect, ends when the client closes, and rejects when refused", async () => {
  const { client, peer, router, clock } = await joined();
  const events = client.events("a.b");
  await peer.subscribed(3);
  await events.ready;
  peer.connection.terminate();
  await settle();
  clock.advance(1_000);
  const next = await router.join(8);
  await next.subscribed(4);
  next.send([MessageType.EVENT, 4, 21, {}], ["again"]);
  expect((await events.next()).value.args).toEqual(["again"]);
  const waiting = events.next();
  const closing = client.close();
  await next.goodbye();
  await closing;
  expect((await waiting).done).toBe(true);

  const other = await joined();
  const refused = other.client.events("a.b");
  const request = await other.peer.next(MessageType.SUBSCRIBE);
  other.peer.send([MessageType.ERROR, MessageType.SUBSCRIBE, request.firstId, {}, "wamp.error.not_authorized"]);
  await expect(refused.next()).rejects.toMatchObject({ uri: "wamp.error.not_authorized" });
});

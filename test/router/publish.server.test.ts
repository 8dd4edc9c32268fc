import { describe, expect, test } from "vitest";
import { json } from "../../src/codec/mod.ts";
import type { Serializer } from "../../src/codec/mod.ts";
import { openRealm } from "../../src/router/mod.ts";
import type { Dict } from "../../src/wire/mod.ts";
import { MAX_ID, MessageType as M } from "../../src/wire/mod.ts";
import { harness } from "./harness.ts";
import type { Peer } from "./peer.ts";

const on = harness(() => ({ realms: [openRealm("realm1"), openRealm("realm2")], limits: { subscriptions: 3 } }));

/** Sessions a, b, c: authids `a-1` and on, roles `a` and on. */
async function named(...names: string[]): Promise<Peer[]> {
  const principal = (name: string) => ({ authid: `${name}-1`, authrole: name, authprovider: "test" });
  return await Promise.all(names.map((name) => on.dial(undefined, principal(name)).join()));
}

describe("an event", () => {
  test("reaches every subscriber but its publisher, whatever they speak, under one publication id", async () => {
    const [publisher, direct, text] = [await on.dial().join(), await on.dial().join(), await on.dial(json).join()];
    const ids = [await publisher.subscribe("com.example.t"), await direct.subscribe("com.example.t")];
    ids.push(await text.subscribe("com.example.t"));
    expect(new Set(ids).size).toBe(1);
    publisher.publish("com.example.t", {}, ["x", 1], { k: "v" });
    const [one, two] = [await direct.next(), await text.next()];
    expect(one).toEqual([M.EVENT, ids[0], one[2], {}, ["x", 1], { k: "v" }]);
    expect(two).toEqual(one);
    expect(one[2]).toSatisfy((id: number) => Number.isInteger(id) && id > 0 && id < MAX_ID);
    expect(await publisher.rest()).toEqual([]);
  });

  test("reaches its publisher, too, when that does not exclude itself, behind PUBLISHED", async () => {
    const peer = await on.dial().join();
    const id = await peer.subscribe("com.example.t");
    peer.publish("com.example.t", { exclude_me: false, acknowledge: true }, ["x"]);
    const published = await peer.next();
    expect(published.slice(0, 2)).toEqual([M.PUBLISHED, 2]);
    expect(await peer.next()).toEqual([M.EVENT, id, published[2], {}, ["x"]]);
  });

  test("is acknowledged also where nobody listens, and not unless asked", async () => {
    const peer = await on.dial().join();
    peer.publish("com.example.nobody");
    expect((await peer.ask([M.PUBLISH, 2, { acknowledge: true }, "com.example.nobody"])).slice(0, 2)).toEqual([
      M.PUBLISHED,
      2,
    ]);
    expect(await peer.rest()).toEqual([]);
  });

  test("comes once for each subscription that matches, with its topic where a pattern does", async () => {
    const [subscriber, publisher] = [await on.dial(json).join(), await on.dial().join()];
    const topic = "com.example.t";
    const exact = await subscriber.subscribe(topic);
    const prefix = await subscriber.subscribe("com.exam", { match: "prefix" });
    const wildcard = await subscriber.subscribe("com..t", { match: "wildcard" });
    publisher.publish(topic, {}, ["x"]);
    const events = await subscriber.rest();
    const publication = events[0]![2];
    expect(events).toEqual([
      [M.EVENT, exact, publication, {}, ["x"]],
      [M.EVENT, prefix, publication, { topic }, ["x"]],
      [M.EVENT, wildcard, publication, { topic }, ["x"]],
    ]);
    publisher.publish("com.example.other");
    expect((await subscriber.next()).slice(0, 2)).toEqual([M.EVENT, prefix]);
    publisher.publish("org.example.t");
    expect(await subscriber.rest()).toEqual([]);
  });

  test("discloses its publisher only if that asks for it", async () => {
    const [publisher, subscriber] = await named("a", "b");
    const id = await subscriber!.subscribe("com.", { match: "prefix" });
    publisher!.publish("com.example.t");
    expect((await subscriber!.next())[3]).toEqual({ topic: "com.example.t" });
    publisher!.publish("com.example.t", { disclose_me: true });
    const identity = { publisher: publisher!.id, publisher_authid: "a-1", publisher_authrole: "a" };
    expect((await subscriber!.next()).slice(0, 4)).toEqual([M.EVENT, id, expect.any(Number), {
      ...identity,
      topic: "com.example.t",
    }]);
  });

  test("is encoded once for each serializer and subscription, however many receive it", async () => {
    const frames: unknown[] = [];
    const counting: Serializer = {
      ...json,
      encode: (header, payload) => {
        const frame = json.encode(header, payload);
        if (header[0] === M.EVENT) frames.push(frame);
        return frame;
      },
    };
    const publisher = await on.dial().join();
    const subscribers = await Promise.all(Array.from({ length: 10 }, () => on.dial(counting).join()));
    for (const subscriber of subscribers) await subscriber.subscribe("com.example.t");
    publisher.publish("com.example.t", {}, ["x"]);
    for (const subscriber of subscribers) expect((await subscriber.next())[0]).toBe(M.EVENT);
    expect(frames.length).toBe(1);
  });

  test("that a subscriber's serializer cannot represent is dropped for it alone, and counted", async () => {
    const [publisher, direct, text] = [await on.dial().join(), await on.dial().join(), await on.dial(json).join()];
    for (const peer of [direct, text]) await peer.subscribe("com.example.t");
    publisher.publish("com.example.t", { acknowledge: true }, [(() => {}) as never]);
    expect((await publisher.next())[0]).toBe(M.PUBLISHED);
    expect((await direct.next())[0]).toBe(M.EVENT);
    expect(await text.rest()).toEqual([]);
    expect(on.router.statistics("realm1")?.droppedEvents).toBe(1);
    expect(on.takeFailures()).toEqual([expect.objectContaining({ code: "unserializable" })]);
    publisher.publish("com.example.t", {}, ["fine"]);
    expect((await text.next()).slice(4)).toEqual([["fine"]]);
  });

  test("stays in its realm", async () => {
    const [here, there] = [await on.dial().join("realm1"), await on.dial().join("realm2")];
    await there.subscribe("com.example.t");
    await there.register("com.example.p");
    here.publish("com.example.t");
    here.call("com.example.p");
    expect((await here.next())[4]).toBe("wamp.error.no_such_procedure");
    expect(await there.rest()).toEqual([]);
  });
});

describe("of the sessions a, b and c, an event reaches", () => {
  const audiences: [string, (ids: Record<string, number>) => Dict, string][] = [
    ["all", () => ({}), "abc"],
    ["those eligible", ({ b }) => ({ eligible: [b!] }), "b"],
    ["nobody where the list is empty", () => ({ eligible: [] }), ""],
    ["all but those excluded", ({ b }) => ({ exclude: [b!] }), "ac"],
    ["all where nobody is excluded", () => ({ exclude: [] }), "abc"],
    ["authids", () => ({ eligible_authid: ["a-1", "c-1"] }), "ac"],
    ["all but authids", () => ({ exclude_authid: ["a-1"] }), "bc"],
    ["roles", () => ({ eligible_authrole: ["c", "nobody"] }), "c"],
    ["all but roles", () => ({ exclude_authrole: ["a", "b"] }), "c"],
    ["those that all lists agree on", ({ a, b }) => ({ eligible: [a!, b!], exclude_authrole: ["a"] }), "b"],
    ["nobody where lists contradict", ({ a }) => ({ eligible: [a!], exclude: [a!] }), ""],
  ];
  test.each(audiences)("%s", async (_, options, expected) => {
    const publisher = await on.dial().join();
    const sessions = await named("a", "b", "c");
    for (const session of sessions) await session.subscribe("com.example.t");
    const [a, b, c] = sessions.map((session) => session.id) as [number, number, number];
    publisher.publish("com.example.t", options({ a, b, c }));
    const inboxes = await Promise.all(sessions.map((session) => session.rest()));
    expect(inboxes.map((inbox, at) => inbox.length > 0 ? "abc"[at] : "").join("")).toBe(expected);
  });
});

describe("SUBSCRIBE", () => {
  test("again gives the same id, and one event", async () => {
    const [subscriber, publisher] = [await on.dial().join(), await on.dial().join()];
    const id = await subscriber.subscribe("com.example.t");
    expect(await subscriber.subscribe("com.example.t")).toBe(id);
    expect(await subscriber.subscribe("com.example.t", { match: "prefix" })).not.toBe(id);
    publisher.publish("com.example.t");
    expect((await subscriber.rest()).length).toBe(2);
  });

  test("is answered before the first event", async () => {
    const [subscriber, publisher] = [await on.dial().join(), await on.dial().join()];
    subscriber.send([M.SUBSCRIBE, 1, {}, "com.example.t"]);
    publisher.publish("com.example.t");
    expect((await subscriber.rest()).map((message) => message[0])).toEqual([M.SUBSCRIBED, M.EVENT]);
  });

  test("of a topic of the router's is allowed", async () => {
    await (await on.dial().join()).subscribe("wamp.session.on_join");
  });

  test("of an invalid URI gets invalid_uri", async () => {
    const peer = await on.dial().join();
    for (const uri of ["", "a..b", ".a", "a.b.", "a b", "a#"]) {
      const answer = await peer.ask([M.SUBSCRIBE, 1, {}, uri]);
      expect(answer.slice(0, 5)).toEqual([M.ERROR, M.SUBSCRIBE, 1, {}, "wamp.error.invalid_uri"]);
    }
  });

  test("beyond the limit is refused", async () => {
    const peer = await on.dial().join();
    for (const topic of ["a", "b", "c"]) await peer.subscribe(topic);
    expect((await peer.ask([M.SUBSCRIBE, 4, {}, "d"]))[4]).toBe("wamp.error.option_not_allowed");
  });
});

describe("UNSUBSCRIBE", () => {
  test("ends the events", async () => {
    const [subscriber, other, publisher] = [await on.dial().join(), await on.dial().join(), await on.dial().join()];
    const id = await subscriber.subscribe("com.example.t");
    await other.subscribe("com.example.t");
    expect(await subscriber.ask([M.UNSUBSCRIBE, 7, id])).toEqual([M.UNSUBSCRIBED, 7]);
    publisher.publish("com.example.t");
    expect((await other.next())[0]).toBe(M.EVENT);
    expect(await subscriber.rest()).toEqual([]);
  });

  test("of an unknown, a former or somebody else's subscription gets no_such_subscription, without args", async () => {
    const [holder, other] = [await on.dial().join(), await on.dial().join()];
    const id = await holder.subscribe("com.example.t");
    expect(await other.ask([M.UNSUBSCRIBE, 1, id])).toEqual([
      M.ERROR,
      M.UNSUBSCRIBE,
      1,
      {},
      "wamp.error.no_such_subscription",
    ]);
    await holder.ask([M.UNSUBSCRIBE, 2, id]);
    expect((await holder.ask([M.UNSUBSCRIBE, 3, id]))[4]).toBe("wamp.error.no_such_subscription");
  });
});

describe("PUBLISH", () => {
  test.each(["wamp.session.on_join", "a..b", "", "a b"])(
    "to %j is refused when acknowledged, else ignored",
    async (topic) => {
      const [publisher, subscriber] = [await on.dial().join(), await on.dial().join()];
      await subscriber.subscribe("", { match: "prefix" });
      publisher.publish(topic);
      const answer = await publisher.ask([M.PUBLISH, 2, { acknowledge: true }, topic]);
      expect(answer.slice(0, 5)).toEqual([M.ERROR, M.PUBLISH, 2, {}, "wamp.error.invalid_uri"]);
      if (topic.startsWith("wamp.")) expect(answer[5]).toEqual([`publish with restricted topic URI '${topic}'`]);
      expect(await subscriber.rest()).toEqual([]);
    },
  );

  test("to a topic of the router's own is refused though somebody has subscribed to it", async () => {
    const [publisher, subscriber] = [await on.dial().join(), await on.dial().join()];
    await subscriber.subscribe("wamp.example.topic");
    const answer = await publisher.ask([M.PUBLISH, 1, { acknowledge: true }, "wamp.example.topic"]);
    expect(answer.slice(0, 5)).toEqual([M.ERROR, M.PUBLISH, 1, {}, "wamp.error.invalid_uri"]);
    expect(await subscriber.rest()).toEqual([]);
  });
});

test("an event whose encoding ends the router reaches nobody who has heard GOODBYE", async () => {
  const subscriber = await on.dial(json).join();
  const publisher = await on.dial().join();
  await subscriber.subscribe("com.example.t");
  const args = [{
    get last() {
      void on.router.close();
      return true;
    },
  }];
  publisher.publish("com.example.t", {}, args);
  await subscriber.closed;
  expect((await subscriber.rest()).map(([type]) => type)).toEqual([M.GOODBYE]);
});

import { expect, test, vi } from "vitest";
import { cbor, json, msgpack } from "../../src/codec/mod.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import type { Dict } from "../../src/wire/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { harness } from "./harness.ts";
import { dial } from "./peer.ts";
import type { Peer } from "./peer.ts";

const on = harness(() => ({ limits: { retainedTopics: 3, retainedBytes: 3_000 } }));

/** Subscribes and gives the events that come with it, each as its details and its args. */
async function subscribe(peer: Peer, topic: string, options: Dict = {}): Promise<unknown[]> {
  await peer.subscribe(topic, { get_retained: true, ...options });
  return (await peer.rest()).map((event) => event.slice(3));
}

/** Publishes and waits until that is done. */
async function publish(peer: Peer, topic: string, value: unknown, options: Dict = {}): Promise<number> {
  const sent = { retain: true, acknowledge: true, ...options };
  return (await peer.ask([M.PUBLISH, peer.request(), sent, topic, [value]]))[2] as number;
}

const someone = { authid: "ann", authrole: "user", authprovider: "test" };
const retained = { retained: true };

test("the last retained event of a topic comes with a subscription that asks for it, behind SUBSCRIBED", async () => {
  const [publisher, late] = [await on.dial(cbor).join(), await on.dial(json).join()];
  await publish(publisher, "com.example.t", "old");
  const publication = await publish(publisher, "com.example.t", "new");
  await publish(publisher, "com.example.t", "not kept", { retain: false });
  publisher.send([M.GOODBYE, {}, "wamp.close.normal"]);
  await publisher.next();
  const subscription = await late.subscribe("com.example.t", { get_retained: true });
  expect(await late.rest()).toEqual([[M.EVENT, subscription, publication, retained, ["new"]]]);
});

test("nothing comes unasked, and a live event does not say that it was retained", async () => {
  const [publisher, other] = [await on.dial().join(), await on.dial().join()];
  await publish(publisher, "com.example.t", "kept");
  expect(await subscribe(other, "com.example.t", { get_retained: false })).toEqual([]);
  await publish(publisher, "com.example.t", "live");
  expect((await other.rest()).map((event) => event[3])).toEqual([{}]);
});

test.each([["com.example", "prefix"], ["com..t", "wildcard"]])(
  "a subscription of %j as %s gets those of every topic that it matches, with the topic",
  async (pattern, match) => {
    const [publisher, late] = [await on.dial().join(), await on.dial().join()];
    await publish(publisher, "com.example.t", 1);
    await publish(publisher, "org.example.t", 2);
    expect(await subscribe(late, pattern, { match })).toEqual([[{ topic: "com.example.t", ...retained }, [1]]]);
  },
);

test("the publisher's identity goes along as it did", async () => {
  const [publisher, late] = [await on.dial().join(), await on.dial().join()];
  await publish(publisher, "com.example.t", 1, { disclose_me: true });
  const [event] = await subscribe(late, "com.example.t");
  expect(event).toEqual([expect.objectContaining({ publisher: publisher.id, ...retained }), [1]]);
});

test("who would not have received it does not get it, but the one before that was for everybody", async () => {
  const [publisher, ann, bob] = [await on.dial().join(), await on.dial().join(), await on.dial().join()];
  await publish(publisher, "com.example.t", "all");
  await publish(publisher, "com.example.t", "ann's", { eligible: [ann.id] });
  expect(await subscribe(ann, "com.example.t")).toEqual([[retained, ["ann's"]]]);
  expect(await subscribe(bob, "com.example.t")).toEqual([[retained, ["all"]]]);
  expect(await subscribe(publisher, "com.example.t")).toEqual([]);
  await publish(publisher, "com.example.u", "mine", { exclude_me: false });
  expect(await subscribe(publisher, "com.example.u")).toEqual([[retained, ["mine"]]]);
});

test("what is refused is not kept", async () => {
  const [publisher, late] = [await on.dial().join(), await on.dial().join()];
  publisher.publish("com..t", { retain: true }, [1]);
  publisher.publish("wamp.example", { retain: true }, [1]);
  await publisher.rest();
  expect(await subscribe(late, "", { match: "prefix" })).toEqual([]);
});

test("past the limits the topics without a new event for longest give way", async () => {
  const [publisher, late] = [await on.dial(json).join(), await on.dial(json).join()];
  for (const topic of ["a", "b", "c", "a", "d"]) await publish(publisher, `com.${topic}`, topic);
  const values = async (match: string) => (await subscribe(late, "", { match })).map((event) => (event as Dict[])[1]);
  expect(await values("prefix")).toEqual([["c"], ["a"], ["d"]]);
  await publish(publisher, "com.e", "x".repeat(2_900));
  await late.rest();
  expect((await values("prefix")).flat()).toEqual(["x".repeat(2_900)]);
  await publish(publisher, "com.f", "x".repeat(4_000));
  await late.rest();
  expect(await values("prefix")).toEqual([]);
});

test("what says at length for whom it is counts for what that takes in memory", async () => {
  const [publisher, late] = [await on.dial(json).join(), await on.dial(json, someone).join()];
  const eligible = (count: number) => ({ eligible_authid: Array.from({ length: count }, () => "ann") });
  await publish(publisher, "com.example.t", "short", eligible(10));
  expect(await subscribe(late, "com.example.t")).toEqual([[retained, ["short"]]]);
  await publish(publisher, "com.example.u", "long", eligible(100));
  await late.rest();
  expect(await subscribe(late, "com.example.u")).toEqual([]);
  expect(on.router.reached().retainedBytes).toBeGreaterThan(0);
});

test.each<[string, string, string[]]>([
  ["", "wildcard", ["a"]],
  ["a.", "wildcard", ["a.b", "a.bb"]],
  [".b", "wildcard", ["a.b"]],
  ["a.b", "wildcard", ["a.b"]],
  [".", "wildcard", ["a.b", "a.bb"]],
  ["..", "wildcard", ["a.b.c"]],
  ["a..c", "wildcard", ["a.b.c"]],
  ["a.b.", "wildcard", ["a.b.c"]],
  ["a.b.c.", "wildcard", []],
  ["a.b", "prefix", ["a.b", "a.bb", "a.b.c"]],
])("of topics alike, %j as %s gets those that it matches", async (pattern, match, expected) => {
  const router = new Router({ realms: [openRealm("realm1")] });
  const [publisher, late] = [await dial(router).join(), await dial(router).join()];
  for (const topic of ["a", "a.b", "a.bb", "a.b.c"]) await publish(publisher, topic, topic);
  const events = await subscribe(late, pattern, { match });
  expect(events.map((event) => (event as unknown[][])[1]![0])).toEqual(expected);
  await router.close();
});

test("a pattern that matches nothing costs little, however many long topics there are", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  const [publisher, late] = [await dial(router, msgpack).join(), await dial(router, msgpack).join()];
  for (let index = 0; index < 4_000; index++) publisher.publish(`t${index}.${"a.".repeat(2_000)}a`, { retain: true });
  await publisher.rest();
  // Split into components these topics are 8,000,000 strings each time.
  const split = vi.spyOn(String.prototype, "split");
  try {
    expect(await subscribe(late, "x.", { match: "wildcard" })).toEqual([]);
    expect(split.mock.results.map(({ value }) => (value as string[]).length).filter((length) => length > 64)).toEqual(
      [],
    );
  } finally {
    split.mockRestore();
  }
  await router.close();
});

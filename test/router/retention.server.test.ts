import { expect, test } from "vitest";
import { cbor, json } from "../../src/codec/mod.ts";
import type { Dict } from "../../src/wire/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { harness } from "./harness.ts";
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

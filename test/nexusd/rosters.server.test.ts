import { expect, test } from "vitest";
import { ticket } from "../../src/auth/mod.ts";
import type { Client } from "../../src/client/client.ts";
import { connect } from "../../src/client/connect.ts";
import type { TopicEvent } from "../../src/client/topic_event.ts";
import { Rosters } from "../../src/nexusd/rosters.ts";
import type { RosterAnnouncer } from "../../src/nexusd/rosters.ts";
import type { SessionInfo } from "../../src/router/authorization.ts";
import { systemClock } from "../../src/wire/clock.ts";
import { systemRandom } from "../../src/wire/random.ts";
import type { WampValue } from "../../src/wire/values.ts";
import { NexusHarness, refusal } from "./nexus_harness.ts";

const register = "com.izaber.wamp.system.roster.register";
const query = "com.izaber.wamp.system.roster.query";
const unregister = "com.izaber.wamp.system.roster.unregister";
const topic = "com.izaber.wamp.system.event.roster.";

/** Collects the changes of a roster; `next` waits for one. */
function follow(client: Client, roster: string): { next: () => Promise<unknown> } {
  const events = client.events(topic + roster)[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { value } = await events.next() as { value: TopicEvent };
      const [change, { data }] = value.args as [string, { data: unknown }];
      return [change, data];
    },
  };
}

test("an entry lives as long as its session, however that ends", async () => {
  await using harness = await NexusHarness.start();
  const [ann, bob, tom] = [await harness.join("ann"), await harness.join("bob"), await harness.join("tom")];
  const changes = follow(tom, "roster.x");
  await tom.call("com.izaber.wamp.auth.whoami");
  await ann.call(register, ["roster.x", "a"]);
  await bob.call(register, ["roster.x", "b"]);
  expect(await tom.call(query, ["roster.x"])).toEqual(["a", "b"]);
  expect(await changes.next()).toEqual(["join", "a"]);
  expect(await changes.next()).toEqual(["join", "b"]);
  await ann.close();
  expect(await changes.next()).toEqual(["leave", "a"]);
  expect(await tom.call(query, ["roster.x"])).toEqual(["b"]);
  await bob.call(unregister, ["roster.x"]);
  expect(await changes.next()).toEqual(["leave", "b"]);
  expect(await tom.call(query, ["roster.x"])).toEqual([]);
});

test("who may not see an entry hears nothing of it, and who sees it no more hears that it has left", async () => {
  await using harness = await NexusHarness.start();
  const [ann, bob, tom] = [await harness.join("ann"), await harness.join("bob"), await harness.join("tom")];
  const [atAnn, atBob] = [follow(ann, "roster.x"), follow(bob, "roster.x")];
  await Promise.all([ann, bob].map((client) => client.call("com.izaber.wamp.auth.whoami")));
  await tom.call(register, ["roster.x", 1, ["backend"]]);
  await tom.call(register, ["roster.x", 2, ["frontend", "backend"]]);
  await tom.call(register, ["roster.x", 3]);
  await tom.call(register, ["roster.x", 4, "frontend"]);
  expect([await atBob.next(), await atBob.next(), await atBob.next(), await atBob.next()]).toEqual([
    ["join", 1],
    ["update", 2],
    ["update", 3],
    ["leave", 3],
  ]);
  expect([await atAnn.next(), await atAnn.next(), await atAnn.next()]).toEqual([
    ["join", 2],
    ["update", 3],
    ["update", 4],
  ]);
  expect(await bob.call(query, ["roster.x"])).toEqual([]);
  expect(await ann.call(query, ["roster.x"])).toEqual([4]);
});

test("a role without the permission neither enters nor sees a roster, and a stranger never sees one", async () => {
  await using harness = await NexusHarness.start();
  const [ann, stranger] = [await harness.join("ann"), await harness.join()];
  for (const call of [ann.call(register, ["other.x", 1]), ann.call(query, ["other.x"]), stranger.call(query, ["x"])]) {
    expect(await refusal(call)).toEqual({ uri: "com.izaber.wamp.error.permissiondenied", text: "Permission Denied" });
  }
  expect(await ann.call(unregister, ["other.x"])).toBe(true);
});

test("a session can neither be in too many rosters nor say too much", async () => {
  await using harness = await NexusHarness.start({ rosterLimits: { entries: 2, dataBytes: 30 } });
  const ann = await harness.join("ann");
  await ann.call(register, ["roster.1", 1]);
  await ann.call(register, ["roster.2", 2]);
  expect((await refusal(ann.call(register, ["roster.3", 3]))).text).toContain("the most is 2");
  expect((await refusal(ann.call(register, ["roster.1", "x".repeat(30)]))).text).toContain("the most is 30");
  await ann.call(register, ["roster.2", "changed"]);
  expect(await ann.call(query, ["roster.2"])).toEqual(["changed"]);
});

test("the sessions of a user can together not say too much, and neither can all strangers", async () => {
  await using harness = await NexusHarness.start({ rosterLimits: { userBytes: 200 } });
  await harness.nexus.roles.save({ uuid: "x", role: "public", permissions: [{ uri: "*", perms: "coq" }] });
  for (const login of ["ann", undefined]) {
    const [one, other] = [await harness.join(login), await harness.join(login)];
    await one.call(register, ["roster.1", "x".repeat(100)]);
    expect((await refusal(other.call(register, ["roster.2", "x".repeat(100)]))).text).toMatch(
      /take \d+ bytes, the most is 200/,
    );
    await one.call(register, ["roster.1", "small"]);
    await other.call(register, ["roster.2", "x".repeat(80)]);
    expect((await refusal(one.call(register, ["roster.1", "x".repeat(100)]))).text).toContain("the most is 200");
    await other.call(unregister, ["roster.2"]);
    await one.call(register, ["roster.1", "x".repeat(100)]);
    await one.close();
    await expect.poll(() =>
      other.call(register, ["roster.2", "x".repeat(100)]).then(() => "there is room", () => "full")
    )
      .toBe("there is room");
  }
  const bob = await harness.join("bob");
  await bob.call(register, ["roster.1", "x".repeat(100)]);
  const roles = Array.from({ length: 1000 }, (_, n) => `role${n}`);
  expect((await refusal(bob.call(register, ["roster.2", 1, roles]))).text).toContain("name fewer roles");
});

test("what takes many times as much memory as JSON counts for its memory", async () => {
  await using harness = await NexusHarness.start({ rosterLimits: { userBytes: 100_000 } });
  const ann = await harness.join("ann");
  const enter = (n: number, data: WampValue) => ann.call(register, [`roster.${n}`, data]);
  const swelling = Array.from({ length: 1000 }, () => ({}));
  await enter(1, swelling);
  expect((await refusal(enter(2, swelling))).text).toMatch(/would take \d+ bytes, the most is 100000/);
  expect(await ann.call(query, ["roster.2"])).toEqual([]);
  await enter(2, "x".repeat(20_000));
  await enter(1, "small");
  await enter(3, swelling);
});

test("who looks is given what is kept as one, which nobody changes from outside", async () => {
  const announced: WampValue[] = [];
  await using harness = await NexusHarness.start();
  const { roles } = harness.nexus;
  const announce: RosterAnnouncer = (_, { data }) => void announced.push(data);
  const rosters = new Rosters({ roles, announce, clock: systemClock, random: systemRandom });
  const ann = { id: 1, authid: "ann", authrole: "frontend", authmethod: "ticket" } as SessionInfo;
  const data = { list: [1], bytes: new Uint8Array([1]) };
  const { uuid } = rosters.register(ann, "roster.x", data);
  data.list.push(2);
  const [seen] = rosters.query("roster.x", "backend");
  expect(seen!.data).toEqual({ list: [1], bytes: new Uint8Array([1]) });
  for (const [again] of [rosters.query("roster.x", "backend"), rosters.all(), [rosters.byId(uuid)]]) {
    expect(again!.data).toBe(seen!.data);
  }
  rosters.left(ann);
  expect(announced).toHaveLength(2);
  for (const told of announced) expect(told).toBe(seen!.data);
});

test.each([[[]], [""], [false], [{}], [0]])(
  "the visibility %j is refused, for nobody would see the entry",
  async (visibility) => {
    await using harness = await NexusHarness.start();
    const bob = await harness.join("bob");
    const { uri, text } = await refusal(bob.call(register, ["roster.x", 1, visibility]));
    expect(uri).toBe("com.izaber.wamp.error");
    expect(text).toContain("leave it out");
  },
);

type Subscribing = readonly [uri: string, match: "exact" | "prefix" | "wildcard"];

// Each in a session of its own: any one of them suffices for a session to be among those who hear of rosters.
const subscribings: readonly [what: string, heard: readonly Subscribing[], ended: readonly Subscribing[]][] = [
  ["the topic of the roster", [[`${topic}roster.x`, "exact"]], []],
  ["the topics of all rosters", [[topic, "prefix"]], []],
  ["all topics of Nexus", [["com.izaber", "prefix"]], []],
  ["a wildcard", [[`${topic.slice(0, -1)}..x`, "wildcard"]], []],
  ["a topic, having ended to hear of another roster", [[`${topic}roster.x`, "exact"]], [[`${topic}roster.y`, "exact"]]],
  ["a prefix, having ended to hear of a wildcard", [[topic, "prefix"]], [[`${topic.slice(0, -1)}..y`, "wildcard"]]],
];

test.each(subscribings)(
  "who may not read a roster for its restrictions hears nothing of it by %s",
  async (_, subscribed, ended) => {
    await using harness = await NexusHarness.start();
    const { nexus } = harness;
    const [ann, bob] = [await harness.join("ann"), await harness.join("bob")];
    const { plaintext } = await nexus.apiKeys.create(nexus.users.get("ann")!);
    await nexus.restrictions.save("apikey", [{ uri: "roster.x", perms: "" }]);
    await using key = await connect(nexus.router.local(), { realm: nexus.realm, auth: ticket("ann", plaintext) });
    expect((await refusal(key.call(query, ["roster.x"]))).uri).toBe("com.izaber.wamp.error.permissiondenied");
    const heard: [who: string, roster: string][] = [];
    const listen = (who: string, client: Client, [uri, match]: Subscribing) =>
      client.subscribe(uri, ([, entry]) => void heard.push([who, (entry as { name: string }).name]), { match });
    const others = await Promise.all(ended.map((one) => listen("ended", key, one)));
    for (const one of subscribed) await listen("key", key, one);
    await listen("ann", ann, [`${topic}roster.x`, "exact"]);
    for (const one of others) await one.unsubscribe();
    await bob.call(register, ["roster.x", { secret: 1 }]);
    await Promise.all([ann, key].map((client) => client.call("com.izaber.wamp.auth.whoami")));
    expect(heard).toEqual([["ann", "roster.x"]]);
    await nexus.restrictions.save("apikey", []);
    await bob.call(register, ["roster.x", { open: 1 }]);
    await Promise.all([ann, key].map((client) => client.call("com.izaber.wamp.auth.whoami")));
    expect(heard.slice(1).sort()).toEqual([["ann", "roster.x"], ["key", "roster.x"]]);
  },
);

test("who may not read one roster for its restrictions hears of the others", async () => {
  await using harness = await NexusHarness.start();
  const { nexus } = harness;
  const bob = await harness.join("bob");
  const { plaintext } = await nexus.apiKeys.create(nexus.users.get("ann")!);
  await nexus.restrictions.save("apikey", [{ uri: "roster.x", perms: "" }]);
  await using key = await connect(nexus.router.local(), { realm: nexus.realm, auth: ticket("ann", plaintext) });
  const heard: string[] = [];
  for (const uri of [topic, "com.izaber"]) {
    await key.subscribe(uri, ([, entry]) => void heard.push((entry as { name: string }).name), { match: "prefix" });
  }
  await bob.call(register, ["roster.x", { secret: 1 }]);
  await bob.call(register, ["roster.y", { open: 1 }]);
  await key.call("com.izaber.wamp.auth.whoami");
  expect(heard).toEqual(["roster.y", "roster.y"]);
});

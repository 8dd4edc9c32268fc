import { beforeEach, expect, test } from "vitest";
import { json } from "../../src/codec/mod.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import type { Decision } from "../../src/router/mod.ts";
import type { Args, Dict } from "../../src/wire/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { harness } from "./harness.ts";
import { dial } from "./peer.ts";
import type { Peer } from "./peer.ts";

let decide: (topic: string) => Decision | Promise<Decision>;
beforeEach(() => {
  decide = () => ({ allow: true });
});
const authorizer = {
  authorize: (_: unknown, action: string, uri: string) => action === "publish" ? decide(uri) : { allow: true },
};
const on = harness(() => ({
  realms: [{ ...openRealm("realm1"), authorizer }, { ...openRealm("strict"), strict: true }],
  limits: { testamentBytes: 2_000 },
}));

/** Calls a procedure and gives its result, or the error's URI. */
async function ask(peer: Peer, procedure: string, args: Args = [], kwargs: Dict = {}): Promise<unknown> {
  const answer = await peer.ask([M.CALL, peer.request(), {}, `wamp.session.${procedure}`, args, kwargs]);
  return answer[0] === M.RESULT ? (answer[3] as unknown[])[0] : answer[4];
}

/** One who listens, and one who leaves. */
async function two(): Promise<[Peer, Peer]> {
  const [heir, dying] = [await on.dial(json).join(), await on.dial(json).join()];
  await heir.subscribe("com.example.will");
  return [heir, dying];
}

async function leave(peer: Peer): Promise<void> {
  peer.send([M.GOODBYE, {}, "wamp.close.normal"]);
  await peer.next();
}

const heard = async (peer: Peer) => (await peer.rest()).map((event) => event.slice(4));
const topic = "com.example.will";

test.each<[string, (dying: Peer, heir: Peer) => unknown]>([
  ["says GOODBYE", (dying) => dying.send([M.GOODBYE, {}, "wamp.close.normal"])],
  ["loses its connection", (dying) => dying.connection.close(1000, "")],
  ["is killed", (dying, heir) => heir.call("wamp.session.kill", {}, [dying.id])],
])("what a session left is published once when it %s, detached before destroyed, each in order", async (_, end) => {
  const [heir, dying] = await two();
  expect(await ask(dying, "add_testament", [topic, [1], { key: 1 }])).toBe(null);
  await ask(dying, "add_testament", [topic, [2]]);
  await ask(dying, "add_testament", [topic, [3]], { scope: "detached" });
  expect(await heard(heir)).toEqual([]);
  end(dying, heir);
  const events = (await heir.rest()).filter(([type]) => type === M.EVENT);
  expect(events.map((event) => event.slice(4))).toEqual([[[3]], [[1], { key: 1 }], [[2]]]);
});

test("of kill_all no session event and no testament tells, as the specification has it, but of what the sessions had", async () => {
  const [heir, dying] = await two();
  await heir.subscribe("wamp.session.on_leave");
  const meta = await heir.subscribe("wamp", { match: "prefix" });
  const registration = await dying.register("com.example.p");
  const subscription = await dying.subscribe("com.example.t");
  await heir.rest();
  await ask(dying, "add_testament", [topic, [1]]);
  heir.call("wamp.session.kill_all");
  const told = await heir.rest();
  expect(told.filter(([type]) => type === M.RESULT).map((result) => result[3])).toEqual([[1]]);
  expect(told.filter(([type]) => type === M.EVENT).map(([, , , details, args]) => [(details as Dict).topic, args]))
    .toEqual([
      ["wamp.registration.on_unregister", [dying.id, registration]],
      ["wamp.registration.on_delete", [dying.id, registration]],
      ["wamp.subscription.on_unsubscribe", [dying.id, subscription]],
      ["wamp.subscription.on_delete", [dying.id, subscription]],
    ]);
  await heir.ask([M.UNSUBSCRIBE, heir.request(), meta]);
  const again = await on.dial(json).join();
  await ask(again, "add_testament", [topic, [2]]);
  expect(await ask(heir, "kill_by_authid", ["nobody"])).toEqual([]);
  heir.call("wamp.session.kill", {}, [again.id]);
  const events = (await heir.rest()).filter(([type]) => type === M.EVENT);
  expect(events.map((event) => event[4])).toEqual([[again.id, expect.any(String), "anonymous"], [2]]);
});

test("it is published with the options that were given, and nothing is acknowledged", async () => {
  const [heir, dying] = await two();
  const other = await on.dial(json).join();
  await other.subscribe(topic);
  const publish_options = { eligible: [heir.id], disclose_me: true, acknowledge: true };
  await ask(dying, "add_testament", [topic], { publish_options });
  await leave(dying);
  expect((await heir.rest())[0]![3]).toMatchObject({ publisher: dying.id });
  expect([await other.rest(), await dying.rest()]).toEqual([[], []]);
});

test("flush_testaments takes back those of one scope", async () => {
  const [heir, dying] = await two();
  await ask(dying, "add_testament", [topic, [1]]);
  await ask(dying, "add_testament", [topic, [2]], { scope: "detached" });
  expect(await ask(dying, "flush_testaments")).toBe(null);
  await leave(dying);
  expect(await heard(heir)).toEqual([[[2]]]);
  await dying.join();
  await leave(dying);
  expect(await heard(heir)).toEqual([]);
});

test("what the session may not publish when it leaves is not published", async () => {
  const [heir, dying] = await two();
  await heir.subscribe("com.example.other");
  await ask(dying, "add_testament", [topic, [1]]);
  await ask(dying, "add_testament", ["com.example.other", [2]]);
  decide = (uri) => ({ allow: uri !== topic });
  await leave(dying);
  expect(await heard(heir)).toEqual([[[2]]]);
});

test("an authorizer may take its time, and fail", async () => {
  const [heir, dying] = await two();
  await ask(dying, "add_testament", [topic, [1]]);
  await ask(dying, "add_testament", [topic, [2]]);
  const decisions = [Promise.resolve({ allow: true }), Promise.reject(new Error("no idea"))];
  decide = () => decisions.shift()!;
  await leave(dying);
  expect(await heard(heir)).toEqual([[[1]]]);
  expect(on.takeFailures()).toEqual([expect.objectContaining({ cause: new Error("no idea") })]);
});

test.each<[Args, Dict]>([
  [[], {}],
  [["no uri"], {}],
  [["wamp.session.on_join"], {}],
  [[topic, 1], {}],
  [[topic, [], 1], {}],
  [[topic], { scope: "never" }],
  [[topic], { publish_options: 1 }],
  [[topic], { publish_options: { enc_algo: "x_a" } }],
  [[topic, ["x".repeat(2_000)]], {}],
])("add_testament refuses %j with %j", async (args, kwargs) => {
  const [heir, dying] = await two();
  expect(await ask(dying, "add_testament", args, kwargs)).toBe("wamp.error.invalid_argument");
  await leave(dying);
  expect(await heir.rest()).toEqual([]);
});

test("a testament is no request of its own: a strict realm takes it, too", async () => {
  const [heir, dying] = [await on.dial(json).join("strict"), await on.dial(json).join("strict")];
  await heir.subscribe(topic);
  expect(await ask(dying, "add_testament", [topic, ["last"]])).toBe(null);
  await leave(dying);
  expect(await heard(heir)).toEqual([[["last"]]]);
});

test("what is taken back makes room for another, also while something else stays", async () => {
  const [heir, dying] = await two();
  await ask(dying, "add_testament", [topic, ["stays"]]);
  for (let time = 0; time < 5; time++) {
    expect(await ask(dying, "add_testament", [topic, [time, "x".repeat(1_500)]], { scope: "detached" })).toBe(null);
    await ask(dying, "flush_testaments", [], { scope: "detached" });
  }
  await leave(dying);
  expect(await heard(heir)).toEqual([[["stays"]]]);
});

test("one whose authorization takes too long is not published, and the next is", async () => {
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const slow = {
    authorize: (_: unknown, action: string, uri: string) =>
      action === "publish" && uri === "com.example.slow" ? new Promise<boolean>(() => {}) : true,
  };
  const router = new Router({
    realms: [{ ...openRealm("realm1"), authorizer: slow }],
    clock,
    limits: { authorizationTimeout: 100 },
    onError: (error) => errors.push(error),
  });
  const [heir, dying] = [await dial(router, json).join(), await dial(router, json).join()];
  await heir.subscribe("com.example", { match: "prefix" });
  await ask(dying, "add_testament", ["com.example.slow", [1]]);
  await ask(dying, "add_testament", [topic, [2]]);
  await leave(dying);
  expect(await heard(heir)).toEqual([]);
  clock.advance(100);
  expect(await heard(heir)).toEqual([[[2]]]);
  expect(router.reached()).toEqual({ authorizationTimeout: 1 });
  expect(errors).toEqual([expect.objectContaining({ code: "timeout" })]);
  await router.close();
});

import { beforeEach, describe, expect, test } from "vitest";
import { json } from "../../src/codec/mod.ts";
import { defaultLimits, openRealm, Router } from "../../src/router/mod.ts";
import type { Limits } from "../../src/router/mod.ts";
import type { Dict } from "../../src/wire/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { harness } from "./harness.ts";
import { dial, plainRoles, settled } from "./peer.ts";
import type { Message, Peer } from "./peer.ts";

let clock: FakeClock;
beforeEach(() => {
  clock = new FakeClock();
});

const on = harness(() => ({ clock }));
/** The harness of the test that runs. */
let current = on;
const hello: Message = [M.HELLO, "realm1", { roles: plainRoles }];

/** A harness of its own for some limits. */
function within(some: Partial<Limits>, name: string, act: () => Promise<void>): void {
  describe(JSON.stringify(some), () => {
    const own = harness(() => ({ clock, limits: some, realms: [openRealm("realm1"), openRealm("other")] }));
    test(name, async () => {
      current = own;
      await act();
    });
  });
}
const dialFrom = (address: string, transport: "websocket" | "rawsocket" = "websocket") =>
  current.dial(json, undefined, { transport, address });
const refused = async (peer: Peer) => {
  const answer = await peer.ask(hello);
  expect([answer[0], answer[2]]).toEqual([M.ABORT, "wamp.error.unavailable"]);
  return String((answer[1] as Dict).message);
};

test("nothing is limited by default but by numbers, and nothing is counted before it is reached", async () => {
  for (const limit of Object.values(defaultLimits)) expect(limit).toBeGreaterThan(0);
  await dialFrom("[::1]:1").join();
  expect(on.router.reached()).toEqual({});
});

within(
  { sessions: 2 },
  "no more may join, in whatever realm, until one has left; this process's own always may",
  async () => {
    const first = await dialFrom("10.0.0.1:1").join();
    await dialFrom("10.0.0.2:1").join("other");
    const third = dialFrom("10.0.0.3:1");
    expect(await refused(third)).toContain("2 sessions");
    const own = await current.dial(undefined, { authid: "x", authrole: "y", authprovider: "z" }).join();
    own.connection.close();
    await own.closed;
    first.send([M.GOODBYE, {}, "wamp.close.normal"]);
    await first.next();
    expect((await third.ask(hello))[0]).toBe(M.WELCOME);
    expect(current.router.reached()).toEqual({ sessions: 1 });
  },
);

within({ sessionsPerAddress: 2 }, "one address may not have more, others may", async () => {
  const first = await dialFrom("[::1]:1").join();
  await dialFrom("[::1]:2", "rawsocket").join("other");
  expect(await refused(dialFrom("[::1]:3"))).toContain("[::1] has 2 sessions");
  await dialFrom("10.0.0.1:1").join();
  for (let count = 0; count < 3; count++) await current.dial().join();
  for (let count = 0; count < 3; count++) await dialFrom("/run/wamp:main.sock", "rawsocket").join();
  first.connection.close();
  await first.closed;
  await settled();
  await dialFrom("[::1]:4").join();
  expect(current.router.reached()).toEqual({ sessionsPerAddress: 1 });
});

within({ sessionsPerAddress: 1 }, "nor may one that a proxy tells of, without a port", async () => {
  for (const address of ["10.0.0.1", "2001:db8::1", "2001:db8::2"]) {
    await dialFrom(address).join();
    expect(await refused(dialFrom(address))).toContain(`${address} has 1 sessions`);
  }
});

within({ messagesPerSecond: 10 }, "who sends more is ended, others are not; a pause makes up for it", async () => {
  const [steady, hasty] = [await current.dial().join(), await current.dial().join()];
  for (let second = 0; second < 3; second++) {
    for (let count = 0; count < 10; count++) steady.publish("a.b");
    await steady.rest();
    clock.advance(1_000);
  }
  clock.advance(60_000);
  for (let count = 0; count < 11; count++) hasty.publish("a.b");
  const abort = await hasty.next();
  expect([abort[0], abort[2]]).toEqual([M.ABORT, "wamp.error.unavailable"]);
  expect((await hasty.closed).code).toBe(1008);
  await steady.subscribe("a.b");
  expect(current.router.reached()).toEqual({ messagesPerSecond: 1 });
});

within({ messagesPerSecond: 10 }, "who leaves and joins again has no more of them", async () => {
  const [peer, other] = [await current.dial(json).join(), await current.dial(json).join()];
  await other.subscribe("com.example.topic");
  peer.polite = false;
  for (let round = 0; round < 3 && !peer.connection.closed; round++) {
    for (let count = 0; count < 5; count++) peer.publish("com.example.topic");
    peer.send([M.GOODBYE, {}, "wamp.close.normal"]);
    peer.send(hello);
    await settled();
  }
  expect((await other.rest()).length).toBe(9);
  await peer.closed;
  expect(current.router.reached()).toEqual({ messagesPerSecond: 1 });
});

within({ registrations: 1, subscriptions: 1, pendingCalls: 1 }, "more of each is refused and counted", async () => {
  const peer = await current.dial().join();
  await peer.register("a.b");
  await peer.subscribe("a.b");
  expect((await peer.ask([M.REGISTER, 10, {}, "a.c"]))[4]).toBe("wamp.error.option_not_allowed");
  expect((await peer.ask([M.SUBSCRIBE, 11, {}, "a.c"]))[4]).toBe("wamp.error.option_not_allowed");
  peer.call("a.b");
  await peer.next();
  expect((await peer.ask([M.CALL, 12, {}, "a.b"]))[4]).toBe("wamp.error.unavailable");
  expect(current.router.reached()).toEqual({ registrations: 1, subscriptions: 1, pendingCalls: 1 });
});

within(
  { registrations: 2, subscriptions: 1 },
  "what is said again adds nothing, and is answered as before",
  async () => {
    const peer = await current.dial().join();
    const [shared, single] = [await peer.register("a.b", { invoke: "roundrobin" }), await peer.register("a.c")];
    const subscribed = await peer.subscribe("a.b");
    const again = (options: Dict, procedure: string) => peer.ask([M.REGISTER, 10, options, procedure]);
    expect(await again({ invoke: "roundrobin" }, "a.b")).toEqual([M.REGISTERED, 10, shared]);
    expect((await again({}, "a.c"))[4]).toBe("wamp.error.procedure_already_exists");
    expect(await again({ force_reregister: true }, "a.c")).toMatchObject([M.UNREGISTERED, 0, { registration: single }]);
    expect((await peer.next()).slice(0, 2)).toEqual([M.REGISTERED, 10]);
    expect(await peer.ask([M.SUBSCRIBE, 11, {}, "a.b"])).toEqual([M.SUBSCRIBED, 11, subscribed]);
    expect(current.router.reached()).toEqual({});
    expect((await again({}, "a.d"))[4]).toBe("wamp.error.option_not_allowed");
    expect((await peer.ask([M.SUBSCRIBE, 11, { match: "prefix" }, "a.b"]))[4]).toBe("wamp.error.option_not_allowed");
    expect(current.router.statistics("realm1")).toMatchObject({ registrations: 2, subscriptions: 1 });
  },
);

within({ reroutableBytes: 300 }, "the call above it stays with its callee, until another is answered", async () => {
  const features = { call_canceling: true, call_reroute: true };
  const callee = await current.dial(json).join("realm1", { callee: { features } });
  await callee.register("a.b", { invoke: "first" });
  const caller = await current.dial(json).join();
  const ask = async () => {
    caller.call("a.b", {}, ["x".repeat(150)]);
    return (await callee.next())[1];
  };
  const refuse = async (id: unknown) => {
    callee.send([M.ERROR, M.INVOCATION, id, {}, "wamp.error.unavailable"]);
    return (await caller.next())[4];
  };
  for (let time = 0; time < 3; time++) {
    const [first, second] = [await ask(), await ask()];
    expect(await refuse(second)).toBe("wamp.error.unavailable");
    expect(await refuse(first)).toBe("wamp.error.no_available_callee");
  }
  expect(current.router.reached()).toEqual({ reroutableBytes: 3 });
});

within({ uriLength: 20, patternComponents: 3 }, "a longer URI is invalid", async () => {
  const peer = await current.dial().join();
  expect((await peer.ask([M.SUBSCRIBE, 1, {}, "a".repeat(21)]))[4]).toBe("wamp.error.invalid_uri");
  expect((await peer.ask([M.SUBSCRIBE, 2, { match: "wildcard" }, "a..b.c"]))[4]).toBe("wamp.error.invalid_uri");
  expect(current.router.reached()).toEqual({ uriLength: 1, patternComponents: 1 });
});

test("what each session may have pending does not limit what the router asks for all of them", async () => {
  const router = new Router({
    realms: [{ ...openRealm("realm1"), authorizer: { procedure: "com.authorize" } }],
    limits: { pendingCalls: 1 },
  });
  const trusted = { authid: "rules", authrole: "trusted", authprovider: "test" };
  const rules = await dial(router, json, trusted).join();
  await rules.register("com.authorize");
  const peers = await Promise.all(Array.from({ length: 4 }, () => dial(router, json).join()));
  for (const peer of peers) peer.send([M.SUBSCRIBE, 1, {}, "com.example.topic"]);
  for (const _ of peers) rules.send([M.YIELD, (await rules.next())[1], {}, [true]]);
  for (const peer of peers) expect((await peer.next())[0]).toBe(M.SUBSCRIBED);
  expect(router.reached()).toEqual({});
  await router.close();
});

within({ patternSteps: 6 }, "a pattern whose wildcards are elsewhere than those of others is refused", async () => {
  const [peer, other] = [await current.dial().join(), await current.dial().join()];
  const options = { match: "wildcard", invoke: "random" };
  for (const [type, verb] of [[M.SUBSCRIBE, "subscribe to"], [M.REGISTER, "register"]] as const) {
    const [, , first] = await peer.ask([type, 1, options, "a..c"]);
    expect((await peer.ask([type, 2, options, ".b.c"]))[0]).not.toBe(M.ERROR);
    const text = expect.stringContaining(`Cannot ${verb} a.b.: too many patterns`);
    expect(await peer.ask([type, 3, options, "a.b."])).toEqual([
      M.ERROR,
      type,
      3,
      {},
      "wamp.error.option_not_allowed",
      [text],
    ]);
    expect((await peer.ask([type, 4, options, "x..z"]))[0]).not.toBe(M.ERROR);
    expect((await other.ask([type, 5, options, "a..c"]))[2]).toBe(first);
    expect((await peer.ask([type, 6, { match: "prefix" }, "a.b."]))[0]).not.toBe(M.ERROR);
  }
  expect(current.router.reached()).toEqual({ patternSteps: 2 });
});

within({ joinSize: 200, optionsSize: 100 }, "a larger message ends what sent it", async () => {
  const early = current.dial(json);
  early.send([M.HELLO, "realm1", { roles: plainRoles, agent: "x".repeat(200) }]);
  expect((await early.closed).code).toBe(1002);
  const peer = await current.dial(json).join("realm1", plainRoles);
  peer.call("a.b", { x: "x".repeat(100) });
  expect((await peer.closed).code).toBe(1002);
  expect(current.router.reached()).toEqual({ joinSize: 1, optionsSize: 1 });
});

within({ joinTimeout: 1_000, joinAttempts: 2 }, "who does not join in time or too often is turned away", async () => {
  const slow = current.dial();
  await settled();
  clock.advance(1_000);
  expect((await slow.next())[2]).toBe("wamp.error.timeout");
  const peer = current.dial();
  for (let count = 0; count < 2; count++) await peer.ask([M.HELLO, "nosuch", { roles: plainRoles }]);
  await peer.closed;
  expect(current.router.reached()).toEqual({ joinTimeout: 1, joinAttempts: 1 });
});

within({ retainedTopics: 1, testamentBytes: 300 }, "what is kept gives way or is refused", async () => {
  const peer = await current.dial().join();
  for (const topic of ["a.b", "a.c"]) peer.publish(topic, { retain: true });
  const testament = ["wamp.session.add_testament", ["a.b"]] as const;
  for (let count = 0; count < 2; count++) await peer.ask([M.CALL, 10 + count, {}, ...testament]);
  expect(current.router.reached()).toEqual({ retainedTopics: 1, testamentBytes: 1 });
});

within({ documentBytes: 100 }, "what is said of procedures is refused, until some of it is gone", async () => {
  const peer = await current.dial(json).join();
  const _document = { text: "x".repeat(40) };
  const first = await peer.register("a.b", { _document, invoke: "first" });
  expect((await peer.ask([M.REGISTER, 10, { _document }, "a.c"]))[4]).toBe("wamp.error.option_not_allowed");
  const other = await current.dial(json).join();
  expect(await other.register("a.b", { _document, invoke: "first" })).toBe(first);
  await peer.register("a.c");
  await peer.ask([M.UNREGISTER, 11, first]);
  await other.ask([M.UNREGISTER, 11, first]);
  await peer.register("a.d", { _document });
  expect(current.router.reached()).toEqual({ documentBytes: 1 });
});

test.each<[Dict, string]>([
  [{ sesions: 5 }, 'there is no option "limits.sesions"; there are joinTimeout'],
  [{ sessions: 0 }, "Cannot make a router: the option limits.sessions is 0, expected a number above 0"],
  [{ sessions: NaN }, "above 0"],
  [{ sessions: "5" }, "above 0"],
  [{ constructor: 5 }, 'no option "limits.constructor"'],
])("limits %j are refused", (wrong, why) => {
  expect(() => new Router({ realms: [], limits: wrong as Partial<Limits> })).toThrow(why);
});

import { describe, expect, test } from "vitest";
import { json } from "../../src/codec/mod.ts";
import { openRealm } from "../../src/router/mod.ts";
import type { Dict, WampValue } from "../../src/wire/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { harness } from "./harness.ts";
import { settled } from "./peer.ts";
import type { Message, Peer } from "./peer.ts";

const procedure = "com.example.authorize";
let clock: FakeClock;
const on = harness(() => ({
  clock: clock = new FakeClock(),
  realms: [
    { ...openRealm("realm1"), authorizer: { procedure } },
    { ...openRealm("seconds"), authorizer: { procedure, timeout: 1_500 }, timeoutUnit: "seconds" as const },
  ],
}));

const trusted = { authid: "service", authrole: "trusted", authprovider: "static" };
const user = { authid: "ann", authrole: "user", authprovider: "test" };
const errorOf = (message: Message) => message.slice(0, 5);
const refusal = (type: number, request: number) => [M.ERROR, type, request, {}, "wamp.error.not_authorized"];
const failure = (type: number, request: number) => [M.ERROR, type, request, {}, "wamp.error.authorization_failed"];

/** A session of this process that has registered the authorizer. */
async function guard(realm = "realm1"): Promise<Peer> {
  const peer = await on.dial(undefined, trusted).join(realm);
  await peer.register(procedure);
  return peer;
}

/** Answers the next question, and gives it. */
async function answer(guard: Peer, decision: unknown): Promise<unknown[]> {
  const [type, id, , , args] = await guard.next();
  expect(type).toBe(M.INVOCATION);
  guard.send([M.YIELD, id, {}, [decision as WampValue]]);
  return args as unknown[];
}

/** Lets a peer subscribe, which it may, and tells whether the authorizer was asked, which then answers so. */
async function isAsked(guard: Peer, peer: Peer, decision: WampValue, options: Dict = {}): Promise<boolean> {
  peer.send([M.SUBSCRIBE, peer.request(), options, "com.example.x"]);
  await settled();
  const [question] = guard.taken();
  if (question !== undefined) guard.send([M.YIELD, question[1], {}, [decision]]);
  expect((await peer.next())[0]).toBe(M.SUBSCRIBED);
  return question !== undefined;
}

describe("an authorizer that is a procedure", () => {
  test.each([
    ["call", [M.CALL, 1, { timeout: 5 }, "com.example.x"], { timeout: 5 }],
    ["register", [M.REGISTER, 1, { match: "prefix" }, "com.example.x"], { match: "prefix" }],
    ["subscribe", [M.SUBSCRIBE, 1, { match: "wildcard" }, "com..x"], { match: "wildcard" }],
    ["publish", [M.PUBLISH, 1, { acknowledge: true }, "com.example.x"], { acknowledge: true }],
  ])("is asked who wants to %s what, and how", async (action, message, options) => {
    const [authorizer, peer] = [await guard(), await on.dial(json, user).join()];
    peer.send(message);
    expect(await answer(authorizer, false)).toEqual([
      expect.objectContaining({ session: peer.id, authid: "ann", authrole: "user" }),
      message[3],
      action,
      options,
    ]);
    expect(errorOf(await peer.next())).toEqual(refusal(message[0] as number, 1));
  });

  test.each([[true, {}], [{ allow: true }, {}], [{ allow: true, disclose: true }, { caller_authid: "ann" }]])(
    "allows by %j",
    async (decision, details) => {
      const [authorizer, peer] = [await guard(), await on.dial(json, user).join()];
      const registration = await authorizer.register("com.example.x");
      peer.call("com.example.x");
      await answer(authorizer, decision);
      expect(await authorizer.next()).toEqual([M.INVOCATION, 2, registration, expect.objectContaining(details)]);
    },
  );

  test.each([null, undefined, "yes", 1, {}, { allow: 1 }, []])("allows nothing by %j", async (decision) => {
    const [authorizer, peer] = [await guard(), await on.dial(json, user).join()];
    const request = peer.call("com.example.x");
    await answer(authorizer, decision);
    expect(errorOf(await peer.next())).toEqual(failure(M.CALL, request));
    expect(on.takeFailures().length).toBe(1);
  });

  test("allows nothing while it is missing, fails or has left", async () => {
    const peer = await on.dial(json, user).join();
    expect(errorOf(await peer.ask([M.CALL, 1, {}, "com.example.x"]))).toEqual(failure(M.CALL, 1));
    const authorizer = await guard();
    peer.send([M.CALL, 2, {}, "com.example.x"]);
    const [, id] = await authorizer.next();
    authorizer.send([M.ERROR, M.INVOCATION, id, {}, "com.example.away", ["secret"]]);
    const failed = await peer.next();
    expect(errorOf(failed)).toEqual(failure(M.CALL, 2));
    expect(JSON.stringify(failed)).not.toContain("secret");
    peer.send([M.CALL, 3, {}, "com.example.x"]);
    await authorizer.next();
    authorizer.connection.close();
    expect(errorOf(await peer.next())).toEqual(failure(M.CALL, 3));
    expect(on.takeFailures().length).toBe(3);
  });

  test.each([["realm1", 5_000], ["seconds", 2_000]])(
    "allows nothing when it takes too long (%s)",
    async (realm, time) => {
      const [authorizer, peer] = [await guard(realm), await on.dial(json, user).join(realm)];
      const request = peer.call("com.example.x");
      await authorizer.next();
      clock.advance(time - 1);
      expect(await peer.rest()).toEqual([]);
      clock.advance(1);
      expect(errorOf(await peer.next())).toEqual(failure(M.CALL, request));
      expect((await authorizer.next())[0]).toBe(M.INTERRUPT);
      expect([on.takeFailures().length, clock.pending]).toEqual([1, 0]);
    },
  );

  test("keeps each session's requests in order, and holds up no other", async () => {
    const [authorizer, ann, bob] = [await guard(), await on.dial(json, user).join(), await on.dial(json, user).join()];
    ann.send([M.SUBSCRIBE, 1, {}, "com.example.first"]);
    ann.send([M.SUBSCRIBE, 2, {}, "com.example.second"]);
    bob.send([M.SUBSCRIBE, 1, {}, "com.example.third"]);
    const asked = (await authorizer.rest()).map(([, id, , , args]) => [id as number, (args as unknown[])[1]] as const);
    expect(asked.map(([, uri]) => uri)).toEqual(["com.example.first", "com.example.third"]);
    authorizer.send([M.YIELD, asked[1]![0], {}, [true]]);
    expect((await bob.next()).slice(0, 2)).toEqual([M.SUBSCRIBED, 1]);
    authorizer.send([M.YIELD, asked[0]![0], {}, [true]]);
    expect((await ann.next()).slice(0, 2)).toEqual([M.SUBSCRIBED, 1]);
    await answer(authorizer, true);
    expect((await ann.next()).slice(0, 2)).toEqual([M.SUBSCRIBED, 2]);
  });

  test("is not asked about itself, whoever it is, nor about what serves the realm", async () => {
    const first = await guard();
    const other = await on.dial(json, user).join();
    other.send([M.REGISTER, 1, { force_reregister: true }, procedure]);
    await answer(first, true);
    // What serves the realm is not taken over.
    expect((await other.next())[4]).toBe("wamp.error.procedure_already_exists");
    first.connection.close();
    await first.closed;
    const service = await on.dial(undefined, trusted).join();
    await service.subscribe("com.example.free");
    expect(on.takeFailures()).toEqual([]);
  });

  test("that an ordinary session has registered is not asked about that session", async () => {
    const [first, second] = [await guard(), await on.dial(json, user).join()];
    first.send([M.UNREGISTER, 9, (await first.ask([M.REGISTER, 8, {}, "com.example.y"]))[2]]);
    await first.next();
    second.send([M.REGISTER, 1, { invoke: "first" }, "com.example.authorize2"]);
    await answer(first, true);
    await second.next();
    const registration = await lookUp(first);
    expect((await first.ask([M.UNREGISTER, 10, registration]))[0]).toBe(M.UNREGISTERED);
    expect(errorOf(await second.ask([M.SUBSCRIBE, 2, {}, "com.example.z"]))).toEqual(failure(M.SUBSCRIBE, 2));
    on.takeFailures();
  });

  test("is never replaced by a pattern", async () => {
    const [authorizer, peer] = [await guard(), await on.dial(json, user).join()];
    peer.send([M.REGISTER, 1, { match: "prefix" }, "com"]);
    await answer(authorizer, true);
    await peer.next();
    await authorizer.ask([M.UNREGISTER, 5, await lookUp(authorizer)]);
    expect(errorOf(await peer.ask([M.CALL, 2, {}, "com.example.x"]))).toEqual(failure(M.CALL, 2));
    on.takeFailures();
  });

  test("is asked once where it says so, by action, URI and match, until another takes its place", async () => {
    const [authorizer, peer] = [await guard(), await on.dial(json, user).join()];
    const subscribe = (request: number, options = {}) => peer.send([M.SUBSCRIBE, request, options, "com.example.x"]);
    subscribe(1);
    await answer(authorizer, { allow: true, cache: true });
    expect((await peer.next())[0]).toBe(M.SUBSCRIBED);
    subscribe(2);
    expect((await peer.next())[0]).toBe(M.SUBSCRIBED);
    subscribe(3, { match: "prefix" });
    await answer(authorizer, { allow: false, cache: true });
    expect(errorOf(await peer.next())).toEqual(refusal(M.SUBSCRIBE, 3));
    subscribe(4, { match: "prefix" });
    expect(errorOf(await peer.next())).toEqual(refusal(M.SUBSCRIBE, 4));
    expect(await authorizer.rest()).toEqual([]);
    const other = await on.dial(json, user).join();
    other.send([M.SUBSCRIBE, 1, {}, "com.example.x"]);
    await answer(authorizer, false);
    await authorizer.ask([M.UNREGISTER, 5, await lookUp(authorizer)]);
    expect(errorOf(await peer.ask([M.SUBSCRIBE, 5, {}, "com.example.x"]))).toEqual(failure(M.SUBSCRIBE, 5));
    on.takeFailures();
    await authorizer.register(procedure);
    subscribe(6);
    await answer(authorizer, true);
    expect((await peer.next())[0]).toBe(M.SUBSCRIBED);
  });

  test("is asked again when as many milliseconds are over as it says", async () => {
    const [authorizer, peer] = [await guard(), await on.dial(json, user).join()];
    const brief = { allow: true, cache: 500 };
    expect(await isAsked(authorizer, peer, brief)).toBe(true);
    clock.advance(499);
    expect(await isAsked(authorizer, peer, brief)).toBe(false);
    clock.advance(1);
    expect(await isAsked(authorizer, peer, brief)).toBe(true);
    clock.advance(499);
    expect(await isAsked(authorizer, peer, brief)).toBe(false);
    clock.advance(-500);
    expect(await isAsked(authorizer, peer, { allow: true, cache: true })).toBe(true);
    for (const time of [1e12, -2e12]) {
      clock.advance(time);
      expect(await isAsked(authorizer, peer, brief)).toBe(false);
    }
    expect(clock.pending).toBe(0);
  });

  test("is asked again for how long it says from its answer on, not from the question on", async () => {
    const [authorizer, peer] = [await guard(), await on.dial(json, user).join()];
    peer.send([M.SUBSCRIBE, peer.request(), {}, "com.example.x"]);
    await settled();
    clock.advance(400);
    await answer(authorizer, { allow: true, cache: 500 });
    await peer.next();
    clock.advance(499);
    expect(await isAsked(authorizer, peer, true)).toBe(false);
  });

  test("is asked again for a refusal, too", async () => {
    const [authorizer, peer] = [await guard(), await on.dial(json, user).join()];
    const refuse = () => peer.ask([M.CALL, peer.request(), {}, "com.example.x"]);
    const first = refuse();
    await answer(authorizer, { allow: false, cache: 500 });
    expect(errorOf(await first)).toEqual(refusal(M.CALL, 1));
    expect(errorOf(await refuse())).toEqual(refusal(M.CALL, 2));
    clock.advance(500);
    const last = refuse();
    await answer(authorizer, { allow: false, cache: 500 });
    expect(errorOf(await last)).toEqual(refusal(M.CALL, 3));
  });

  test.each<[WampValue, string]>([
    [-1, "-1"],
    [NaN, "NaN"],
    [5n, "5"],
    ["500", '"500"'],
    [{}, "an object"],
    [[500], "an array"],
  ])(
    "is asked each time when it wants a decision remembered for %s, and the router's owner is told",
    async (cache, text) => {
      const [authorizer, peer] = [await guard(), await on.dial(json, user).join()];
      for (let time = 0; time < 2; time++) {
        expect(await isAsked(authorizer, peer, { allow: true, cache })).toBe(true);
        expect(on.takeFailures().map((failure) => (failure as Error).message)).toEqual([
          'Cannot remember what "com.example.authorize" decided on subscribe of "com.example.x" by "ann": ' +
          `cache is ${text}, expected true, false or a number of milliseconds from 0; the decision holds once`,
        ]);
      }
    },
  );

  test.each([0, false, null, undefined])("is asked each time when cache is %s", async (cache) => {
    const [authorizer, peer] = [await guard(), await on.dial(json, user).join()];
    for (let time = 0; time < 2; time++) {
      expect(await isAsked(authorizer, peer, { allow: true, cache })).toBe(true);
    }
  });

  test("is asked about each of the options that it is shown", async () => {
    const [authorizer, peer] = [await guard(), await on.dial(json, user).join()];
    const kinds: Dict[] = [
      {},
      { get_retained: true },
      { get_retained: false },
      { _x: "true" },
      { _x: ["true"] },
      { _x: null },
      { _x: [1, 2] },
      { _x: [12] },
      { _x: "x".repeat(1_000) },
    ];
    for (const options of kinds) {
      expect(await isAsked(authorizer, peer, { allow: true, cache: true }, options)).toBe(true);
    }
    for (const options of kinds) expect(await isAsked(authorizer, peer, true, options)).toBe(false);
  });

  test("does not let what it allows be published otherwise than it was shown", async () => {
    const [authorizer, peer] = [await guard(), await on.dial(json, user).join()];
    const publish = (options: Dict) =>
      peer.send([M.PUBLISH, peer.request(), { acknowledge: true, ...options }, "com.example.x"]);
    publish({});
    await answer(authorizer, { allow: true, cache: 60_000 });
    expect((await peer.next())[0]).toBe(M.PUBLISHED);
    publish({ retain: true });
    await answer(authorizer, { allow: false, cache: true });
    expect(errorOf(await peer.next())).toEqual(refusal(M.PUBLISH, 2));
    publish({});
    expect((await peer.next())[0]).toBe(M.PUBLISHED);
  });

  test.each<Dict>([{ _x: {} }, { _x: [{}] }, { _x: [[1]] }, { _x: "x".repeat(1_020) }])(
    "is asked each time about options that could be any (%#)",
    async (options) => {
      const [authorizer, peer] = [await guard(), await on.dial(json, user).join()];
      for (let time = 0; time < 2; time++) {
        expect(await isAsked(authorizer, peer, { allow: true, cache: true }, options)).toBe(true);
      }
    },
  );

  test.each<WampValue>([NaN, undefined, 1n, new Date(0), new Uint8Array(1), new Map()])(
    "is asked each time about options that JSON cannot tell apart (%#)",
    async (value) => {
      const [authorizer, peer] = [await guard(), await on.dial(undefined, user).join()];
      for (const _x of [value, [value]]) {
        expect(await isAsked(authorizer, peer, { allow: true, cache: true }, { _x })).toBe(true);
        expect(await isAsked(authorizer, peer, { allow: true, cache: true }, { _x })).toBe(true);
      }
    },
  );

  test("is asked again when 1,024 later answers have pushed one out", async () => {
    const [authorizer, peer] = [await guard(), await on.dial(json, user).join()];
    const call = (number: number) => peer.call(`com.example.x${number}`);
    for (let number = 0; number < 1_024; number++) {
      call(number);
      await answer(authorizer, { allow: false, cache: number === 0 ? 500 : true });
    }
    clock.advance(500);
    for (const number of [0, 1_024]) {
      call(number);
      await answer(authorizer, { allow: false, cache: true });
    }
    call(0);
    call(2);
    call(1_024);
    expect(await authorizer.rest()).toEqual([]);
    call(1);
    await answer(authorizer, false);
    expect((await peer.rest()).length).toBe(1_030);
  });

  test("is asked by nobody whom others see", async () => {
    const authorizer = await guard();
    const peer = await on.dial(json, user).join();
    peer.call("wamp.session.list");
    await answer(authorizer, true);
    expect((await peer.next())[3]).toEqual([[peer.id]]);
    await settled();
    expect(on.router.statistics("realm1")?.sessions).toBe(2);
  });
});

async function lookUp(peer: Peer): Promise<number> {
  const result = await peer.ask([M.CALL, 99, {}, "wamp.registration.lookup", [procedure]]);
  return (result[3] as number[])[0]!;
}

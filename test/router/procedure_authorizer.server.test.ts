import { describe, expect, test } from "vitest";
import { json } from "../../src/codec/mod.ts";
import { openRealm } from "../../src/router/mod.ts";
import type { WampValue } from "../../src/wire/mod.ts";
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

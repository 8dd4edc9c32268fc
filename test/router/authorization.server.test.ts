import { describe, expect, test } from "vitest";
import { json } from "../../src/codec/mod.ts";
import type { Serializer } from "../../src/codec/mod.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import type { Authorizer, Decision } from "../../src/router/mod.ts";
import { MessageType as M, WampError } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { harness } from "./harness.ts";
import { dial, settled } from "./peer.ts";
import type { Message } from "./peer.ts";

/** What the authorizer was asked and has not answered yet. */
let asked: { action: string; uri: string; answer(decision: Decision | boolean): void; fail(error: unknown): void }[] =
  [];

/** URIs with `slow` wait for the test, those with `denied` are denied, `hidden` with words of its own, `broken` fails. */
const authorizer: Authorizer = {
  authorize: (_, action, uri, options) => {
    if (uri.includes("slow")) {
      return new Promise((answer, fail) => asked.push({ action, uri, answer, fail }));
    }
    if (uri.includes("broken")) throw new Error("the rules are broken");
    if (uri.includes("nothing")) return undefined as never;
    if (uri === "a.yes" || uri === "a.no") return uri === "a.yes";
    if (uri.includes("hidden")) return { allow: false, error: "com.example.hidden", message: "Hidden" };
    return { allow: !uri.includes("denied") && options.denied !== true, disclose: uri.includes("disclosed") };
  },
};

let clock: FakeClock;

const on = harness(() => {
  asked = [];
  clock = new FakeClock();
  return {
    realms: [{ ...openRealm("realm1"), authorizer }],
    limits: { authorizationQueue: 200, queuedBytes: 100_000 },
    clock,
  };
});

const someone = { authid: "x-1", authrole: "x", authprovider: "test" };

describe("an authorizer", () => {
  test.each([
    [[M.CALL, 1, {}, "a.denied"], 'call procedure "a.denied"'],
    [[M.REGISTER, 1, {}, "a.denied"], 'register procedure "a.denied"'],
    [[M.SUBSCRIBE, 1, { match: "prefix" }, "a.denied"], 'subscribe to topic "a.denied"'],
  ])("refuses %j in Nexus's words", async (message, what) => {
    const peer = await on.dial(undefined, someone).join();
    const text =
      `session (session_id=${peer.id}, authid="x-1", authrole="x") is not authorized to ${what} on realm "realm1"`;
    expect(await peer.ask(message)).toEqual([M.ERROR, message[0], 1, {}, "wamp.error.not_authorized", [text]]);
  });

  test("refuses a publication, silently unless it is to be acknowledged", async () => {
    const [peer, subscriber] = [await on.dial().join(), await on.dial().join()];
    await subscriber.subscribe("a", { match: "prefix" });
    peer.publish("a.denied");
    expect(await peer.ask([M.PUBLISH, 2, { acknowledge: true }, "a.denied"])).toEqual([
      M.ERROR,
      M.PUBLISH,
      2,
      {},
      "wamp.error.not_authorized",
      ["session not authorized to publish to topic 'a.denied'"],
    ]);
    expect(await subscriber.rest()).toEqual([]);
  });

  test("sees the options, and may choose the words", async () => {
    const peer = await on.dial().join();
    expect((await peer.ask([M.CALL, 1, { denied: true }, "a.b"]))[4]).toBe("wamp.error.not_authorized");
    expect(await peer.ask([M.CALL, 2, {}, "a.hidden"])).toEqual([M.ERROR, M.CALL, 2, {}, "com.example.hidden", [
      "Hidden",
    ]]);
  });

  test("that fails means no, whether at once or later, and its reason stays inside", async () => {
    const peer = await on.dial().join();
    expect((await peer.ask([M.CALL, 1, {}, "a.broken"]))[4]).toBe("wamp.error.authorization_failed");
    peer.call("a.slow");
    await settled();
    asked[0]!.fail(new Error("the rules are away"));
    const answer = await peer.next();
    expect(answer[4]).toBe("wamp.error.authorization_failed");
    expect(JSON.stringify(answer)).not.toContain("away");
    expect(answer[5]).toEqual([
      'the authorizer of realm "realm1" failed on call of "a.slow", so the request is refused',
    ]);
    const failures = on.takeFailures() as WampError[];
    expect(failures.map(({ code, message }) => [code, message])).toEqual([
      [
        "authorization_failed",
        expect.stringMatching(/^Cannot authorize call of "a.broken" by ".*" in realm "realm1": /),
      ],
      ["authorization_failed", expect.stringMatching(/"a.slow" .* the authorizer failed: the rules are away$/)],
    ]);
    expect(failures.map(({ cause }) => cause)).toEqual([
      new Error("the rules are broken"),
      new Error("the rules are away"),
    ]);
  });

  test("may say true or false, at once or later", async () => {
    const peer = await on.dial().join();
    expect((await peer.ask([M.CALL, 1, {}, "a.yes"]))[4]).toBe("wamp.error.no_such_procedure");
    expect((await peer.ask([M.CALL, 2, {}, "a.no"]))[4]).toBe("wamp.error.not_authorized");
    for (
      const [answer, uri] of [[true, "wamp.error.no_such_procedure"], [false, "wamp.error.not_authorized"]] as const
    ) {
      peer.call("a.slow");
      await settled();
      asked.pop()!.answer(answer);
      expect((await peer.next())[4]).toBe(uri);
    }
  });

  test("that gives no decision means no, and is told what it gave", async () => {
    const peer = await on.dial().join();
    expect((await peer.ask([M.CALL, 1, {}, "a.nothing"]))[4]).toBe("wamp.error.authorization_failed");
    const odd = [{ allow: false, error: 5 }, { allow: false, error: "no uri" }, { allow: false, message: { f() {} } }];
    for (const nothing of [undefined, null, "yes", {}, ...odd, { allow: false, message: "\ud800" }]) {
      peer.call("a.slow");
      await settled();
      asked.pop()!.answer(nothing as never);
      expect((await peer.next())[4]).toBe("wamp.error.authorization_failed");
    }
    const messages = (on.takeFailures() as WampError[]).map(({ message }) => message);
    expect(messages.map((message) => /the authorizer answered (.*), expected/.exec(message)?.[1])).toEqual([
      "undefined",
      "undefined",
      "null",
      '"yes"',
      "an object",
      "the error 5",
      'the error "no uri"',
      "the message an object",
      expect.stringMatching(/^the message "/),
    ]);
  });

  test("that never answers means no, and the next request has its turn", async () => {
    const peer = await on.dial().join();
    const slow = peer.call("a.slow");
    const next = peer.call("a.unknown");
    await settled();
    clock.advance(30_000);
    expect((await peer.next()).slice(0, 5)).toEqual([M.ERROR, M.CALL, slow, {}, "wamp.error.authorization_failed"]);
    expect((await peer.next()).slice(0, 5)).toEqual([M.ERROR, M.CALL, next, {}, "wamp.error.no_such_procedure"]);
    asked[0]!.answer({ allow: true });
    expect(await peer.rest()).toEqual([]);
    expect(on.takeFailures().length).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test("that answers in time has not taken too long", async () => {
    const peer = await on.dial().join();
    const slow = peer.call("a.slow");
    await settled();
    clock.advance(29_999);
    asked[0]!.answer({ allow: true });
    expect((await peer.next()).slice(0, 5)).toEqual([M.ERROR, M.CALL, slow, {}, "wamp.error.no_such_procedure"]);
    clock.advance(30_000);
    expect(on.router.reached()).toEqual({});
  });

  test("that fails once its time is over is told of for that alone", async () => {
    const peer = await on.dial().join();
    const slow = peer.call("a.slow");
    await settled();
    clock.advance(30_000);
    expect((await peer.next()).slice(0, 5)).toEqual([M.ERROR, M.CALL, slow, {}, "wamp.error.authorization_failed"]);
    asked[0]!.fail(new Error("the rules are away"));
    expect(await peer.rest()).toEqual([]);
    expect(on.takeFailures()).toEqual([expect.objectContaining({ code: "timeout" })]);
  });

  test("is not asked about what is invalid, nor about leaving a subscription", async () => {
    const peer = await on.dial().join();
    for (const type of [M.CALL, M.REGISTER, M.SUBSCRIBE]) {
      expect((await peer.ask([type, 1, {}, "slow..slow"]))[4]).toBe("wamp.error.invalid_uri");
    }
    expect((await peer.ask([M.UNSUBSCRIBE, 1, 4711]))[4]).toBe("wamp.error.no_such_subscription");
    expect(asked).toEqual([]);
  });

  test("discloses a caller, a publisher and a callee that did not ask for it", async () => {
    const [a, b] = [
      await on.dial(undefined, someone).join(),
      await on.dial(undefined, { ...someone, authid: "b-1" }).join(),
    ];
    const registration = await a.register("a.disclosed");
    const request = b.call("a.disclosed");
    const caller = { caller: b.id, caller_authid: "b-1", caller_authrole: "x" };
    expect(await a.next()).toEqual([M.INVOCATION, 1, registration, caller]);
    a.send([M.YIELD, 1, {}, ["done"]]);
    const callee = { callee: a.id, callee_authid: "x-1", callee_authrole: "x" };
    expect(await b.next()).toEqual([M.RESULT, request, callee, ["done"]]);
    b.call("a.disclosed", { receive_progress: true });
    expect((await a.next())[3]).toEqual({ ...caller, receive_progress: true });
    a.send([M.YIELD, 2, { progress: true }]);
    expect((await b.next())[2]).toEqual({ ...callee, progress: true });
    await a.subscribe("t.disclosed");
    b.publish("t.disclosed");
    expect((await a.next())[3]).toEqual({ publisher: b.id, publisher_authid: "b-1", publisher_authrole: "x" });
    a.send([M.YIELD, 2, {}]);
  });
});

test("a callee whose name the caller's serializer cannot represent costs its answer, not the caller", async () => {
  const short: Serializer = {
    ...json,
    encodeValue: (value) => {
      if (JSON.stringify(value).includes("too long")) throw new WampError("unserializable", "Cannot encode it");
      return json.encodeValue(value);
    },
  };
  const [callee, caller] = [
    await on.dial(undefined, { ...someone, authid: "too long" }).join(),
    await on.dial(short).join(),
  ];
  await callee.register("a.disclosed");
  const request = caller.call("a.disclosed");
  await callee.next();
  callee.send([M.YIELD, 1, {}]);
  expect((await caller.next()).slice(0, 5)).toEqual([M.ERROR, M.CALL, request, {}, "wamp.error.invalid_argument"]);
  await callee.subscribe("still.here");
});

describe("behind a request that waits for its authorization", () => {
  test("requests wait in order, whatever their kind", async () => {
    const [peer, other] = [await on.dial().join(), await on.dial().join()];
    const subscription = await peer.subscribe("own.topic");
    await other.subscribe("own", { match: "prefix" });
    peer.send([M.CALL, 11, {}, "a.slow"]);
    peer.send([M.REGISTER, 12, {}, "own.procedure"]);
    peer.send([M.CALL, 13, {}, "own.other_slow"]);
    peer.send([M.UNSUBSCRIBE, 14, subscription]);
    peer.send([M.PUBLISH, 15, { acknowledge: true }, "own.topic"]);
    peer.send([M.SUBSCRIBE, 16, {}, "own.topic"]);
    peer.send([M.UNREGISTER, 17, 1]);
    expect(await peer.rest()).toEqual([]);
    expect(await other.rest()).toEqual([]);
    expect(asked.map(({ uri }) => uri)).toEqual(["a.slow"]);
    asked[0]!.answer({ allow: true });
    expect((await peer.rest()).map((message) => message.slice(0, 3))).toEqual([
      [M.ERROR, M.CALL, 11],
      [M.REGISTERED, 12, 1],
    ]);
    asked[1]!.answer({ allow: false });
    expect((await peer.rest()).map((message) => message.slice(0, 2))).toEqual([
      [M.ERROR, M.CALL],
      [M.UNSUBSCRIBED, 14],
      [M.PUBLISHED, 15],
      [M.SUBSCRIBED, 16],
      [M.UNREGISTERED, 17],
    ]);
    expect((await other.rest()).length).toBe(1);
  });

  test("answers pass: YIELD, ERROR, CANCEL, GOODBYE", async () => {
    const [peer, caller] = [await on.dial().join(), await on.dial().join()];
    await peer.register("own.procedure");
    const requests = [caller.call("own.procedure"), caller.call("own.procedure")];
    await peer.rest();
    peer.call("a.slow");
    peer.send([M.YIELD, 1, {}, ["passes"]]);
    peer.send([M.ERROR, M.INVOCATION, 2, {}, "com.example.passes"]);
    expect(await caller.next()).toEqual([M.RESULT, requests[0], {}, ["passes"]]);
    expect(await caller.next()).toEqual([M.ERROR, M.CALL, requests[1], {}, "com.example.passes"]);
    expect((await peer.ask([M.GOODBYE, {}, "wamp.close.normal"]))[0]).toBe(M.GOODBYE);
    asked[0]!.answer({ allow: true });
    expect(await peer.rest()).toEqual([]);
  });

  test("a call can be canceled, as can the one that waits itself; neither reaches a callee", async () => {
    const [peer, callee] = [await on.dial().join(), await on.dial().join()];
    await callee.register("a", { match: "prefix" });
    const [first, second, third] = [peer.call("a.slow"), peer.call("a.second"), peer.call("a.third")];
    for (const request of [second, first]) {
      expect(await peer.ask([M.CANCEL, request, {}])).toEqual([M.ERROR, M.CALL, request, {}, "wamp.error.canceled"]);
    }
    asked[0]!.answer({ allow: true });
    expect((await callee.rest()).map((message) => message[3])).toEqual([{ procedure: "a.third" }]);
    callee.send([M.YIELD, 1, {}]);
    expect(await peer.next()).toEqual([M.RESULT, third, {}]);
  });

  test("nothing happens any more when the session is gone", async () => {
    const [peer, callee] = [await on.dial().join(), await on.dial().join()];
    await callee.register("a", { match: "prefix" });
    peer.call("a.slow");
    peer.call("a.second");
    await settled();
    peer.connection.terminate();
    await settled();
    asked[0]!.answer({ allow: true });
    expect(await callee.rest()).toEqual([]);
  });

  test("no other session waits", async () => {
    const [peer, other] = [await on.dial().join(), await on.dial().join()];
    peer.call("a.slow");
    await settled();
    await other.register("a.quick");
  });

  test("calls of one id can be canceled one after the other", async () => {
    const peer = await on.dial().join();
    peer.call("a.slow");
    for (let time = 0; time < 2; time++) peer.send([M.CALL, 9, {}, "a.slow"]);
    expect(await peer.ask([M.CANCEL, 9, {}])).toEqual([M.ERROR, M.CALL, 9, {}, "wamp.error.canceled"]);
    asked[0]!.answer({ allow: true });
    await peer.next();
    expect(await peer.ask([M.CANCEL, 9, {}])).toEqual([M.ERROR, M.CALL, 9, {}, "wamp.error.canceled"]);
  });

  test.each([[{}, 30_000], [{ x_large: "x".repeat(3_000) }, 0]])(
    "only so many bytes wait, and options count for what they become",
    async (options, size) => {
      const peer = await on.dial(json).join();
      peer.call("a.slow");
      for (let count = 0; count < 4; count++) peer.publish("t", options, ["x".repeat(size)]);
      expect((await peer.next())[2]).toBe("wamp.error.unavailable");
      expect((await peer.closed).code).toBe(1008);
    },
  );

  test("only so many wait: then the session is ended", async () => {
    const peer = await on.dial().join();
    peer.call("a.slow");
    for (let count = 0; count < 200; count++) peer.publish("t");
    expect(await peer.rest()).toEqual([]);
    peer.publish("t");
    expect((await peer.next())[2]).toBe("wamp.error.unavailable");
    expect((await peer.closed).code).toBe(1008);
  });
});

describe("an authorizer that ends the session it is asked about, and says yes", () => {
  const cases: [string, (router: Router, id: number) => unknown][] = [
    ["by abort", (router, id) => router.abort("realm1", id, "com.example.kicked", "Out.")],
    ["by closing the router", (router) => void router.close()],
  ];
  const requests: Message[] = [
    [M.REGISTER, 1, {}, "a.p"],
    [M.SUBSCRIBE, 1, {}, "a.t"],
    [M.CALL, 1, {}, "a.served"],
    [M.PUBLISH, 1, { retain: true }, "a.t"],
  ];
  test.each(cases.flatMap(([how, end]) => requests.map((request) => [how, request, end] as const)))(
    "%s leaves nothing of it behind: %j",
    async (_, request, end) => {
      let victim = 0;
      const router: Router = new Router({
        realms: [{
          ...openRealm("realm1"),
          authorizer: {
            authorize: ({ id }) => {
              if (id === victim) end(router, id);
              return true;
            },
          },
        }],
      });
      const [peer, callee] = [await dial(router, json).join(), await dial(router, json).join()];
      await callee.register("a.served");
      victim = peer.id;
      peer.send(request);
      await peer.closed;
      expect((await callee.rest()).filter(([type]) => type === M.INVOCATION)).toEqual([]);
      callee.connection.close();
      await settled();
      const none = { sessions: 0, registrations: 0, subscriptions: 0, pendingInvocations: 0, droppedEvents: 0 };
      expect(router.statistics("realm1")).toMatchObject(none);
      await router.close();
    },
  );
});

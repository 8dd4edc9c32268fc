import { describe, expect, test } from "vitest";
import { cbor, direct, json, msgpack } from "../../src/codec/mod.ts";
import type { Frame, Serializer } from "../../src/codec/mod.ts";
import { openRealm } from "../../src/router/mod.ts";
import { MessageType as M, WampError } from "../../src/wire/mod.ts";
import { harness } from "./harness.ts";
import { fullRoles, plainRoles } from "./peer.ts";

const on = harness(() => ({ realms: [openRealm("realm1"), { ...openRealm("strict"), strict: true }] }));

/** JSON that cannot say "too long". */
const short: Serializer = {
  ...json,
  encodeValue: (value) => {
    if (JSON.stringify(value).includes("too long")) throw new WampError("unserializable", "Cannot encode it");
    return json.encodeValue(value);
  },
};

describe("a call", () => {
  const speaking = [direct, json, msgpack, cbor];
  test.each(
    speaking.flatMap((from) => speaking.map((to) => ({ from: from.name, to: to.name, caller: from, callee: to }))),
  )(
    "from $from to $to arrives as it was sent, and its result, too",
    async (serializers) => {
      const callee = await on.dial(serializers.callee).join();
      const caller = await on.dial(serializers.caller).join();
      const registration = await callee.register("com.example.add");
      const request = caller.call("com.example.add", {}, [1, "é", [true, null]], { base: 10 });
      expect(await callee.next()).toEqual([M.INVOCATION, 1, registration, {}, [1, "é", [true, null]], { base: 10 }]);
      callee.send([M.YIELD, 1, {}, [3], { exact: true }]);
      expect(await caller.next()).toEqual([M.RESULT, request, {}, [3], { exact: true }]);
    },
  );

  test("of a session's own procedure is routed like any other", async () => {
    const peer = await on.dial().join();
    const registration = await peer.register("com.example.own");
    const request = peer.call("com.example.own", {}, ["x"]);
    expect(await peer.next()).toEqual([M.INVOCATION, 1, registration, {}, ["x"]]);
    peer.send([M.YIELD, 1, {}]);
    expect(await peer.next()).toEqual([M.RESULT, request, {}]);
  });

  test("of an unknown procedure gets no_such_procedure, in Nexus's words", async () => {
    const caller = await on.dial().join();
    const request = caller.call("com.example.nothing");
    expect(await caller.next()).toEqual([
      M.ERROR,
      M.CALL,
      request,
      {},
      "wamp.error.no_such_procedure",
      ["no callee registered for procedure <com.example.nothing>"],
    ]);
  });

  test.each(["", "a..b", "a b", ".a", "a.", "a.b#"])(
    "of %j gets invalid_uri, also where a pattern would match",
    async (uri) => {
      const peer = await on.dial().join();
      await peer.register("", { match: "prefix" });
      const request = peer.call(uri);
      expect((await peer.next()).slice(0, 5)).toEqual([M.ERROR, M.CALL, request, {}, "wamp.error.invalid_uri"]);
    },
  );

  test("gets the callee's error with args and kwargs, under its own request id", async () => {
    const callee = await on.dial().join();
    const caller = await on.dial(json).join();
    await callee.register("com.example.fail");
    const request = caller.call("com.example.fail");
    await callee.next();
    callee.send([M.ERROR, M.INVOCATION, 1, { private: true }, "com.example.error", ["why"], { code: 7 }]);
    expect(await caller.next()).toEqual([M.ERROR, M.CALL, request, {}, "com.example.error", ["why"], { code: 7 }]);
  });

  test("gets invalid_uri when the callee's error has no URI that a client could take", async () => {
    const callee = await on.dial().join();
    const caller = await on.dial().join();
    await callee.register("com.example.fail");
    const request = caller.call("com.example.fail");
    await callee.next();
    callee.send([M.ERROR, M.INVOCATION, 1, {}, "not a uri", ["x"]]);
    expect((await caller.next()).slice(0, 5)).toEqual([M.ERROR, M.CALL, request, {}, "wamp.error.invalid_uri"]);
  });

  test("and another keep their own results, in whatever order these come", async () => {
    const callee = await on.dial().join();
    const caller = await on.dial().join();
    await callee.register("com.example.slow");
    const [first, second] = [caller.call("com.example.slow"), caller.call("com.example.slow")];
    expect([(await callee.next())[1], (await callee.next())[1]]).toEqual([1, 2]);
    callee.send([M.YIELD, 2, {}, ["second"]]);
    callee.send([M.YIELD, 1, {}, ["first"]]);
    expect(await caller.next()).toEqual([M.RESULT, second, {}, ["second"]]);
    expect(await caller.next()).toEqual([M.RESULT, first, {}, ["first"]]);
  });

  test("may have any request id, also 0 and one that was used before", async () => {
    const callee = await on.dial().join();
    const caller = await on.dial().join();
    await callee.register("com.example.id");
    for (const [at, request] of [0, 2 ** 53, 7, 7].entries()) {
      caller.send([M.CALL, request, {}, "com.example.id"]);
      await callee.next();
      callee.send([M.YIELD, at + 1, {}]);
      expect(await caller.next()).toEqual([M.RESULT, request, {}]);
    }
  });

  test("under the id of one that waits is refused, and the earlier one gets its answer", async () => {
    const callee = await on.dial().join();
    const caller = await on.dial().join();
    await callee.register("com.example.id");
    for (let time = 0; time < 3; time++) caller.send([M.CALL, 7, {}, "com.example.id", [time]]);
    expect((await callee.rest()).map((message) => message[4])).toEqual([[0]]);
    expect(on.router.statistics("realm1")?.pendingInvocations).toBe(1);
    const refusals = (await caller.rest()).map((message) => message.slice(0, 5));
    expect(refusals).toEqual([1, 2].map(() => [M.ERROR, M.CALL, 7, {}, "wamp.error.invalid_argument"]));
    callee.send([M.YIELD, 1, {}, ["first"]]);
    expect(await caller.next()).toEqual([M.RESULT, 7, {}, ["first"]]);
    caller.send([M.CALL, 7, {}, "com.example.id", ["again"]]);
    expect((await callee.next())[4]).toEqual(["again"]);
  });

  test("whose encoding ends the router leaves nothing behind", async () => {
    const callee = await on.dial(json).join();
    const caller = await on.dial().join();
    await callee.register("com.example.any");
    const args = [{
      get last() {
        void on.router.close();
        return true;
      },
    }];
    caller.call("com.example.any", {}, args);
    await callee.closed;
    expect(on.router.statistics("realm1")?.pendingInvocations).toBe(0);
  });

  test("of a caller whose name the callee's serializer cannot represent fails alone", async () => {
    const who = { authid: "x", authrole: "x", authprovider: "test" };
    const callee = await on.dial(short).join();
    const caller = await on.dial(msgpack, { ...who, authid: "too long" }).join();
    await callee.register("com.example.p");
    const request = caller.call("com.example.p", { disclose_me: true });
    expect((await caller.next()).slice(0, 5)).toEqual([M.ERROR, M.CALL, request, {}, "wamp.error.invalid_argument"]);
    caller.call("com.example.p");
    expect((await callee.next())[1]).toBe(1);
  });

  test("whose arguments the callee's serializer cannot represent fails alone", async () => {
    const callee = await on.dial(json).join();
    const caller = await on.dial().join();
    const registration = await callee.register("com.example.any");
    const request = caller.call("com.example.any", {}, [(() => {}) as never]);
    expect((await caller.next()).slice(0, 5)).toEqual([M.ERROR, M.CALL, request, {}, "wamp.error.invalid_argument"]);
    const next = caller.call("com.example.any", {}, ["fine"]);
    expect(await callee.next()).toEqual([M.INVOCATION, 1, registration, {}, ["fine"]]);
    callee.send([M.YIELD, 1, {}]);
    expect(await caller.next()).toEqual([M.RESULT, next, {}]);
  });

  test.each([M.YIELD, M.ERROR])(
    "whose %s the caller's serializer cannot represent gets invalid_argument",
    async (type) => {
      const callee = await on.dial().join();
      const caller = await on.dial(json).join();
      await callee.register("com.example.any");
      const request = caller.call("com.example.any");
      await callee.next();
      const value = (() => {}) as never;
      if (type === M.YIELD) callee.send([M.YIELD, 1, {}, [value]]);
      else callee.send([M.ERROR, M.INVOCATION, 1, {}, "com.example.error", [value]]);
      expect((await caller.next()).slice(0, 5)).toEqual([M.ERROR, M.CALL, request, {}, "wamp.error.invalid_argument"]);
      expect(await callee.rest()).toEqual([]);
    },
  );

  test("between equal serializers is passed on as it came, not encoded again", async () => {
    const frames: Frame[] = [];
    const callee = await on.dial({ ...json, scan: (frame) => (frames.push(frame), json.scan(frame)) }).join();
    const caller = await on.dial(json).join();
    const registration = await callee.register("com.example.echo");
    caller.connection.sendFrame('[48, 1, {}, "com.example.echo", [ 1.0,"\\u0041" ] , {"k" :[]}]');
    await callee.next();
    expect(frames.slice(-1)).toEqual([`[68,1,${registration},{},[ 1.0,"\\u0041" ] , {"k" :[]}]`]);
    callee.send([M.YIELD, 1, {}]);
  });
});

describe("the caller", () => {
  const identity = (id: number, authid: unknown) => ({ caller: id, caller_authid: authid, caller_authrole: "someone" });
  const someone = { authid: "someone-1", authrole: "someone", authprovider: "test" };

  test("is not disclosed unless it asks", async () => {
    const callee = await on.dial().join();
    const caller = await on.dial(undefined, someone).join();
    const registration = await callee.register("com.example.who");
    caller.call("com.example.who");
    expect(await callee.next()).toEqual([M.INVOCATION, 1, registration, {}]);
    caller.call("com.example.who", { disclose_me: true });
    expect(await callee.next()).toEqual([M.INVOCATION, 2, registration, identity(caller.id, "someone-1")]);
  });

  test("is disclosed to the callee that asked for it when it registered, also of a pattern and of a call in parts", async () => {
    const features = { ...fullRoles.callee!.features, progressive_call_invocations: true };
    const [nosy, other] = [await on.dial().join("realm1", { callee: { features } }), await on.dial().join()];
    const registrations = [
      await nosy.register("com.example.who", { disclose_caller: true, invoke: "roundrobin" }),
      await nosy.register("com.example.which", { disclose_caller: true, match: "prefix" }),
    ];
    await other.register("com.example.who", { invoke: "roundrobin" });
    const caller = await on.dial(json, someone).join();
    const known = identity(caller.id, "someone-1");
    caller.call("com.example.who");
    expect(await nosy.next()).toEqual([M.INVOCATION, 1, registrations[0], known]);
    caller.call("com.example.who");
    expect((await other.next())[3]).toEqual({});
    const procedure = "com.example.which.one";
    const request = caller.call(procedure, { progress: true }, ["a"]);
    caller.send([M.CALL, request, {}, procedure, ["b"]]);
    expect((await nosy.next()).slice(2)).toEqual([registrations[1], { ...known, procedure, progress: true }, ["a"]]);
    expect((await nosy.next()).slice(2)).toEqual([registrations[1], { ...known, procedure }, ["b"]]);
  });
});

describe("a pattern registration", () => {
  test.each(["prefix", "wildcard"])("is told which procedure was called (%s)", async (match) => {
    const callee = await on.dial(json).join();
    const caller = await on.dial().join();
    const registration = await callee.register(match === "prefix" ? "com.example.p" : "com..p", { match });
    caller.call("com.example.p");
    expect(await callee.next()).toEqual([M.INVOCATION, 1, registration, { procedure: "com.example.p" }]);
  });

  test("yields to an exact one", async () => {
    const callee = await on.dial().join();
    const caller = await on.dial().join();
    await callee.register("com.example", { match: "prefix" });
    const exact = await callee.register("com.example.p");
    caller.call("com.example.p");
    expect(await callee.next()).toEqual([M.INVOCATION, 1, exact, {}]);
  });
});

describe("progressive results", () => {
  test("reach a caller that asked, and the last one ends the call", async () => {
    const callee = await on.dial(json).join();
    const caller = await on.dial().join();
    const registration = await callee.register("com.example.steps");
    const request = caller.call("com.example.steps", { receive_progress: true });
    expect(await callee.next()).toEqual([M.INVOCATION, 1, registration, { receive_progress: true }]);
    callee.send([M.YIELD, 1, { progress: true }, [1]]);
    callee.send([M.YIELD, 1, { progress: true }, [2]]);
    callee.send([M.YIELD, 1, {}, ["end"]]);
    callee.send([M.YIELD, 1, {}, ["late"]]);
    expect(await caller.next()).toEqual([M.RESULT, request, { progress: true }, [1]]);
    expect(await caller.next()).toEqual([M.RESULT, request, { progress: true }, [2]]);
    expect(await caller.next()).toEqual([M.RESULT, request, {}, ["end"]]);
    expect(await caller.rest()).toEqual([]);
  });

  test("do not reach a caller that did not ask", async () => {
    const callee = await on.dial().join();
    const caller = await on.dial().join();
    const registration = await callee.register("com.example.steps");
    const request = caller.call("com.example.steps");
    expect(await callee.next()).toEqual([M.INVOCATION, 1, registration, {}]);
    callee.send([M.YIELD, 1, { progress: true }, [1]]);
    callee.send([M.YIELD, 1, {}, ["end"]]);
    expect(await caller.next()).toEqual([M.RESULT, request, {}, ["end"]]);
  });

  test("are not asked of a callee that does not know them", async () => {
    const callee = await on.dial().join("realm1", plainRoles);
    const caller = await on.dial().join();
    const registration = await callee.register("com.example.steps");
    caller.call("com.example.steps", { receive_progress: true });
    expect(await callee.next()).toEqual([M.INVOCATION, 1, registration, {}]);
  });

  test("are asked of a callee that cannot be interrupted, except in a strict realm", async () => {
    const progressive = { callee: { features: { progressive_call_results: true } } };
    for (const [realm, details] of [["realm1", { receive_progress: true }], ["strict", {}]] as const) {
      const callee = await on.dial().join(realm, progressive);
      const caller = await on.dial().join(realm);
      const registration = await callee.register("com.example.steps");
      caller.call("com.example.steps", { receive_progress: true });
      expect(await callee.next()).toEqual([M.INVOCATION, 1, registration, details]);
    }
  });

  test("that cannot be represented end the call with an error", async () => {
    const callee = await on.dial().join();
    const caller = await on.dial(json).join();
    await callee.register("com.example.steps");
    const request = caller.call("com.example.steps", { receive_progress: true });
    await callee.next();
    callee.send([M.YIELD, 1, { progress: true }, [(() => {}) as never]]);
    expect((await caller.next()).slice(0, 5)).toEqual([M.ERROR, M.CALL, request, {}, "wamp.error.invalid_argument"]);
  });
});

describe("an answer to nothing", () => {
  test("never reaches a stranger: an invocation's id belongs to one session", async () => {
    const callee = await on.dial().join();
    const caller = await on.dial().join();
    const stranger = await on.dial().join();
    await callee.register("com.example.secret");
    const request = caller.call("com.example.secret");
    await callee.next();
    stranger.send([M.YIELD, 1, {}, ["forged"]]);
    stranger.send([M.ERROR, M.INVOCATION, 1, {}, "com.example.forged"]);
    expect(await stranger.rest()).toEqual([]);
    expect(await caller.rest()).toEqual([]);
    callee.send([M.YIELD, 1, {}, ["real"]]);
    expect(await caller.next()).toEqual([M.RESULT, request, {}, ["real"]]);
  });

  test("is a violation in a strict realm, but not when it is only late", async () => {
    const callee = await on.dial().join("strict");
    const caller = await on.dial().join("strict");
    await callee.register("com.example.p");
    const request = caller.call("com.example.p");
    await callee.next();
    callee.send([M.YIELD, 1, {}]);
    callee.send([M.YIELD, 1, {}, ["again"]]);
    expect(await caller.next()).toEqual([M.RESULT, request, {}]);
    expect(await callee.rest()).toEqual([]);
    const abort = await callee.ask([M.YIELD, 2, {}]);
    expect([abort[0], abort[2]]).toEqual([M.ABORT, "wamp.error.protocol_violation"]);
    expect((await callee.closed).code).toBe(1002);
  });

  test("that names another request than an INVOCATION is a violation everywhere", async () => {
    const peer = await on.dial().join("realm1", fullRoles);
    const abort = await peer.ask([M.ERROR, M.CALL, 1, {}, "com.example.error"]);
    expect([abort[0], abort[2]]).toEqual([M.ABORT, "wamp.error.protocol_violation"]);
  });
});

import { describe, expect, test } from "vitest";
import { CallError, cbor, json, msgpack, RemoteError } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { settle } from "../support/scripted_router.ts";
import { joined } from "../support/scripted_client.ts";

test("call gives the first result, callResult everything", async () => {
  const { client, peer } = await joined();
  const first = client.call("com.example.a", [1], { b: 2 }, { disclose_me: true, _own: "x" });
  const whole = client.callResult("com.example.b");
  const nothing = client.call("com.example.c");
  const a = await peer.next(MessageType.CALL);
  expect([a.firstId, a.uri, a.payload.args, a.payload.kwargs]).toEqual([1, "com.example.a", [1], { b: 2 }]);
  expect(a.options).toEqual({ disclose_me: true, _own: "x" });
  const b = await peer.next(MessageType.CALL);
  const c = await peer.next(MessageType.CALL);
  expect([b.firstId, c.firstId]).toEqual([2, 3]);
  // Answers need not come in order.
  peer.send([MessageType.RESULT, 3, {}]);
  peer.send([MessageType.RESULT, 2, { callee: 9 }], [1, 2], { k: 3 });
  peer.send([MessageType.RESULT, 1, {}], ["one", "two"]);
  expect(await nothing).toBeUndefined();
  expect(await whole).toEqual({ args: [1, 2], kwargs: { k: 3 }, details: { callee: 9 } });
  expect(await first).toBe("one");
});

test("an ERROR keeps uri, args, kwargs and details", async () => {
  const { client, peer } = await joined();
  const answer = client.call("com.example.a");
  await peer.next(MessageType.CALL);
  peer.send([MessageType.ERROR, MessageType.CALL, 1, { d: 1 }, "com.example.error"], ["no", 1], { k: 2 });
  const error = await answer.catch((error) => error);
  expect(error).toBeInstanceOf(RemoteError);
  expect(error).toMatchObject({ uri: "com.example.error", args: ["no", 1], kwargs: { k: 2 }, details: { d: 1 } });
  expect(error.message).toBe("com.example.error: no");
});

test("late, duplicate and foreign replies, and progress nobody asked for, settle nothing", async () => {
  const { client, peer } = await joined();
  const answer = client.call("com.example.a");
  await peer.next(MessageType.CALL);
  peer.send([MessageType.RESULT, 99, {}], ["foreign"]);
  peer.send([MessageType.ERROR, MessageType.SUBSCRIBE, 1, {}, "com.example.error"]);
  peer.send([MessageType.PUBLISHED, 1, 5]);
  peer.send([MessageType.RESULT, 1, { progress: true }], ["progress"]);
  peer.send([MessageType.RESULT, 1, {}], ["right"]);
  peer.send([MessageType.RESULT, 1, {}], ["again"]);
  peer.send([MessageType.ERROR, MessageType.CALL, 1, {}, "com.example.error"]);
  expect(await answer).toBe("right");
  await settle();
  expect(client.status).toBe("ready");
});

test("a timeout settles here, says that the call may have run, and cancels", async () => {
  const { client, peer, clock } = await joined();
  const answer = client.call("com.example.slow", [], {}, { timeout: 100 });
  const call = await peer.next(MessageType.CALL);
  expect(call.options).toEqual({});
  clock.advance(100);
  await expect(answer).rejects.toMatchObject({ code: "timeout", procedure: "com.example.slow", mayHaveRun: true });
  const cancel = await peer.next(MessageType.CANCEL);
  expect([cancel.firstId, cancel.options]).toEqual([1, { mode: "killnowait" }]);
  peer.send([MessageType.ERROR, MessageType.CALL, 1, {}, "wamp.error.canceled"]);
  await settle();
  expect(clock.pending).toBe(0);
});

test("the wire gets the timeout if the router announced it, and no CANCEL if it did not", async () => {
  const roles = { broker: {}, dealer: { features: { call_timeout: true } } };
  const { client, peer, clock } = await joined({ timeout: 50 }, { roles });
  const answer = client.call("com.example.slow");
  expect((await peer.next(MessageType.CALL)).options).toEqual({ timeout: 50 });
  clock.advance(50);
  await expect(answer).rejects.toMatchObject({ code: "timeout" });
  await settle();
  expect(peer.unread).toBe(0);
  const patient = client.call("com.example.slow", [], {}, { timeout: 0 });
  await peer.next(MessageType.CALL);
  expect(clock.pending).toBe(0);
  peer.send([MessageType.RESULT, 2, {}], [1]);
  expect(await patient).toBe(1);
});

test("where the router counts the time as well, it is the same error whoever is first", async () => {
  const roles = { broker: {}, dealer: { features: { call_timeout: true } } };
  const { client, peer, clock } = await joined({}, { roles });
  const over = [MessageType.ERROR, MessageType.CALL] as const;
  const timed = client.call("a.p", [], {}, { timeout: 100 }).catch((error) => error);
  peer.send([...over, (await peer.next(MessageType.CALL)).firstId, {}, "wamp.error.timeout"]);
  expect(await timed).toMatchObject({
    name: "CallError",
    code: "timeout",
    procedure: "a.p",
    mayHaveRun: true,
    cause: { uri: "wamp.error.timeout" },
    message: expect.stringContaining("within 100 ms"),
  });
  const other = client.call("a.p").catch((error) => error);
  peer.send([...over, (await peer.next(MessageType.CALL)).firstId, {}, "wamp.error.timeout"]);
  expect(await other).toMatchObject({ code: "remote", uri: "wamp.error.timeout" });
  expect(clock.pending).toBe(0);
});

test("a signal ends a call, before it is sent and after; an answered one is let go", async () => {
  const { client, peer } = await joined();
  const reason = new Error("changed my mind");
  await expect(client.call("com.example.a", [], {}, { signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
    code: "aborted",
    mayHaveRun: false,
    cause: reason,
  });
  const controller = new AbortController();
  const answer = client.call("com.example.a", [], {}, { signal: controller.signal, cancelMode: "kill" });
  await peer.next(MessageType.CALL);
  controller.abort(reason);
  await expect(answer).rejects.toMatchObject({ code: "aborted", mayHaveRun: true, cause: reason });
  expect((await peer.next(MessageType.CANCEL)).options).toEqual({ mode: "kill" });

  const later = new AbortController();
  const settled = client.call("com.example.a", [], {}, { signal: later.signal });
  await peer.next(MessageType.CALL);
  peer.send([MessageType.RESULT, 2, {}], [2]);
  expect(await settled).toBe(2);
  later.abort();
  await settle();
  expect(peer.unread).toBe(0);
});

test("a lost connection and a close refuse what is pending, each with its code", async () => {
  const { client, peer } = await joined({ reconnect: false });
  const lost = client.call("com.example.a");
  await peer.next(MessageType.CALL);
  peer.connection.terminate();
  const error = await lost.catch((error) => error);
  expect(error).toBeInstanceOf(CallError);
  expect(error).toMatchObject({ code: "connection_lost", procedure: "com.example.a", mayHaveRun: true });

  const other = await joined();
  const closed = other.client.call("com.example.a");
  await other.peer.next(MessageType.CALL);
  const closing = other.client.close();
  await expect(closed).rejects.toMatchObject({ code: "closed", mayHaveRun: true });
  await other.peer.goodbye();
  await closing;
  await expect(other.client.call("com.example.a")).rejects.toMatchObject({ code: "closed", mayHaveRun: false });
});

describe("bad arguments refuse that call alone and show the right one", () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const cases: [string, (client: Awaited<ReturnType<typeof joined>>["client"]) => Promise<unknown>, string, RegExp][] =
    [
      [
        "a text as args",
        (c) => c.publish("test.sub", "hello" as never),
        "invalid_argument",
        /publish\("test.sub", \["hello"\]\)/,
      ],
      [
        "an object as args",
        (c) => c.call("a.b", { n: 1 } as never),
        "invalid_argument",
        /args is an object, expected an array; write call\("a\.b", \[value\]\)/,
      ],
      ["null as args", (c) => c.call("a.b", null as never), "invalid_argument", /args is null/],
      [
        "an array as kwargs",
        (c) => c.call("a.b", [], [1] as never),
        "invalid_argument",
        /kwargs is an array, expected a plain object; write call\("a\.b", \[\], \{ name: value \}\)/,
      ],
      ["a date as kwargs", (c) => c.call("a.b", [], new Date() as never), "invalid_argument", /kwargs is a Date/],
      ["a cycle", (c) => c.call("a.b", [circle]), "unserializable", /./],
      ["a function", (c) => c.call("a.b", [() => {}]), "unserializable", /./],
      ["a function in options", (c) => c.call("a.b", [], {}, { _f: (() => {}) as never }), "unserializable", /./],
      [
        "a misspelt option",
        (c) => c.call("a.b", [], {}, { timeOut: 1 } as never),
        "invalid_argument",
        /no option "timeOut"/,
      ],
      ["options that are no object", (c) => c.call("a.b", [], {}, 5 as never), "invalid_argument", /options is 5/],
      [
        "a timeout in words",
        (c) => c.call("a.b", [], {}, { timeout: "5s" as never }),
        "invalid_argument",
        /timeout is "5s"/,
      ],
      [
        "an unknown mode",
        (c) => c.call("a.b", [], {}, { cancelMode: "stop" as never }),
        "invalid_argument",
        /"killnowait"/,
      ],
      [
        "a controller as signal",
        (c) => c.call("a.b", [], {}, { signal: new AbortController() as never }),
        "invalid_argument",
        /signal is a AbortController, expected an AbortSignal/,
      ],
      ["a URI with a blank", (c) => c.call("a b"), "invalid_argument", /"a b"/],
      ["an empty URI", (c) => c.call(""), "invalid_argument", /call "": not a URI/],
      ["no URI", (c) => c.call(undefined as never), "invalid_argument", /has to be a text/],
      ["a lone surrogate", (c) => c.call("a.\ud800"), "invalid_argument", /not a URI/],
      [
        "no function",
        (c) => c.register("a.b", "f" as never),
        "invalid_argument",
        /handler is "f", expected a function/,
      ],
      [
        "no function to subscribe",
        (c) => c.subscribe("a.b", undefined as never),
        "invalid_argument",
        /expected a function/,
      ],
    ];
  for (const serializer of [json, msgpack]) {
    for (const [what, act, code, message] of cases) {
      test(`${what}, ${serializer.name}`, async () => {
        const { client, peer } = await joined({ serializers: [serializer] }, {}, serializer);
        await expect(act(client)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
        // Nothing was sent, no id is missing, and the session goes on.
        const answer = client.call("com.example.a");
        expect((await peer.next(MessageType.CALL)).firstId).toBe(1);
        peer.send([MessageType.RESULT, 1, {}], [1]);
        expect(await answer).toBe(1);
      });
    }
  }
});

test.each([json, msgpack, cbor])(
  "a getter that calls whenever its call is encoded keeps the ids in the order of the wire, $name",
  async (serializer) => {
    const { client, peer } = await joined({ serializers: [serializer] }, {}, serializer);
    const inner: Promise<unknown>[] = [];
    const value = {
      get now() {
        inner.push(client.call("com.example.inner"));
        return 1;
      },
    };
    const outer = client.call("com.example.outer", [value]);
    const before = inner.length;
    const published = client.publish("com.example.topic", [value]);
    const between = inner.length;
    const acknowledged = client.publish("com.example.topic", [value], {}, { acknowledge: true });
    const innerUris = inner.map(() => "com.example.inner");
    const topic = "com.example.topic";
    const uris = [
      ...innerUris.slice(0, before),
      "com.example.outer",
      ...innerUris.slice(before, between),
      topic,
      ...innerUris.slice(between),
      topic,
    ];
    for (const [index, uri] of uris.entries()) {
      const head = await peer.next(uri === topic ? MessageType.PUBLISH : MessageType.CALL);
      expect([head.firstId, head.uri]).toEqual([index + 1, uri]);
      if (uri !== topic) peer.send([MessageType.RESULT, head.firstId, {}]);
    }
    peer.send([MessageType.PUBLISHED, uris.length, 77]);
    expect(before).toBeGreaterThan(0);
    expect(between).toBeGreaterThan(before);
    expect(inner.length).toBeGreaterThan(between);
    await Promise.all([...inner, outer, published]);
    expect(await acknowledged).toBe(77);
  },
);

test("a prefix goes in front of relative URIs, not of absolute ones", async () => {
  const { client, peer } = await joined({ prefix: "com.izaber.wamp" });
  const calls = [client.call("auth.whoami"), client.call(client.absolute("wamp.session.count"))];
  expect((await peer.next(MessageType.CALL)).uri).toBe("com.izaber.wamp.auth.whoami");
  expect((await peer.next(MessageType.CALL)).uri).toBe("wamp.session.count");
  peer.send([MessageType.RESULT, 1, {}]);
  peer.send([MessageType.RESULT, 2, {}]);
  await Promise.all(calls);
});

test("publish is on its way at once, or waits for PUBLISHED", async () => {
  const { client, peer } = await joined();
  expect(await client.publish("com.example.t", [1])).toBeUndefined();
  const acknowledged = client.publish("com.example.t", [2], {}, { acknowledge: true, exclude_me: false });
  const one = await peer.next(MessageType.PUBLISH);
  const two = await peer.next(MessageType.PUBLISH);
  expect([one.firstId, one.options, two.firstId]).toEqual([1, {}, 2]);
  expect(two.options).toEqual({ acknowledge: true, exclude_me: false });
  peer.send([MessageType.PUBLISHED, 2, 77]);
  expect(await acknowledged).toBe(77);
  const refused = client.publish("com.example.t", [3], {}, { acknowledge: true });
  await peer.next(MessageType.PUBLISH);
  peer.send([MessageType.ERROR, MessageType.PUBLISH, 3, {}, "wamp.error.not_authorized"], ["no"]);
  await expect(refused).rejects.toMatchObject({ uri: "wamp.error.not_authorized" });
});

test("a publication whose acknowledgement is lost with the session says of what, and that it may have been published", async () => {
  const { client, peer } = await joined({ reconnect: false });
  const { session } = client;
  const acknowledged = client.publish("com.example.t", [], {}, { acknowledge: true }).catch((error) => error);
  await peer.next(MessageType.PUBLISH);
  peer.connection.terminate();
  expect(await acknowledged).toMatchObject({
    code: "connection_lost",
    message: expect.stringMatching(
      /lost.*: "com\.example\.t" was not acknowledged before; .* may have been published$/,
    ),
    cause: { code: "connection_lost" },
  });
  for (const acknowledge of [true, false]) {
    await expect(session?.publish("com.example.t", [], {}, { acknowledge })).rejects.toMatchObject({
      code: "connection_lost",
      message: expect.stringContaining('nothing was published to "com.example.t"'),
    });
  }
});

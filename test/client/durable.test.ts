import { describe, expect, test } from "vitest";
import { createClient } from "@izaber/wamp";
import type { Client } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { settle } from "../support/scripted_router.ts";
import { joined, scripted } from "../support/scripted_client.ts";

test("the life of a client: idle, connecting, joined, ready, waiting, ready, closed", async () => {
  const { client, router, clock } = scripted();
  const seen: unknown[] = [client.status];
  client.on("connect", ({ url }) => seen.push(`connect ${url}`));
  client.on("join", (session, details) => seen.push(`join ${session.id} ${details.authid}`, client.status));
  client.on("ready", () => seen.push(client.status));
  client.on("leave", ({ cause }) => seen.push(`leave ${cause}`));
  client.on("disconnect", () => seen.push("disconnect"));
  const opened = client.open();
  seen.push(client.status);
  const one = await router.join(7, { authid: "joe" });
  await opened;
  await client.open();
  one.connection.terminate();
  await settle();
  seen.push(client.status);
  clock.advance(250);
  const two = await router.join(8, { authid: "joe" });
  await settle();
  const closing = client.close();
  await two.goodbye();
  await closing;
  seen.push(client.status);
  expect(seen).toEqual([
    "idle",
    "connecting",
    "connect scripted",
    "join 7 joe",
    "joined",
    "ready",
    "leave lost",
    "disconnect",
    "waiting",
    "connect scripted",
    "join 8 joe",
    "joined",
    "ready",
    "leave closed",
    "disconnect",
    "closed",
  ]);
  expect(clock.pending).toBe(0);
  await expect(client.open()).rejects.toMatchObject({ code: "closed" });
});

test("a join listener that fails is reported, and the client is ready all the same", async () => {
  const { client, router } = scripted();
  const reported: unknown[] = [];
  client.on("error", (error, context) => reported.push([(error as Error).message, context.during]));
  client.on("join", () => Promise.reject(new Error("no luck")));
  const removed = client.on("join", () => reported.push("removed"));
  removed();
  const opened = client.open();
  await router.join(7);
  await opened;
  expect(reported).toEqual([["no luck", "hook"]]);
  expect(() => client.on("jion" as never, (() => {}) as never)).toThrow(/"jion".*connect, challenge, join/);
});

describe("without a session", () => {
  test("call and publish are refused with not_connected", async () => {
    const idle = scripted().client;
    await expect(idle.call("a.b")).rejects.toMatchObject({ code: "not_connected", mayHaveRun: false });
    await expect(idle.publish("a.b")).rejects.toMatchObject({ code: "not_connected" });
    const { client, peer } = await joined();
    peer.connection.terminate();
    await settle();
    await expect(client.call("a.b")).rejects.toMatchObject({
      code: "not_connected",
      message: expect.stringContaining("lost"),
    });
  });

  test("offline keeps them for the next join, in order, for a while, up to a number", async () => {
    const on = await joined({ offline: { ttl: 1_000, max: 3 } });
    const { client, peer, clock, router } = on;
    peer.connection.terminate();
    await settle();
    const one = client.call("a.one");
    const two = client.publish("a.two", [2]);
    const three = client.call("a.three", [], {}, { timeout: 100 }).catch((error) => error);
    await expect(client.call("a.four")).rejects.toMatchObject({
      code: "not_connected",
      message: expect.stringContaining("3 requests"),
    });
    clock.advance(100);
    expect(await three).toMatchObject({ code: "not_connected" });
    const controller = new AbortController();
    const five = client.call("a.five", [], {}, { signal: controller.signal }).catch((error) => error);
    controller.abort();
    expect(await five).toMatchObject({ code: "aborted", mayHaveRun: false });
    clock.advance(150);
    const next = await router.join(8);
    const call = await next.next(MessageType.CALL);
    expect([call.firstId, call.uri]).toEqual([1, "a.one"]);
    expect((await next.next(MessageType.PUBLISH)).uri).toBe("a.two");
    next.send([MessageType.RESULT, 1, {}], ["done"]);
    expect(await one).toBe("done");
    await two;
    expect(clock.pending).toBe(0);
  });
});

test("the time that a call waits for a session counts", async () => {
  const { client, peer, clock, router } = await joined({ offline: { ttl: 1_000, max: 3 } });
  peer.connection.terminate();
  await settle();
  const call = client.call("a.one", [], {}, { timeout: 600 }).catch((error) => error);
  const whole = client.callResult("a.two", [], {}, { timeout: 600 }).catch((error) => error);
  clock.advance(250);
  const next = await router.join(8);
  await next.next(MessageType.CALL);
  await next.next(MessageType.CALL);
  clock.advance(349);
  await settle();
  expect(client.session?.pending.calls).toBe(2);
  clock.advance(1);
  const timedOut = { code: "timeout", mayHaveRun: true };
  expect(await Promise.all([call, whole])).toMatchObject([timedOut, timedOut]);
  expect(clock.pending).toBe(0);
});

test.each([
  ["close()", "closed", (client: Client) => client.close()],
  ["leave()", "not_connected", (client: Client) => client.leave()],
])("what waits for a session says at %s that it was not sent", async (_, code, end) => {
  const { client, peer, clock } = await joined({ offline: { ttl: 1_000, max: 3 } });
  peer.connection.terminate();
  await settle();
  const call = client.call("a.one").catch((error) => error);
  const published = client.publish("a.two").catch((error) => error);
  await end(client);
  expect(await call).toMatchObject({
    name: "CallError",
    code,
    procedure: "a.one",
    mayHaveRun: false,
    message: expect.stringContaining('"a.one"'),
  });
  expect(await published).toMatchObject({ code, message: expect.stringContaining('"a.two"') });
  expect(clock.pending).toBe(0);
});

test("drain takes no more work, finishes what runs, and then leaves", async () => {
  const { client, peer, clock } = await joined();
  const gate = Promise.withResolvers<string>();
  const registering = client.register("a.p", () => gate.promise);
  await peer.registered(5);
  await registering;
  peer.send([MessageType.INVOCATION, 1, 5, {}]);
  await settle();
  const drained = client.drain();
  const release = await peer.next(MessageType.UNREGISTER);
  peer.send([MessageType.INVOCATION, 2, 5, {}]);
  expect((await peer.next(MessageType.ERROR)).uri).toBe("wamp.error.unavailable");
  peer.send([MessageType.UNREGISTERED, release.firstId]);
  await expect(client.register("a.q", () => 1)).rejects.toMatchObject({ code: "closed" });
  await settle();
  expect(peer.unread).toBe(0);
  gate.resolve("finished");
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual(["finished"]);
  await peer.goodbye();
  await drained;
  expect([client.status, clock.pending]).toEqual(["closed", 0]);
});

test("drain waits no longer than it is told", async () => {
  const { client, peer, clock } = await joined();
  const registering = client.register("a.p", () => new Promise(() => {}));
  await peer.registered(5);
  await registering;
  peer.send([MessageType.INVOCATION, 1, 5, {}]);
  await settle();
  const drained = client.drain({ timeout: 100 });
  const release = await peer.next(MessageType.UNREGISTER);
  peer.send([MessageType.UNREGISTERED, release.firstId]);
  await settle();
  clock.advance(100);
  await peer.goodbye();
  await drained;
});

describe("wrong options name the option, its value and what was expected", () => {
  for (
    const [options, message] of [
      [{}, /realm is undefined/],
      [{ realm: "no realm" }, /realm is "no realm", expected a URI/],
      [{ realm: "r", urll: 1 }, /no option "urll"/],
      [{ realm: "r", timeout: "5s" }, /timeout is "5s", expected a finite number/],
      [{ realm: "r", connectTimeout: 0 }, /connectTimeout is 0/],
      [
        { realm: "r", reconnect: { initialDelay: 0 } },
        /reconnect.initialDelay is 0, expected a finite number of at least 1/,
      ],
      [{ realm: "r", reconnect: { maxDelay: 0 } }, /reconnect.maxDelay is 0/],
      [{ realm: "r", requestTimeout: "1s" }, /requestTimeout is "1s", expected a finite number/],
      [{ realm: "r", reconnect: { jitter: 2 } }, /reconnect.jitter is 2, expected a finite number from 0 to 1/],
      [{ realm: "r", offline: { ttl: -1, max: 1 } }, /offline.ttl is -1/],
      [{ realm: "r", timeout: Infinity }, /timeout is Infinity, expected a finite number of at least 0/],
      [
        { realm: "r", offline: { ttl: 1, max: Infinity } },
        /offline.max is Infinity, expected a finite number of at least 0/,
      ],
      [{ realm: "r", agent: 5 }, /agent is 5, expected a text/],
      [{ realm: "r", strict: "yes" }, /strict is "yes", expected true or false/],
      [{ realm: "r", serializers: [] }, /serializers is an array, expected at least one/],
      [{ realm: "r", prefix: "a b" }, /prefix is "a b"/],
      [{ realm: "r", toString: 1 }, /no option "toString"; there are realm, auth, prefix,/],
      [{ realm: "r", reconnect: { delay: 1 } }, /no option "reconnect.delay"; there are initialDelay, maxDelay,/],
      [{ realm: "r", reconnect: true }, /reconnect is true, expected an object with initialDelay, maxDelay,/],
      [{ realm: "r", reconnect: { final: 1 } }, /reconnect.final is 1, expected \(error\) => boolean/],
      [{ realm: "r", offline: false }, /offline is false, expected an object with ttl, max/],
      [{ realm: "r", queues: {} }, /queues is an object, expected new Queues/],
      [{ realm: "r", clock: Date }, /clock is a function, expected a clock: { now, timer }/],
      [{ realm: "r", random: { bytes: () => 1 } }, /random is an object, expected a source of randomness: { bytes, nu/],
    ] as const
  ) {
    test(JSON.stringify(options), () => {
      expect(() => createClient("ws://127.0.0.1:1/ws", options as never)).toThrow(message);
    });
  }
  test("URLs", () => {
    for (const url of ["", "nexus.example.com", "http://nexus.example.com/ws"]) {
      expect(() => createClient(url, { realm: "realm1" })).toThrow(/expected a URL such as "wss:/);
    }
    expect(() => createClient([], { realm: "realm1" })).toThrow(/the target is an empty list, expected a URL/);
  });
});

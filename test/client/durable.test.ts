import { describe, expect, test } from "vitest";
import { createClient, RemoteError, ticket, WampError } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { ScriptedRouter, settle } from "../support/scripted_router.ts";
import type { ScriptedPeer } from "../support/scripted_router.ts";
import { joined, scripted } from "../support/scripted_client.ts";
import type { ScriptedClient } from "../support/scripted_client.ts";

async function reconnect(on: ScriptedClient, session: number): Promise<ScriptedPeer> {
  on.peer.connection.terminate();
  await settle();
  on.clock.advance(60_000);
  return await on.router.join(session);
}

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

describe("restoring", () => {
  test("subscriptions come first, then registrations, each with its options, before ready", async () => {
    const on = await joined();
    const { client, peer } = on;
    const made = [
      client.register("a.p", () => "p", { match: "prefix", invoke: "roundrobin", concurrency: 3, _x: 1 }),
      client.subscribe("a.t", () => {}, { match: "wildcard", get_retained: true }),
    ];
    await peer.registered(5);
    await peer.subscribed(6);
    await Promise.all(made);
    const next = await reconnect(on, 8);
    const ready = Promise.withResolvers<void>();
    client.on("ready", () => ready.resolve());
    const subscribe = await next.next(MessageType.SUBSCRIBE);
    expect([subscribe.uri, subscribe.options]).toEqual(["a.t", { match: "wildcard", get_retained: true }]);
    const register = await next.next(MessageType.REGISTER);
    expect([register.uri, register.options]).toEqual(["a.p", {
      match: "prefix",
      invoke: "roundrobin",
      concurrency: 3,
      _x: 1,
    }]);
    expect(client.status).toBe("joined");
    next.send([MessageType.SUBSCRIBED, subscribe.firstId, 60]);
    next.send([MessageType.REGISTERED, register.firstId, 50]);
    await ready.promise;
    expect(client.status).toBe("ready");
    // Handles go on with the new ids.
    const [registration] = await Promise.all(made);
    expect(registration?.id).toBe(50);
    next.send([MessageType.INVOCATION, 1, 50, {}]);
    expect((await next.next(MessageType.YIELD)).payload.args).toEqual(["p"]);
  });

  test("what was made before the first join resolves at it; what is refused then is not tried again", async () => {
    const { client, router, clock } = scripted();
    const good = client.register("a.good", () => 1);
    const bad = client.register("a.bad", () => 1);
    const outcome = bad.catch((error) => error);
    const topic = client.subscribe("a.t", () => {});
    const opened = client.open();
    const peer = await router.join(7);
    await peer.subscribed(3);
    await peer.registered(4);
    const request = await peer.next(MessageType.REGISTER);
    peer.send([MessageType.ERROR, MessageType.REGISTER, request.firstId, {}, "wamp.error.not_authorized"]);
    await Promise.all([good, topic, opened]);
    expect(await outcome).toBeInstanceOf(RemoteError);
    const next = await reconnect({ client, router, clock, peer }, 8);
    await next.subscribed(5);
    expect((await next.registered(6)).uri).toBe("a.good");
    await settle();
    expect([client.status, next.unread]).toEqual(["ready", 0]);
  });

  test("one that was under way when the session was lost resolves at the next", async () => {
    const on = await joined();
    const registering = on.client.register("a.p", () => 1);
    await on.peer.next(MessageType.REGISTER);
    const next = await reconnect(on, 8);
    await next.registered(5);
    expect((await registering).active).toBe(true);
  });

  test("procedure_already_exists is retried until the router has noticed that the session before is gone", async () => {
    const on = await joined();
    const reported: unknown[] = [];
    on.client.on("error", (error) => reported.push(error));
    const registering = on.client.register("a.p", () => 1);
    await on.peer.registered(5);
    const registration = await registering;
    const next = await reconnect(on, 8);
    for (let attempt = 0; attempt < 3; attempt++) {
      const request = await next.next(MessageType.REGISTER);
      next.send([MessageType.ERROR, MessageType.REGISTER, request.firstId, {}, "wamp.error.procedure_already_exists"]);
      await settle();
      expect([registration.active, on.client.status]).toEqual([false, "ready"]);
      expect(on.clock.next).toBe(200 * 2 ** attempt);
      on.clock.advance(200 * 2 ** attempt);
    }
    await next.registered(6);
    await settle();
    expect([registration.active, registration.id]).toEqual([true, 6]);
    expect(reported).toEqual([]);
    expect(on.clock.pending).toBe(0);
  });

  test("closing ends the wait for the next try", async () => {
    const on = await joined();
    on.client.on("error", () => {});
    const registering = on.client.register("a.p", () => 1);
    await on.peer.registered(5);
    const registration = await registering;
    const next = await reconnect(on, 8);
    const request = await next.next(MessageType.REGISTER);
    next.send([MessageType.ERROR, MessageType.REGISTER, request.firstId, {}, "wamp.error.procedure_already_exists"]);
    await settle();
    expect(on.clock.pending).toBe(1);
    await registration.unregister();
    const closing = on.client.close();
    await next.goodbye();
    await closing;
    expect(on.clock.pending).toBe(0);
  });

  test("a first registration is refused at once by procedure_already_exists", async () => {
    const { client, peer, clock } = await joined();
    const registering = client.register("a.p", () => 1);
    const request = await peer.next(MessageType.REGISTER);
    peer.send([MessageType.ERROR, MessageType.REGISTER, request.firstId, {}, "wamp.error.procedure_already_exists"]);
    await expect(registering).rejects.toMatchObject({ uri: "wamp.error.procedure_already_exists" });
    expect(clock.pending).toBe(0);
  });

  test("unregister while REGISTER is under way is honoured", async () => {
    const on = await joined();
    const registering = on.client.register("a.p", () => 1);
    await on.peer.registered(5);
    const registration = await registering;
    const next = await reconnect(on, 8);
    const request = await next.next(MessageType.REGISTER);
    const leaving = registration.unregister();
    next.send([MessageType.REGISTERED, request.firstId, 6]);
    const release = await next.next(MessageType.UNREGISTER);
    expect(release.secondId).toBe(6);
    next.send([MessageType.UNREGISTERED, release.firstId]);
    await leaving;
    const last = await reconnect({ ...on, peer: next }, 9);
    await settle();
    expect([on.client.status, last.unread]).toEqual(["ready", 0]);
  });

  test("unsubscribed while there is no session, it stays so", async () => {
    const on = await joined();
    const subscribing = on.client.subscribe("a.t", () => {});
    await on.peer.subscribed(5);
    const subscription = await subscribing;
    on.peer.connection.terminate();
    await settle();
    expect(subscription.active).toBe(false);
    await subscription.unsubscribe();
    on.clock.advance(60_000);
    const next = await on.router.join(8);
    await settle();
    expect(next.unread).toBe(0);
  });
});

describe("registering what this client holds", () => {
  test("replaces the handler, and sends nothing", async () => {
    const { client, peer } = await joined();
    const one = client.register("a.p", () => "one");
    await peer.registered(5);
    expect(await client.register("a.p", () => "two")).toBe(await one);
    peer.send([MessageType.INVOCATION, 1, 5, {}]);
    expect((await peer.next(MessageType.YIELD)).payload.args).toEqual(["two"]);
  });

  test("with other options ends the old one first", async () => {
    const { client, peer } = await joined();
    const one = client.register("a.p", () => "one");
    await peer.registered(5);
    const old = await one;
    const other = client.register("a.p", () => "two", { invoke: "roundrobin" });
    const release = await peer.next(MessageType.UNREGISTER);
    await settle();
    expect(peer.unread).toBe(0);
    peer.send([MessageType.UNREGISTERED, release.firstId]);
    expect((await peer.registered(6)).options).toEqual({ invoke: "roundrobin" });
    expect([(await other).id, old.active]).toEqual([6, false]);
  });

  test("in a join listener, over three reconnects: one handler, one registration, one subscription", async () => {
    const { client, router, clock } = scripted();
    const served: number[] = [];
    const heard: number[] = [];
    let run = 0;
    client.on("join", async () => {
      const mine = ++run;
      await client.register("a.p", () => served.push(mine));
      await client.subscribe("a.t", () => heard.push(mine));
      await client.subscribe("a.t", () => heard.push(-mine));
      await client.call("a.hello");
    });
    const opened = client.open();
    let peer = await router.join(7);
    const answer = async () => {
      const call = await peer.next(MessageType.CALL);
      peer.send([MessageType.RESULT, call.firstId, {}]);
      await settle();
      peer.send([MessageType.INVOCATION, 1, 5, {}]);
      await peer.next(MessageType.YIELD);
      peer.send([MessageType.EVENT, 6, 20, {}]);
      await settle();
      expect(peer.unread).toBe(0);
    };
    await peer.registered(5);
    await peer.subscribed(6);
    await answer();
    await opened;
    for (let session = 8; session < 11; session++) {
      peer = await reconnect({ client, router, clock, peer }, session);
      await peer.subscribed(6);
      await peer.registered(5);
      await answer();
    }
    expect(served).toEqual([1, 2, 3, 4]);
    expect(heard).toEqual([1, -1, 2, -2, 3, -3, 4, -4]);
  });
});

test("what a join listener makes on the session dies with it", async () => {
  const { client, router, clock } = scripted();
  client.on("join", (session) => session.id === 7 ? session.register("a.p", () => 1) : undefined);
  const opened = client.open();
  const peer = await router.join(7);
  await peer.registered(5);
  await opened;
  const next = await reconnect({ client, router, clock, peer }, 8);
  await settle();
  expect([client.status, next.unread]).toEqual(["ready", 0]);
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

describe("attempts", () => {
  test("connect() gives up after one round over all URLs, and says why of each", async () => {
    const [one, two] = [new ScriptedRouter(), new ScriptedRouter()];
    one.failures.push(new WampError("connection_refused", "one is down"));
    two.failures.push(new WampError("host_unknown", "two is nowhere"));
    const clock = new FakeClock();
    const client = createClient([one, two], { realm: "realm1", clock });
    const error = await client.open().catch((error) => error);
    expect(error).toMatchObject({
      code: "connection_failed",
      message: expect.stringMatching(/one is down.*two is nowhere/),
    });
    expect(error.cause.errors).toHaveLength(2);
    expect([one.dialled, two.dialled, client.status, clock.pending]).toEqual([1, 1, "closed", 0]);
  });

  test("the second URL is taken when the first fails, and first tried again when that session is lost", async () => {
    const [one, two] = [new ScriptedRouter(), new ScriptedRouter()];
    one.failures.push(new WampError("connection_refused", "one is down"));
    const clock = new FakeClock();
    const client = createClient([one, two], { realm: "realm1", clock });
    const opened = client.open();
    const peer = await two.join(7);
    await opened;
    peer.connection.terminate();
    await settle();
    clock.advance(60_000);
    await two.join(8);
    expect([one.dialled, two.dialled]).toEqual([1, 2]);
  });

  test("open({ retry }) goes on with growing waits up to the ceiling, which a session resets", async () => {
    const { client, router, clock } = scripted({ reconnect: { initialDelay: 100, factor: 2, maxDelay: 1_000 } });
    const reported: unknown[] = [];
    client.on("error", (_error, context) => reported.push(context.during));
    for (let n = 0; n < 6; n++) router.failures.push(new WampError("connection_refused", "down"));
    const opened = client.open({ retry: true });
    const waits: unknown[] = [];
    for (let n = 0; n < 6; n++) {
      await settle();
      waits.push(clock.next);
      clock.advance(clock.next ?? 0);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(reported).toEqual(Array(6).fill("connect"));
    const peer = await router.join(7);
    await opened;
    clock.advance(2_000);
    peer.connection.terminate();
    await settle();
    expect(clock.next).toBe(100);
  });

  test("sessions that are lost as soon as they are had do not make a storm", async () => {
    const { client, router, clock } = scripted({ reconnect: { initialDelay: 100, factor: 2, maxDelay: 1_000 } });
    client.open({ retry: true }).catch(() => {});
    const waits: unknown[] = [];
    for (let n = 0; n < 4; n++) {
      (await router.join(7)).connection.terminate();
      await settle();
      waits.push(clock.next);
      clock.advance(clock.next ?? 0);
    }
    expect(waits).toEqual([100, 200, 400, 800]);
    await client.close();
  });

  test("jitter shortens a wait by its share at most", async () => {
    for (const [number, wait] of [[0, 1_000], [0.5, 750], [0.999999, 500]] as const) {
      const random = { bytes: (length: number) => new Uint8Array(length), number: () => number };
      const { client, router, clock } = scripted({ random, reconnect: { initialDelay: 1_000, jitter: 0.5 } });
      router.failures.push(new WampError("connection_refused", "down"));
      void client.open({ retry: true }).catch(() => {});
      await settle();
      expect(clock.next).toBeCloseTo(wait, 2);
      await client.close();
    }
  });

  test("ten thousand failed attempts leave nothing behind", async () => {
    const { client, router, clock } = scripted();
    for (let n = 0; n < 10_000; n++) router.failures.push(new WampError("connection_refused", "down"));
    void client.open({ retry: true });
    while (router.failures.length > 0) {
      await settle();
      clock.advance(30_000);
    }
    const peer = await router.join(7);
    await settle();
    expect([router.dialled, client.status, clock.pending]).toEqual([10_001, "ready", 0]);
    const closing = client.close();
    await peer.goodbye();
    await closing;
  });

  test("closing during an attempt, and while waiting for one, ends it", async () => {
    const { client, router, clock } = scripted();
    const opened = client.open();
    const peer = await router.accept();
    const outcome = opened.catch((error) => error);
    await client.close();
    expect(await outcome).toMatchObject({ code: "closed" });
    await peer.closed;
    expect(clock.pending).toBe(0);

    const waiting = scripted();
    waiting.router.failures.push(new WampError("connection_refused", "down"));
    const later = waiting.client.open({ retry: true }).catch((error) => error);
    await settle();
    expect(waiting.client.status).toBe("waiting");
    await waiting.client.close();
    expect(await later).toMatchObject({ code: "closed" });
    expect(waiting.clock.pending).toBe(0);
    expect(router.dialled).toBe(1);
  });

  test("a session that ends before it is ready refuses open()", async () => {
    const { client, router } = scripted();
    const pending = client.register("a.p", () => 1).catch((error) => error);
    const opened = client.open();
    const peer = await router.join(7);
    await peer.next(MessageType.REGISTER);
    peer.connection.terminate();
    await expect(opened).rejects.toMatchObject({ code: "connection_lost" });
    expect(await pending).toMatchObject({ code: "closed" });
    expect(client.status).toBe("closed");
  });

  test("without reconnect a lost session closes the client", async () => {
    const { client, peer, clock } = await joined({ reconnect: false });
    peer.connection.terminate();
    await settle();
    expect([client.status, clock.pending]).toEqual(["closed", 0]);
    await expect(client.call("a.b")).rejects.toMatchObject({ code: "closed", mayHaveRun: false });
    await expect(client.register("a.b", () => 1)).rejects.toMatchObject({ code: "closed" });
  });

  test("a credential that is good for once joins once", async () => {
    const { client, router, clock, peer } = await (async () => {
      const made = scripted({ auth: ticket("joe", "123456", { once: true }) });
      const opened = made.client.open();
      const peer = await made.router.accept();
      await peer.next(MessageType.HELLO);
      peer.send([MessageType.CHALLENGE, "ticket", {}]);
      await peer.next(MessageType.AUTHENTICATE);
      peer.send([MessageType.WELCOME, 7, {}]);
      await opened;
      return { ...made, peer };
    })();
    peer.connection.terminate();
    await settle();
    clock.advance(60_000);
    await settle();
    expect([client.status, router.dialled, clock.pending]).toEqual(["closed", 1, 0]);
    await expect(client.call("a.b")).rejects.toMatchObject({ code: "credential_spent" });
  });

  test("a function is asked for credentials at each join", async () => {
    let asked = 0;
    const auth = () => ticket("joe", `secret ${++asked}`, { once: true });
    const { client, router, clock } = scripted({ auth });
    const opened = client.open();
    for (let n = 1; n < 4; n++) {
      const peer = await router.accept();
      await peer.next(MessageType.HELLO);
      peer.send([MessageType.CHALLENGE, "ticket", {}]);
      expect((await peer.next(MessageType.AUTHENTICATE)).uri).toBe(`secret ${n}`);
      peer.send([MessageType.WELCOME, n, {}]);
      await opened;
      await settle();
      peer.connection.terminate();
      await settle();
      clock.advance(60_000);
    }
    await client.close();
  });
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
      [{ realm: "r", timeout: "5s" }, /timeout is "5s", expected a number/],
      [{ realm: "r", connectTimeout: 0 }, /connectTimeout is 0/],
      [{ realm: "r", reconnect: { initialDelay: 0 } }, /reconnect.initialDelay is 0, expected a number of at least 1/],
      [{ realm: "r", reconnect: { maxDelay: 0 } }, /reconnect.maxDelay is 0/],
      [{ realm: "r", requestTimeout: "1s" }, /requestTimeout is "1s", expected a number/],
      [{ realm: "r", reconnect: { jitter: 2 } }, /reconnect.jitter is 2, expected a number from 0 to 1/],
      [{ realm: "r", offline: { ttl: -1, max: 1 } }, /offline.ttl is -1/],
      [{ realm: "r", serializers: [] }, /serializers is an array, expected at least one/],
      [{ realm: "r", prefix: "a b" }, /prefix is "a b"/],
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
    expect(() => createClient([], { realm: "realm1" })).toThrow(/no URL/);
  });
});

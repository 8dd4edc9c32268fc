import { WampError } from "@izaber/wamp";
import type { Client } from "@izaber/wamp";
import { afterEach, expect, test, vi } from "vitest";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined, scripted } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";

afterEach(() => vi.unstubAllGlobals());

test("closed while a join listener runs, a client stays closed when the listener ends", async () => {
  const { client, router, clock } = scripted();
  const gate = Promise.withResolvers<void>();
  const readied: unknown[] = [];
  client.on("join", () => gate.promise);
  client.on("ready", () => readied.push("ready"));
  const opened = client.open().catch((error) => error);
  const peer = await router.join(7);
  await settle();
  const closing = client.close();
  gate.resolve();
  await settle();
  expect([client.status, readied]).toEqual(["closed", []]);
  expect(await opened).toMatchObject({ code: "closed" });
  await expect(client.open()).rejects.toMatchObject({ code: "closed" });
  await expect(client.register("a.p", () => 1)).rejects.toMatchObject({ code: "closed" });
  await peer.goodbye();
  await closing;
  expect([client.status, readied, clock.pending]).toEqual(["closed", [], 0]);
});

test("closed by its join listener, a client says GOODBYE and refuses open() with closed", async () => {
  const { client, router, clock } = scripted();
  const left: unknown[] = [];
  client.on("leave", ({ cause }) => left.push(cause));
  let closing: Promise<void> | undefined;
  client.on("join", () => void (closing = client.close("com.example.enough")));
  const opened = client.open().catch((error) => error);
  const peer = await router.join(7);
  expect((await peer.goodbye()).uri).toBe("com.example.enough");
  await closing;
  expect(await opened).toMatchObject({ code: "closed" });
  expect([client.status, left, clock.pending]).toEqual(["closed", ["closed"], 0]);
});

test("a second close() waits for the same GOODBYE", async () => {
  const { client, peer } = await joined();
  const done: string[] = [];
  const all = [
    client.close().then(() => done.push("first")),
    client.close().then(() => done.push("second")),
    client.session?.leave().then(() => done.push("third")),
  ];
  await settle();
  expect(done).toEqual([]);
  await peer.goodbye();
  await Promise.all(all);
  expect(done).toHaveLength(3);
  expect(peer.log.filter((name) => name === "GOODBYE")).toHaveLength(1);
});

test("open() of a client that runs waits, and closes nothing when that session is lost", async () => {
  const { client, router, clock } = scripted();
  const first = client.open({ retry: true });
  const one = await router.join(7);
  await first;
  one.connection.terminate();
  await settle();
  const gate = Promise.withResolvers<void>();
  client.on("join", () => gate.promise);
  let opened = false;
  const second = client.open().then(() => opened = true);
  clock.advance(60_000);
  const two = await router.join(8);
  await settle();
  two.connection.terminate();
  await settle();
  expect([client.status, opened]).toEqual(["waiting", false]);
  clock.advance(60_000);
  await router.join(9);
  gate.resolve();
  await second;
  expect([client.status, opened]).toEqual(["ready", true]);
});

test("events() rejects when the router revokes the subscription", async () => {
  for (const how of ["waiting", "same turn", "later"]) {
    const { client, peer } = await joined();
    const events = client.events("a.b");
    const request = await peer.next(MessageType.SUBSCRIBE);
    peer.send([MessageType.SUBSCRIBED, request.firstId, 3]);
    if (how !== "same turn") await events.ready;
    const reading = how === "waiting" ? events.next() : undefined;
    peer.send([MessageType.UNSUBSCRIBED, 0, { subscription: 3 }]);
    await settle();
    await expect(reading ?? events.next(), how).rejects.toMatchObject({ code: "revoked" });
    expect((await events.next()).done).toBe(true);
  }
});

test("events() tells a client that came to its end from one that was closed", async () => {
  const { client, peer } = await joined({ reconnect: false });
  const events = client.events("a.b");
  await peer.subscribed(3);
  await events.ready;
  peer.send([MessageType.EVENT, 3, 20, {}], ["last"]);
  await settle();
  peer.connection.terminate();
  await settle();
  expect((await events.next()).value.args).toEqual(["last"]);
  await expect(events.next()).rejects.toMatchObject({ code: "closed", cause: { code: "connection_lost" } });
  expect((await events.next()).done).toBe(true);
});

test("drain lets calls be answered, and handlers that run call and publish", async () => {
  const { client, peer, clock } = await joined();
  const gate = Promise.withResolvers<void>();
  const registering = client.register("a.p", async () => {
    await gate.promise;
    await client.publish("a.t", ["from the handler"]);
    return await client.call("a.q");
  });
  await peer.registered(5);
  await registering;
  peer.send([MessageType.INVOCATION, 1, 5, {}]);
  const mine = client.call("a.mine");
  const first = await peer.next(MessageType.CALL);
  await settle();
  const drained = client.drain();
  const release = await peer.next(MessageType.UNREGISTER);
  peer.send([MessageType.UNREGISTERED, release.firstId]);
  gate.resolve();
  expect((await peer.next(MessageType.PUBLISH)).uri).toBe("a.t");
  const second = await peer.next(MessageType.CALL);
  peer.send([MessageType.RESULT, second.firstId, {}], ["answer"]);
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual(["answer"]);
  await settle();
  expect(peer.unread).toBe(0);
  peer.send([MessageType.RESULT, first.firstId, {}], ["mine"]);
  expect(await mine).toBe("mine");
  await peer.goodbye();
  await drained;
  expect([client.status, clock.pending]).toEqual(["closed", 0]);
});

test("drain waits for the program's own calls and acknowledged publications", async () => {
  const { client, peer } = await joined();
  const call = client.call("a.q");
  const publication = client.publish("a.t", [], {}, { acknowledge: true });
  const drained = client.drain();
  const asked = await peer.next(MessageType.CALL);
  const published = await peer.next(MessageType.PUBLISH);
  for (const answer of [[MessageType.RESULT, asked.firstId, {}], [MessageType.PUBLISHED, published.firstId, 9]]) {
    await settle();
    expect(peer.unread).toBe(0);
    peer.send(answer as number[]);
  }
  await call;
  expect(await publication).toBe(9);
  await peer.goodbye();
  await drained;
});

test("drain ends subscriptions and loops, reads what has come, and takes no more of them", async () => {
  const { client, peer } = await joined();
  const gate = Promise.withResolvers<void>();
  const heard: unknown[] = [];
  const subscribing = client.subscribe("a.t", async (args) => {
    await gate.promise;
    heard.push(args[0]);
  });
  await peer.subscribed(3);
  await subscribing;
  const events = client.events("a.u");
  await peer.subscribed(4);
  await events.ready;
  for (const id of [3, 4]) peer.send([MessageType.EVENT, id, 20, {}], ["before"]);
  await settle();
  const drained = client.drain();
  for (const id of [3, 4]) {
    const release = await peer.next(MessageType.UNSUBSCRIBE);
    expect(release.secondId).toBe(id);
    peer.send([MessageType.EVENT, id, 21, {}], ["after"]);
    peer.send([MessageType.UNSUBSCRIBED, release.firstId]);
  }
  await expect(client.subscribe("a.v", () => {})).rejects.toMatchObject({ code: "closed" });
  await expect(client.events("a.v").next()).rejects.toMatchObject({ code: "closed" });
  const read: unknown[] = [];
  for await (const { args } of events) read.push(args[0]);
  await settle();
  expect([peer.unread, read, heard]).toEqual([0, ["before"], []]);
  gate.resolve();
  await peer.goodbye();
  await drained;
  expect(heard).toEqual(["before"]);
});

test("drain does not wait for the handlers of a session that is lost, nor for another session", async () => {
  const { client, peer, clock, router } = await joined();
  const subscribing = client.subscribe("a.t", () => new Promise(() => {}));
  await peer.subscribed(3);
  await subscribing;
  peer.send([MessageType.EVENT, 3, 20, {}]);
  await settle();
  const drained = client.drain();
  const release = await peer.next(MessageType.UNSUBSCRIBE);
  peer.send([MessageType.UNSUBSCRIBED, release.firstId]);
  await settle();
  expect([client.status, peer.unread]).toEqual(["ready", 0]);
  peer.connection.terminate();
  await drained;
  clock.advance(60_000);
  await settle();
  expect([client.status, router.dialled, clock.pending]).toEqual(["closed", 1, 0]);
});

test("drain of a client that waits for its next attempt ends it", async () => {
  const { client, peer, clock } = await joined();
  peer.connection.terminate();
  await settle();
  expect(client.status).toBe("waiting");
  await client.drain();
  expect([client.status, clock.pending]).toEqual(["closed", 0]);
});

test("drain ends when its time is over though the router answers neither UNREGISTER nor GOODBYE", async () => {
  const { client, peer, clock } = await joined();
  const registering = client.register("a.p", () => new Promise(() => {}));
  await peer.registered(5);
  await registering;
  peer.send([MessageType.INVOCATION, 1, 5, {}]);
  await settle();
  const drained = client.drain();
  await peer.next(MessageType.UNREGISTER);
  await settle();
  clock.advance(19_999);
  await settle();
  expect(peer.unread).toBe(0);
  clock.advance(1);
  await peer.next(MessageType.GOODBYE);
  await drained;
  await peer.closed;
  expect([client.status, clock.pending]).toEqual(["closed", 0]);
});

test("close and drain without a limit wait 5 seconds for GOODBYE, drain with one no longer than is left of it", async () => {
  const waits: number[] = [];
  for (const end of [(client: Client) => client.close(), ...[0, 60_000, 3_000].map(drainWithin)]) {
    const { client, peer, clock } = await joined();
    const ended = end(client);
    await peer.next(MessageType.GOODBYE);
    let waited = 0;
    for (; client.session !== undefined && waited < 10_000; waited += 500) {
      clock.advance(500);
      await settle();
    }
    await ended;
    await peer.closed;
    waits.push(waited);
    expect([client.status, clock.pending]).toEqual(["closed", 0]);
  }
  expect(waits).toEqual([5_000, 5_000, 5_000, 3_000]);
});

test("drain drops what still waits for GOODBYE of sessions before when its time is over", async () => {
  const { client, router, peer, clock } = await joined();
  const left = client.leave();
  await peer.next(MessageType.GOODBYE);
  const drained = client.drain({ timeout: 1_000 });
  clock.advance(1_000);
  await Promise.all([left, drained, peer.closed]);
  expect([client.status, router.dialled, clock.pending]).toEqual(["closed", 1, 0]);
});

test.each([
  [{ timout: 1 }, /Cannot drain a client: there is no option "timout"; there are timeout/],
  [{ timeout: -1 }, /the option timeout is -1, expected/],
  [{ timeout: "5" }, /the option timeout is "5", expected/],
  [5_000, /options is 5000, expected an object such as \{ timeout: 5_000 \}/],
])("drain refuses wrong options (%j), and goes on", async (options, message) => {
  const { client, peer } = await joined();
  await expect(client.drain(options as never)).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringMatching(message),
  });
  expect(client.status).toBe("ready");
  const subscribing = client.subscribe("a.t", () => {});
  await peer.subscribed(6);
  await subscribing;
});

test.each(["close", "leave", "leave of the session"])(
  "%s refuses what is no text, and nothing has changed",
  async (how) => {
    const { client, peer } = await joined();
    const end = (...given: unknown[]) =>
      (how === "close" ? client.close : how === "leave" ? client.leave : client.session!.leave)
        .apply(how === "leave of the session" ? client.session : client, given as never);
    for (const given of [[new Event("abort")], [null], ["a.reason", 5], [() => 1]]) {
      await expect(end(...given)).rejects.toMatchObject({
        code: "invalid_argument",
        message: expect.stringMatching(/^Cannot say GOODBYE: the option (reason|message) is .*, expected a text$/),
      });
    }
    expect([client.status, client.session?.open, peer.unread]).toEqual(["ready", true, 0]);
    const call = client.call("a.p");
    peer.send([MessageType.RESULT, (await peer.next(MessageType.CALL)).firstId, {}], [1]);
    expect(await call).toBe(1);
    const ended = end("a.reason", "why");
    const { uri, options } = await peer.goodbye();
    expect([uri, options]).toEqual(["a.reason", { message: "why" }]);
    await ended;
  },
);

test("drain ends what was made on the session, too", async () => {
  const { client, peer } = await joined();
  const made = [
    client.session?.register("a.p", () => 1),
    client.session?.subscribe("a.t", () => 1),
    client.session?.subscribe("a.t", () => 2),
  ];
  await peer.registered(5);
  await peer.subscribed(6);
  await Promise.all(made);
  const drained = client.drain();
  const unregister = await peer.next(MessageType.UNREGISTER);
  const unsubscribe = await peer.next(MessageType.UNSUBSCRIBE);
  expect([unregister.secondId, unsubscribe.secondId]).toEqual([5, 6]);
  peer.send([MessageType.UNREGISTERED, unregister.firstId]);
  await settle();
  expect(peer.unread).toBe(0);
  peer.send([MessageType.UNSUBSCRIBED, unsubscribe.firstId]);
  await peer.goodbye();
  await drained;
});

test.each(
  [
    ["close()", "registers"],
    ["close()", "calls"],
    ["close()", "registers later"],
    ["drain()", "registers"],
    ["drain()", "registers later"],
    ["leave()", "calls"],
  ] as const,
)("%s refuses a join listener that %s, which is no uncaught error", async (how, what) => {
  const uncaught: unknown[] = [];
  vi.stubGlobal("reportError", (error: unknown) => uncaught.push(error));
  const { client, router, clock } = scripted();
  const gate = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<unknown>();
  client.on("join", async () => {
    try {
      if (what === "registers later") await gate.promise;
      await (what === "calls" ? client.call("a.p") : client.register("a.p", () => 1));
    } catch (error) {
      ended.resolve(error);
      throw error;
    }
  });
  const opened = client.open().catch(() => {});
  const peer = await router.join(7);
  await settle();
  const ending = how === "close()" ? client.close() : how === "drain()" ? client.drain() : client.leave();
  gate.resolve();
  expect(await ended.promise).toMatchObject({ code: "closed" });
  clock.advance(60_000);
  await Promise.all([opened, ending, peer.closed]);
  expect([uncaught, clock.pending]).toEqual([[], 0]);
});

test("what else a join listener throws while its client is closed is an uncaught error, as is closed while it is not", async () => {
  const uncaught: string[] = [];
  vi.stubGlobal("reportError", (error: Error) => uncaught.push(error.message));
  const { client, router } = scripted();
  const gate = Promise.withResolvers<void>();
  client.on("join", async () => {
    await gate.promise;
    throw new Error("mistaken");
  });
  client.on("join", () => Promise.reject(new WampError("closed", "another client")));
  const opened = client.open().catch(() => {});
  const peer = await router.join(7);
  await settle();
  expect(uncaught).toEqual(["another client"]);
  const closing = client.close();
  gate.resolve();
  await peer.goodbye();
  await Promise.all([opened, closing]);
  expect(uncaught).toEqual(["another client", "mistaken"]);
});

function drainWithin(timeout: number): (client: Client) => Promise<void> {
  return (client) => client.drain({ timeout });
}

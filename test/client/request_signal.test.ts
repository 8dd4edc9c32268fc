import { describe, expect, test } from "vitest";
import { json } from "@izaber/wamp";
import type { Client, EventStream, RegisterOptions, Session } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined, scripted } from "../support/scripted_client.ts";
import type { ScriptedPeer } from "../support/scripted_router.ts";
import { settle } from "../support/scripted_router.ts";
import { WatchedSignal } from "../support/watched_signal.ts";

type Method = "register" | "subscribe" | "publish";
type Place = "client" | "session";

const reason = new Error("the page was left");
const places = ["client", "session"] as const;
const requests = {
  register: [MessageType.REGISTER, MessageType.REGISTERED],
  subscribe: [MessageType.SUBSCRIBE, MessageType.SUBSCRIBED],
  publish: [MessageType.PUBLISH, MessageType.PUBLISHED],
} as const;
const cases = places.flatMap((place) =>
  (["register", "subscribe", "publish"] as const).map((method) => [method, place] as const)
);

/** Asks for something on a client or on its session, with a signal. */
function ask(client: Client, method: Method, place: Place, signal: unknown, handler = () => {}): Promise<unknown> {
  const on = (place === "client" ? client : client.session) as Client | Session;
  const options = { signal } as RegisterOptions;
  if (method === "publish") return on.publish("a.b", [], {}, { ...options, acknowledge: true });
  return on[method]("a.b", handler, options);
}

/** Answers the request that comes next, and gives it the id 5. */
async function grant(peer: ScriptedPeer, method: Method) {
  const [type, answer] = requests[method];
  const request = await peer.next(type);
  peer.send([answer, request.firstId, 5]);
  return request;
}

const aborted = (method: Method) => ({
  name: "WampError",
  code: "aborted",
  cause: reason,
  message: `Cannot ${method} "a.b": aborted by its signal`,
});

test.each(["call", "stream", "publish"] as const)(
  "%s notices a signal that is aborted as it is being sent",
  async (method) => {
    for (const by of ["an argument", "a listener of slow"]) {
      const { client, peer, clock } = await joined({ serializers: [json] }, {}, json);
      const watched = new WatchedSignal();
      const abort = () => watched.abort(reason);
      const argument = {
        toJSON: () => {
          if (by === "an argument") abort();
          return "x".repeat(1_200_000);
        },
      } as unknown as string;
      client.on("slow", () => by === "an argument" || abort());
      const { signal } = watched;
      const asking = method === "call"
        ? client.call("a.b", [argument], {}, { signal })
        : method === "stream"
        ? client.stream("a.b", [argument], {}, { signal }).result
        : client.publish("a.b", [argument], {}, { signal, acknowledge: true });
      await expect(asking).rejects.toMatchObject({ code: "aborted", cause: reason });
      if (method !== "publish") {
        await peer.next(MessageType.CALL);
        await peer.next(MessageType.CANCEL);
      } else if (by === "a listener of slow") await grant(peer, "publish");
      await settle();
      expect([client.session?.pending, peer.unread, watched.listeners, clock.pending]).toEqual([
        { calls: 0, requests: 0, invocations: 0 },
        0,
        0,
        0,
      ]);
    }
  },
);

describe.each(cases)("%s with a signal on a %s", (method, place) => {
  test("asks for nothing when it is aborted already", async () => {
    const { client, peer } = await joined();
    const watched = new WatchedSignal();
    watched.abort(reason);
    await expect(ask(client, method, place, watched.signal)).rejects.toMatchObject(aborted(method));
    await client.publish("a.next");
    expect([(await peer.next(MessageType.PUBLISH)).firstId, watched.listeners]).toEqual([1, 0]);
  });

  test("rejects at once when it is aborted before the router has answered, and gives back what comes", async () => {
    const { client, peer, clock } = await joined();
    const watched = new WatchedSignal();
    let served = 0;
    const asking = ask(client, method, place, watched.signal, () => served++);
    await settle();
    expect(watched.listeners).toBe(1);
    watched.abort(reason);
    await expect(asking).rejects.toMatchObject(aborted(method));
    expect(watched.listeners).toBe(0);
    await grant(peer, method);
    if (method === "register") {
      peer.send([MessageType.INVOCATION, 1, 5, {}]);
      // The session has not even taken it in; the client gives it back a few turns later.
      const refused = async () => expect((await peer.next(MessageType.ERROR)).uri).toBe("wamp.error.unavailable");
      if (place === "client") await refused();
      const leaving = await peer.next(MessageType.UNREGISTER);
      expect(leaving.secondId).toBe(5);
      if (place === "session") await refused();
      peer.send([MessageType.UNREGISTERED, leaving.firstId]);
    } else if (method === "subscribe") {
      peer.send([MessageType.EVENT, 5, 21, {}]);
      const leaving = await peer.next(MessageType.UNSUBSCRIBE);
      expect(leaving.secondId).toBe(5);
      peer.send([MessageType.UNSUBSCRIBED, leaving.firstId]);
    }
    await settle();
    expect([served, peer.unread, clock.pending, client.session?.pending]).toEqual([
      0,
      0,
      0,
      { calls: 0, requests: 0, invocations: 0 },
    ]);
  });

  test("does nothing when it is aborted later", async () => {
    const { client, peer } = await joined();
    const watched = new WatchedSignal();
    const asking = ask(client, method, place, watched.signal);
    const request = await grant(peer, method);
    expect(request.options).toEqual(method === "publish" ? { acknowledge: true } : {});
    const made = await asking;
    expect(watched.listeners).toBe(0);
    watched.abort(reason);
    await settle();
    expect(peer.unread).toBe(0);
    if (method !== "publish") expect(made).toMatchObject({ active: true, id: 5 });
  });

  test.each(
    [
      ["is refused", "remote", async ({ peer }) => {
        const [type] = requests[method];
        const { firstId } = await peer.next(type);
        peer.send([MessageType.ERROR, type, firstId, {}, "wamp.error.not_authorized"]);
      }],
      ["is not answered", "timeout", async ({ peer, clock }) => {
        await peer.next(requests[method][0]);
        clock.advance(30_000);
      }],
      ["is cut off by the end of the client", "closed", async ({ client, peer }) => {
        await peer.next(requests[method][0]);
        void client.close();
      }],
    ] satisfies [string, string, (on: Awaited<ReturnType<typeof joined>>) => Promise<void>][],
  )(
    "listens to it no longer when it %s",
    async (_, code, end) => {
      const on = await joined();
      const watched = new WatchedSignal();
      const asking = ask(on.client, method, place, watched.signal).catch((error) => error);
      await settle();
      await end(on);
      await expect(asking).resolves.toMatchObject({ code });
      expect(watched.listeners).toBe(0);
      watched.abort(reason);
    },
  );

  test("refuses what is no signal, as a call does", async () => {
    const { client, peer } = await joined();
    for (const signal of [5, {}, null, "abort", new AbortController()]) {
      const called = await client.call("a.b", [], {}, { signal: signal as never }).catch((error) => error);
      const error = { code: "invalid_argument", message: called.message.replace("call", method) };
      expect(error.message).toMatch(/: the option signal is .*, expected an AbortSignal$/);
      await expect(ask(client, method, place, signal)).rejects.toMatchObject(error);
    }
    const asking = ask(client, method, place, undefined);
    expect((await grant(peer, method)).firstId).toBe(1);
    await asking;
  });
});

describe("on a client without a session", () => {
  test.each(["register", "subscribe", "publish"] as const)("%s waits for none when it is aborted", async (method) => {
    const { client, peer, router, clock } = await joined({ offline: { ttl: 10_000, max: 1 } });
    peer.connection.terminate();
    await settle();
    for (const when of ["before", "meanwhile"]) {
      const watched = new WatchedSignal();
      if (when === "before") watched.abort(reason);
      const asking = ask(client, method, "client", watched.signal);
      if (when === "meanwhile") {
        expect(watched.listeners).toBe(1);
        watched.abort(reason);
      }
      await expect(asking).rejects.toMatchObject(aborted(method));
      expect(watched.listeners).toBe(0);
    }
    await expect(ask(client, method, "client", 5)).rejects.toMatchObject({
      code: "invalid_argument",
      message: `Cannot ${method} "a.b": the option signal is 5, expected an AbortSignal`,
    });
    clock.advance(250);
    const next = await router.join(8);
    await settle();
    expect([client.status, next.unread, clock.pending]).toEqual(["ready", 0, 0]);
  });

  test("an aborted second handler leaves the first one what it waits for", async () => {
    const { client, router } = scripted();
    const [first, second] = [new WatchedSignal(), new WatchedSignal()];
    const one = client.register("a.b", () => "one", { signal: first.signal });
    const two = client.register("a.b", () => "two", { signal: second.signal });
    second.abort(reason);
    await expect(two).rejects.toMatchObject(aborted("register"));
    const opened = client.open();
    const peer = await router.join(7);
    await grant(peer, "register");
    await Promise.all([one, opened]);
    peer.send([MessageType.INVOCATION, 1, 5, {}]);
    expect((await peer.next(MessageType.YIELD)).payload.args).toEqual(["one"]);
    expect([first.listeners, second.listeners]).toEqual([0, 0]);
  });

  test("an aborted first handler leaves the second one what it waits for", async () => {
    const { client, router } = scripted();
    const watched = new WatchedSignal();
    const one = client.register("a.b", () => "one", { signal: watched.signal });
    const two = client.register("a.b", () => "two");
    watched.abort(reason);
    await expect(one).rejects.toMatchObject(aborted("register"));
    const opened = client.open();
    const peer = await router.join(7);
    await grant(peer, "register");
    await Promise.all([two, opened]);
    peer.send([MessageType.INVOCATION, 1, 5, {}]);
    expect((await peer.next(MessageType.YIELD)).payload.args).toEqual(["two"]);
  });

  test("an aborted change of the handler leaves what a router has accepted before, and its handler", async () => {
    const { client, peer, router, clock } = await joined();
    const registering = client.register("a.b", () => "before");
    await grant(peer, "register");
    const registration = await registering;
    peer.connection.terminate();
    await settle();
    const watched = new WatchedSignal();
    const changing = client.register("a.b", () => "after", { signal: watched.signal });
    watched.abort(reason);
    await expect(changing).rejects.toMatchObject(aborted("register"));
    clock.advance(250);
    const next = await router.join(8);
    await grant(next, "register");
    await settle();
    expect(registration.active).toBe(true);
    next.send([MessageType.INVOCATION, 1, 5, {}]);
    expect((await next.next(MessageType.YIELD)).payload.args).toEqual(["before"]);
  });

  test("of several changes of the handler that wait the last one stands that was not aborted", async () => {
    const { client, peer, router, clock } = await joined();
    const registering = client.register("a.b", () => "before");
    await grant(peer, "register");
    await registering;
    peer.connection.terminate();
    await settle();
    const [second, third] = [new WatchedSignal(), new WatchedSignal()];
    const one = client.register("a.b", () => "one");
    const two = client.register("a.b", () => "two", { signal: second.signal });
    const three = client.register("a.b", () => "three", { signal: third.signal });
    second.abort(reason);
    await expect(two).rejects.toMatchObject(aborted("register"));
    third.abort(reason);
    await expect(three).rejects.toMatchObject(aborted("register"));
    clock.advance(250);
    const next = await router.join(8);
    const { firstId } = await next.next(MessageType.REGISTER);
    next.send([MessageType.REGISTERED, firstId, 5]);
    next.send([MessageType.INVOCATION, 1, 5, {}]);
    expect((await next.next(MessageType.YIELD)).payload.args).toEqual(["one"]);
    await one;
  });
});

test("what is registered anew after an abort is asked for when the first has been given back", async () => {
  const { client, peer } = await joined();
  const watched = new WatchedSignal();
  const one = client.register("a.b", () => "one", { signal: watched.signal });
  await settle();
  watched.abort(reason);
  await expect(one).rejects.toMatchObject(aborted("register"));
  const two = client.register("a.b", () => "two");
  await grant(peer, "register");
  const release = await peer.next(MessageType.UNREGISTER);
  await settle();
  expect(peer.unread).toBe(0);
  peer.send([MessageType.UNREGISTERED, release.firstId]);
  await grant(peer, "register");
  expect((await two).active).toBe(true);
});

test.each(places)("handlers on a %s that share a subscription give up one by one", async (place) => {
  const { client, peer } = await joined();
  const got: string[] = [];
  const [first, second] = [new WatchedSignal(), new WatchedSignal()];
  const one = ask(client, "subscribe", place, first.signal, () => got.push("one"));
  const two = ask(client, "subscribe", place, second.signal, () => got.push("two"));
  const three = ask(client, "subscribe", place, undefined, () => got.push("three"));
  await settle();
  first.abort(reason);
  second.abort(reason);
  await expect(one).rejects.toMatchObject(aborted("subscribe"));
  await expect(two).rejects.toMatchObject(aborted("subscribe"));
  await grant(peer, "subscribe");
  await three;
  peer.send([MessageType.EVENT, 5, 21, {}]);
  await settle();
  expect([got, peer.unread]).toEqual([["three"], 0]);
  expect([first.listeners, second.listeners]).toEqual([0, 0]);
});

describe("a loop over events", () => {
  test("that is aborted reads what has come, then rejects, and unsubscribes", async () => {
    const { client, peer } = await joined();
    const watched = new WatchedSignal();
    const events = client.events("a.b", { signal: watched.signal });
    expect((await grant(peer, "subscribe")).options).toEqual({});
    await events.ready;
    peer.send([MessageType.EVENT, 5, 21, {}], ["read"]);
    await settle();
    watched.abort(reason);
    const leaving = await peer.next(MessageType.UNSUBSCRIBE);
    peer.send([MessageType.UNSUBSCRIBED, leaving.firstId]);
    const got: unknown[] = [];
    const reading = (async () => {
      for await (const { args } of events) got.push(...args);
    })();
    await expect(reading).rejects.toMatchObject(aborted("subscribe"));
    expect([got, watched.listeners, await events.next()]).toEqual([["read"], 0, { value: undefined, done: true }]);
  });

  test("that is aborted before the router has answered rejects, and gives the subscription back", async () => {
    const { client, peer } = await joined();
    for (const when of ["before", "meanwhile"]) {
      const watched = new WatchedSignal();
      if (when === "before") watched.abort(reason);
      const events = client.events("a.b", { signal: watched.signal });
      await settle();
      watched.abort(reason);
      await expect(events.next()).rejects.toMatchObject(aborted("subscribe"));
      await expect(events.ready).rejects.toMatchObject(aborted("subscribe"));
      expect(watched.listeners).toBe(0);
    }
    await grant(peer, "subscribe");
    await peer.next(MessageType.UNSUBSCRIBE);
  });

  test("that is left before a router has answered asks none any more, and gives back what was granted", async () => {
    const { client, router, clock, peer } = await joined();
    const left: EventStream[] = [];
    const leave = async (end: "return" | "close") => {
      const events = client.events(`a.${end}`);
      left.push(events);
      await settle();
      await events[end]();
      await expect(events.next()).resolves.toMatchObject({ done: true });
    };
    await leave("return");
    await grant(peer, "subscribe");
    const release = await peer.next(MessageType.UNSUBSCRIBE);
    peer.send([MessageType.UNSUBSCRIBED, release.firstId]);
    peer.connection.terminate();
    await settle();
    await leave("return");
    await leave("close");
    const stays = client.events("a.stays");
    clock.advance(60_000);
    const next = await router.join(8);
    expect((await grant(next, "subscribe")).uri).toBe("a.stays");
    await stays.ready;
    await settle();
    expect([client.status, next.unread]).toEqual(["ready", 0]);
    for (const { ready } of left) await expect(ready).rejects.toMatchObject({ code: "aborted" });
  });

  test.each([
    ["is left", (_client: Client, events: EventStream) => events.return()],
    ["is closed", (_client: Client, events: EventStream) => events.close()],
    ["ends with its client", (client: Client) => client.close()],
  ])("that %s listens to its signal no longer", async (_, end) => {
    const { client, peer } = await joined();
    const watched = new WatchedSignal();
    const events = client.events("a.b", { signal: watched.signal });
    await grant(peer, "subscribe");
    await events.ready;
    expect(watched.listeners).toBe(1);
    void end(client, events);
    await settle();
    expect(watched.listeners).toBe(0);
    watched.abort(reason);
    await expect(events.next()).resolves.toMatchObject({ done: true });
  });

  test("that overflows listens to its signal no longer", async () => {
    const { client, peer } = await joined();
    const watched = new WatchedSignal();
    const events = client.events("a.b", { signal: watched.signal, buffer: 1, overflow: "error" });
    await grant(peer, "subscribe");
    await events.ready;
    for (const publication of [21, 22]) peer.send([MessageType.EVENT, 5, publication, {}]);
    await settle();
    expect(watched.listeners).toBe(0);
  });

  test("refuses what is no signal at once", async () => {
    const { client } = await joined();
    expect(() => client.events("a.b", { signal: 5 as never })).toThrow(
      'Cannot subscribe "a.b": the option signal is 5, expected an AbortSignal',
    );
  });
});

import { connect, createClient } from "@izaber/wamp";
import type { ConnectOptions, DialRequest } from "@izaber/wamp";
import { connect as connectLite } from "@izaber/wamp/lite";
import { expect, test } from "vitest";
import { MessageType } from "../../src/wire/message_type.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { ScriptedRouter, settle } from "../support/scripted_router.ts";
import { WatchedSignal } from "../support/watched_signal.ts";

function scripted() {
  const clock = new FakeClock();
  const router = new ScriptedRouter();
  const watched = new WatchedSignal();
  const { signal } = watched;
  const options: ConnectOptions = { realm: "realm1", clock, liveness: false, reconnect: false, signal };
  return { clock, router, watched, options };
}

const reason = new Error("the page was left");

for (const [name, open] of [["connect", connect], ["connect of ./lite", connectLite]] as const) {
  test(`${name} with a signal that is aborted already dials nothing, and rejects with its reason`, async () => {
    const { clock, router, watched, options } = scripted();
    watched.abort(reason);
    await expect(open(router, options)).rejects.toBe(reason);
    expect([router.dialled, watched.listeners, clock.pending]).toEqual([0, 0, 0]);
  });

  test(`${name} gives up the connection that it waits for, and tries no other target`, async () => {
    const { clock, router, watched, options } = scripted();
    const dialling = Promise.withResolvers<AbortSignal>();
    const silent = {
      url: "silent",
      dial: ({ signal }: DialRequest) => {
        dialling.resolve(signal);
        return new Promise<never>(() => {});
      },
    };
    const connected = open([silent, router], options);
    const inner = await dialling.promise;
    watched.abort(reason);
    await expect(connected).rejects.toBe(reason);
    await settle();
    expect([inner.aborted, router.dialled, watched.listeners, clock.pending]).toEqual([true, 0, 0, 0]);
  });
}

test("connect gives up a join, and leaves no connection", async () => {
  const { clock, router, watched, options } = scripted();
  const connected = connect(router, options);
  const peer = await router.accept();
  await peer.next(MessageType.HELLO);
  watched.abort(reason);
  await expect(connected).rejects.toBe(reason);
  await peer.closed;
  expect([watched.listeners, clock.pending]).toEqual([0, 0]);
});

test("connect gives up while the function that is asked for credentials has not answered", async () => {
  const { clock, router, watched, options } = scripted();
  const asked = Promise.withResolvers<void>();
  const auth = () => {
    asked.resolve();
    return new Promise<never>(() => {});
  };
  const connected = connect(router, { ...options, auth });
  await asked.promise;
  watched.abort();
  await expect(connected).rejects.toMatchObject({ name: "AbortError" });
  expect([router.dialled, watched.listeners, clock.pending]).toEqual([0, 0, 0]);
});

test("whenever it is aborted around WELCOME, connect gives up and leaves nothing, or has a client that stays", async () => {
  const outcomes: unknown[] = [];
  for (let turns = 0; turns < 60; turns++) {
    const { clock, router, watched, options } = scripted();
    const connected = connect(router, options);
    const peer = await router.accept();
    await peer.welcome();
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    watched.abort(reason);
    const outcome = await connected.then((client) => client, (error) => error);
    await settle();
    outcomes.push(outcome === reason ? peer.log.join() : outcome.status);
    const closing = outcome === reason ? undefined : outcome.close();
    await settle();
    if (peer.unread > 0) await peer.goodbye();
    await Promise.all([peer.closed, closing]);
    expect([watched.listeners, clock.pending]).toEqual([0, 0]);
  }
  expect(new Set(outcomes)).toEqual(new Set(["HELLO", "HELLO,GOODBYE", "ready"]));
});

test("a signal that is aborted later does nothing to a client that is ready", async () => {
  const { router, watched, options } = scripted();
  const connected = connect(router, options);
  const peer = await router.join(7);
  const client = await connected;
  expect(watched.listeners).toBe(0);
  watched.abort(reason);
  await settle();
  expect(client.status).toBe("ready");
  const closing = client.close();
  await peer.goodbye();
  await closing;
});

test("what fails before its signal is aborted rejects with why it failed", async () => {
  const { clock, router, watched, options } = scripted();
  router.failures.push(new Error("no route"));
  await expect(connect(router, options)).rejects.toMatchObject({ code: "connection_failed" });
  expect([watched.listeners, clock.pending]).toEqual([0, 0]);
});

test("signal may be undefined, has to be an AbortSignal, and is no option of createClient", async () => {
  const { router, options } = scripted();
  const connected = connect(router, { ...options, signal: undefined });
  const peer = await router.join(7);
  const closing = (await connected).close();
  await peer.goodbye();
  await closing;
  for (const signal of [5, {}, null, "abort"]) {
    await expect(connect(router, { ...options, signal: signal as never })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/^Cannot connect: the option signal is .*, expected an AbortSignal$/),
    });
  }
  expect(() => createClient(router, options)).toThrow(/there is no option "signal"/);
  for (const none of [undefined, null, 5]) {
    await expect(connect(router, none as never)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(`options is ${none}, expected an object such as`),
    });
  }
  expect(router.dialled).toBe(1);
});

import { afterEach, expect, test } from "vitest";
import { connect } from "@izaber/wamp";
import type { Client, LeaveInfo } from "@izaber/wamp";
import { openRealm, Router } from "../../src/router/mod.ts";
import type { SlowSubscribers } from "../../src/router/mod.ts";
import { listen } from "../../src/serve/listen.ts";
import type { Listener } from "../../src/serve/listener.ts";
import { opcodes, RawWebSocket } from "../support/raw_websocket.ts";
import { openProxy } from "../support/proxy.ts";

const TOPIC = "com.example.log";
const text = "x".repeat(20_000);
/** Far more of these than all the buffers on the way can hold. */
const MOST = 5_000;
const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanup.splice(0).reverse()) await clean();
});

interface Served {
  readonly router: Router;
  readonly listener: Listener;
  /** Publishes numbers, from the first on that was not, until one is dropped since a session does not read them. */
  overwhelm(): Promise<void>;
  readonly publisher: Client;
  /** How many numbers were published. */
  readonly published: number;
  readonly errors: unknown[];
}

async function serve(slowSubscribers: SlowSubscribers = "disconnect"): Promise<Served> {
  const errors: unknown[] = [];
  const router = new Router({
    realms: [{
      ...openRealm("realm1"),
      slowSubscribers,
      history: { topics: [{ uri: TOPIC, limit: 10_000 }] },
    }],
    onError: (error) => errors.push(error),
  });
  const listener = await listen(router, { highWaterMark: 64 * 1024 });
  const publisher = await connect(router.local(), { realm: "realm1" });
  cleanup.push(() => router.close(), () => listener.close(), () => publisher.close());
  let published = 0;
  const publish = () => publisher.publish(TOPIC, [published++, text], {}, { acknowledge: true });
  const overwhelm = async () => {
    while (router.statistics("realm1")!.droppedEvents === 0) {
      if (published > MOST) throw new Error("everything was read");
      await publish();
      await new Promise((resolve) => setTimeout(resolve));
    }
  };
  return {
    router,
    listener,
    overwhelm,
    publisher,
    get published() {
      return published;
    },
    errors,
  };
}

/** A client that has subscribed and stops reading then. */
async function subscribeAndStall({ listener }: Served): Promise<RawWebSocket> {
  const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"] });
  client.send(JSON.stringify([1, "realm1", { roles: { subscriber: {} } }]));
  client.send(JSON.stringify([32, 1, {}, TOPIC]));
  for (const type of [2, 33]) expect(JSON.parse((await client.text())!)[0]).toBe(type);
  client.socket.pause();
  return client;
}

const numbersTo = (end: number) => Array.from({ length: end }, (_, number) => number);

test("a client that stops reading has what came before, without a gap, then ABORT and the close", async () => {
  const served = await serve();
  const client = await subscribeAndStall(served);
  await served.overwhelm();
  client.socket.resume();
  const numbers: unknown[] = [];
  let last: unknown[] = [];
  for (;;) {
    const frame = await client.next();
    if (frame?.opcode !== opcodes.text) {
      expect(frame?.opcode).toBe(opcodes.close);
      expect([frame?.data.readUInt16BE(0), String(frame?.data.subarray(2))]).toEqual([
        1008,
        "wamp.error.network_failure",
      ]);
      break;
    }
    last = JSON.parse(String(frame.data));
    if (last[0] === 36) numbers.push((last[4] as unknown[])[0]);
  }
  expect(last).toEqual([3, { message: expect.stringContaining("does not keep up") }, "wamp.error.network_failure"]);
  expect(numbers).toEqual(numbersTo(served.published - 1));
  expect(served.router.statistics("realm1")).toMatchObject({ droppedEvents: 1, disconnectedSubscribers: 1 });
  expect(served.errors).toEqual([expect.objectContaining({ code: "overflow" })]);
  client.destroy();
});

test("a client reconnects, asks the history for what it missed, and has every event", async () => {
  const served = await serve();
  const between = await openProxy(served.listener.port);
  cleanup.push(() => between.close());
  const client = await connect(`ws://127.0.0.1:${between.port}/ws`, {
    realm: "realm1",
    reconnect: { initialDelay: 10 },
  });
  cleanup.push(() => client.close());
  const numbers: number[] = [];
  const subscription = await client.subscribe(TOPIC, ([number]: [number]) => void numbers.push(number));
  const left = new Promise<LeaveInfo>((resolve) => client.on("leave", resolve));
  const back = new Promise((resolve) => client.on("ready", resolve));
  between.hold();
  await served.overwhelm();
  between.release();
  expect(await left).toMatchObject({ reason: "wamp.error.network_failure" });
  await back;
  const missed = numbers.length;
  expect(numbers).toEqual(numbersTo(missed));
  expect(missed).toBeLessThan(served.published);
  const id = await client.call("wamp.subscription.lookup", [TOPIC]);
  const { args } = await client.callResult("wamp.subscription.get_events", [id], { limit: 10_000 });
  for (const event of args as { args: number[] }[]) {
    const number = event.args[0]!;
    if (number === numbers.length) numbers.push(number);
  }
  expect(numbers).toEqual(numbersTo(served.published));
  const live = new Promise((resolve) => client.subscribe(TOPIC, resolve));
  await served.publisher.publish(TOPIC, ["live"]);
  expect(await live).toEqual(["live"]);
  await subscription.unsubscribe();
});

test("a client that reads again has the newest, to the last one, where the oldest are dropped", async () => {
  const served = await serve("drop-oldest");
  const client = await subscribeAndStall(served);
  await served.overwhelm();
  client.socket.resume();
  const numbers: number[] = [];
  while (numbers.at(-1) !== served.published - 1) numbers.push(JSON.parse((await client.text())!)[4][0]);
  const { droppedEvents, sessions } = served.router.statistics("realm1")!;
  const gap = numbers.findIndex((number, index) => number !== index);
  expect(droppedEvents).toBeGreaterThan(0);
  expect(numbers).toEqual([
    ...numbersTo(gap),
    ...numbersTo(served.published).slice(gap + droppedEvents),
  ]);
  expect([sessions, served.errors]).toEqual([2, []]);
  await served.publisher.publish(TOPIC, ["live"]);
  expect(JSON.parse((await client.text())!)[4]).toEqual(["live"]);
  client.destroy();
});

import { afterEach, expect, test } from "vitest";
import { json } from "../../src/codec/mod.ts";
import { openRealm } from "../../src/router/mod.ts";
import { Connection } from "../../src/transport/connection.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import type { WampValue } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { harness } from "./harness.ts";
import type { Peer } from "./peer.ts";
import { fullRoles, settled } from "./peer.ts";
import { Socket } from "./socket.ts";

const TOPIC = "com.example.t";
/** So that two of them are more than may wait, and eight may be held back: half of what may wait at most. */
const large = "x".repeat(600);

const on = harness(() => ({
  clock: new FakeClock(),
  limits: { queuedBytes: 10_400 },
  realms: [{ ...openRealm("realm1"), slowSubscribers: "drop-oldest" }],
}));

const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.terminate();
});

/** Joins behind a socket that stops reading when it is stuck. */
async function subscriber(...topics: string[]): Promise<Socket> {
  const socket = new Socket();
  sockets.push(socket);
  on.router.accept(new Connection(socket, json, { highWaterMark: 1_000 }));
  socket.receive([M.HELLO, "realm1", { roles: fullRoles }]);
  for (const [index, topic] of topics.entries()) socket.receive([M.SUBSCRIBE, index + 1, {}, topic]);
  expect((await socket.said()).map(([type]) => type)).toEqual([M.WELCOME, ...topics.map(() => M.SUBSCRIBED)]);
  return socket;
}

/** Publishes numbered events, each in a turn of its own. */
async function publish(publisher: Peer, from: number, to: number, topic = TOPIC): Promise<void> {
  for (let number = from; number < to; number++) {
    publisher.publish(topic, {}, [number, large]);
    await settled();
  }
}

/** The numbers of the events that a subscriber was sent since the last look. */
async function numbers(socket: Socket): Promise<number[]> {
  return (await socket.saidOf(M.EVENT)).map((event) => (event[4] as number[])[0]!);
}

/** Lets a subscriber read what was sent to it, again and again, until there is nothing more. */
async function readAll(socket: Socket): Promise<number[]> {
  const read = await numbers(socket);
  let before = read.length;
  for (let more = 1; more > 0;) {
    socket.drain();
    socket.stuck = true;
    more = read.push(...await numbers(socket)) - before;
    before += more;
  }
  socket.drain();
  return read;
}

async function ask(peer: Peer, procedure: string, ...args: WampValue[]): Promise<WampValue> {
  peer.call(procedure, {}, args);
  const [type, , , [answer] = []] = await peer.next() as [number, number, unknown, WampValue[]?];
  expect(type).toBe(M.RESULT);
  return answer!;
}

const dropped = () => on.router.statistics("realm1")!.droppedEvents;

test("who does not read misses those in the middle, and reads the newest in their order", async () => {
  const slow = await subscriber(TOPIC);
  const publisher = await on.dial().join();
  slow.stuck = true;
  await publish(publisher, 0, 20);
  expect(await readAll(slow)).toEqual([0, 1, 12, 13, 14, 15, 16, 17, 18, 19]);
  expect(dropped()).toBe(10);
  await publish(publisher, 20, 22);
  expect(await numbers(slow)).toEqual([20, 21]);
});

test("what comes while events are still held back goes behind them", async () => {
  const slow = await subscriber(TOPIC);
  const publisher = await on.dial().join();
  slow.stuck = true;
  await publish(publisher, 0, 10);
  expect(await numbers(slow)).toEqual([0, 1]);
  slow.drain();
  slow.stuck = true;
  expect(await numbers(slow)).toEqual([2, 3]);
  await publish(publisher, 10, 12);
  expect(await readAll(slow)).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
  expect(dropped()).toBe(0);
});

test("what comes once there is room, but before that was told, goes behind them, too", async () => {
  const slow = await subscriber(TOPIC);
  const publisher = await on.dial().join();
  slow.stuck = true;
  await publish(publisher, 0, 4);
  slow.queuedBytes = 0;
  await publish(publisher, 4, 5);
  expect(await readAll(slow)).toEqual([0, 1, 2, 3, 4]);
});

test("of a subscription that is over nothing is sent any more, of the others everything", async () => {
  const other = "com.example.other";
  const slow = await subscriber(TOPIC, other);
  const publisher = await on.dial().join();
  const first = await ask(publisher, "wamp.subscription.lookup", TOPIC);
  const [session] = await ask(publisher, "wamp.subscription.list_subscribers", first) as number[];
  slow.stuck = true;
  await publish(publisher, 0, 2);
  for (let number = 2; number < 6; number++) await publish(publisher, number, number + 1, number % 2 ? TOPIC : other);
  expect(await numbers(slow)).toEqual([0, 1]);
  await ask(publisher, "wamp.subscription.remove_subscriber", first, session);
  await publish(publisher, 6, 12, other);
  expect(await readAll(slow)).toEqual([2, 4, 6, 7, 8, 9, 10, 11]);
  expect(dropped()).toBe(0);
});

test("who reads by and by is heard all the same, and may unsubscribe from what it cannot keep up with", async () => {
  const slow = await subscriber(TOPIC);
  const publisher = await on.dial().join();
  slow.stuck = true;
  await publish(publisher, 0, 10);
  const [[, subscription] = []] = await slow.saidOf(M.EVENT);
  slow.receive([M.UNSUBSCRIBE, 9, subscription]);
  slow.readSome();
  expect((await slow.said()).map(([type]) => type)).toEqual([M.EVENT, M.EVENT, M.UNSUBSCRIBED]);
  slow.readSome();
  expect(await slow.said()).toEqual([]);
});

test("an event larger than all that is held back is held nevertheless, alone", async () => {
  const slow = await subscriber(TOPIC);
  const publisher = await on.dial().join();
  slow.stuck = true;
  await publish(publisher, 0, 4);
  publisher.publish(TOPIC, {}, [4, "x".repeat(9_000)]);
  expect(await readAll(slow)).toEqual([0, 1, 4]);
  expect(dropped()).toBe(2);
});

test("calls and their answers are not kept back behind events", async () => {
  const slow = await subscriber(TOPIC);
  const publisher = await on.dial().join();
  slow.receive([M.REGISTER, 2, {}, "com.example.p"]);
  expect(await slow.saidOf(M.REGISTERED)).toHaveLength(1);
  slow.stuck = true;
  await publish(publisher, 0, 4);
  publisher.call("com.example.p");
  expect((await slow.said()).map(([type]) => type)).toEqual([M.EVENT, M.EVENT, M.INVOCATION]);
});

test("with a session that is ended goes what was held back for it", async () => {
  const slow = await subscriber(TOPIC);
  const publisher = await on.dial().join();
  const [session] = await ask(publisher, "wamp.session.list") as number[];
  slow.stuck = true;
  await publish(publisher, 0, 4);
  await ask(publisher, "wamp.session.kill", session);
  slow.drain();
  expect((await slow.said()).map(([type]) => type)).toEqual([M.EVENT, M.EVENT, M.GOODBYE]);
  expect(dropped()).toBe(0);
});

import { afterEach, expect, test } from "vitest";
import { json } from "../../src/codec/mod.ts";
import { openRealm } from "../../src/router/mod.ts";
import { Connection } from "../../src/transport/connection.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { harness } from "./harness.ts";
import type { Message, Peer } from "./peer.ts";
import { fullRoles, settled } from "./peer.ts";
import { Socket } from "./socket.ts";

const TOPIC = "com.example.t";
const large = "x".repeat(600);
let left: string[];

const on = harness(() => {
  left = [];
  return {
    clock: new FakeClock(),
    limits: { queuedBytes: 10_000 },
    realms: [{
      ...openRealm("realm1"),
      slowSubscribers: "disconnect",
      observer: { joined() {}, left: (_session, reason) => void left.push(reason), loggedOut() {} },
    }],
  };
});

const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.terminate();
});

/** A subscriber behind a socket that stops reading when it is stuck. */
async function subscriber(): Promise<Socket> {
  const socket = new Socket();
  sockets.push(socket);
  on.router.accept(new Connection(socket, json, { highWaterMark: 1_000 }));
  socket.receive([M.HELLO, "realm1", { roles: fullRoles }]);
  socket.receive([M.SUBSCRIBE, 1, {}, TOPIC]);
  expect((await socket.said()).map(([type]) => type)).toEqual([M.WELCOME, M.SUBSCRIBED]);
  return socket;
}

/** Stops a subscriber from reading, with more waiting for it than it may have; the next event is the first that it misses. */
async function fillUp(slow: Socket, publisher: Peer): Promise<void> {
  slow.stuck = true;
  for (const i of [0, 1]) publisher.publish(TOPIC, {}, [i, large]);
  await settled();
}

function counts(): number[] {
  const { droppedEvents, disconnectedSubscribers } = on.router.statistics("realm1")!;
  return [droppedEvents, disconnectedSubscribers];
}

/** The failures that the router told of, which all have to be of this. */
function told(): string[] {
  const failures = on.takeFailures() as { code: string; message: string }[];
  expect(failures.filter(({ code }) => code !== "overflow")).toEqual([]);
  return failures.map(({ message }) => message);
}

const argsOf = (messages: Message[]) => messages.filter(([type]) => type === M.EVENT).map(([, , , , args]) => args);

test("a session that does not read its events is ended, and has until then what came until then, without a gap", async () => {
  const slow = await subscriber();
  const watch = await on.dial().join();
  await watch.subscribe("wamp.session.on_leave");
  const publisher = await on.dial().join();
  slow.stuck = true;
  for (let i = 0; i < 6; i++) {
    publisher.publish(TOPIC, {}, [i, large]);
    await settled();
  }
  const said = await slow.said();
  expect(argsOf(said)).toEqual([[0, large], [1, large]]);
  expect(said.at(-1)).toEqual([M.ABORT, {
    message: expect.stringMatching(
      /^this session does not keep up with its events: 1\d{3} bytes wait to be sent to it, and the realm ends such sessions rather than leave events out$/,
    ),
  }, "wamp.error.network_failure"]);
  expect(slow.ended).toEqual({ local: true, code: 1008, reason: "wamp.error.network_failure" });
  expect(left).toEqual(["wamp.error.network_failure"]);
  expect((await watch.rest()).map((event) => event[0])).toEqual([M.EVENT]);
  expect(counts()).toEqual([1, 1]);
  expect(told()).toEqual([
    expect.stringMatching(/^Cannot send an event to session \d+ of "\d+" in realm "realm1", which is ended for it: /),
  ]);
});

test("one whose queue drains in the turn of its end gets no event behind the one that it missed", async () => {
  const slow = await subscriber();
  const publisher = await on.dial().join();
  await fillUp(slow, publisher);
  // The two arrive in one turn; what the first finds full is empty again for the second.
  publisher.publish(TOPIC, {}, ["missed"]);
  Object.defineProperty(slow, "queuedBytes", { get: () => counts()[1] === 0 ? 1_200 : 0, set: () => {} });
  publisher.publish(TOPIC, {}, ["behind it"]);
  const said = await slow.said();
  expect([argsOf(said).length, said.at(-1)![0]]).toEqual([2, M.ABORT]);
  expect(counts()).toEqual([1, 1]);
  told();
});

test("many events of one turn end it once, and count once", async () => {
  const slow = await subscriber();
  const publisher = await on.dial().join();
  slow.stuck = true;
  for (let i = 0; i < 20; i++) publisher.publish(TOPIC, {}, [i, large]);
  await settled();
  expect(counts()).toEqual([1, 1]);
  expect((await slow.saidOf(M.ABORT)).length).toBe(1);
  expect(told().length).toBe(1);
});

test("the others get every event, and one that reads later in the same turn is not ended", async () => {
  const [slow, quick] = [await subscriber(), await subscriber()];
  const publisher = await on.dial().join();
  slow.stuck = true;
  for (let i = 0; i < 5; i++) {
    publisher.publish(TOPIC, {}, [i, large]);
    await settled();
  }
  expect(argsOf(await quick.said()).map((args) => (args as number[])[0])).toEqual([0, 1, 2, 3, 4]);
  expect(quick.ended).toBeUndefined();
  expect(counts()).toEqual([1, 1]);
  told();
});

test("a call to it in the turn of its end is answered", async () => {
  const slow = await subscriber();
  slow.receive([M.REGISTER, 2, {}, "com.example.p"]);
  const other = await on.dial().join();
  await fillUp(slow, other);
  other.publish(TOPIC, {}, ["missed"]);
  const request = other.call("com.example.p");
  expect(await other.next()).toEqual([M.ERROR, M.CALL, request, {}, "wamp.error.canceled", expect.anything()]);
  expect(await slow.saidOf(M.INVOCATION)).toEqual([]);
  told();
});

test("one that leaves in the turn of its end leaves once, for the reason that was said", async () => {
  const slow = await subscriber();
  const publisher = await on.dial().join();
  await fillUp(slow, publisher);
  publisher.publish(TOPIC, {}, ["missed"]);
  for (let turn = 0; counts()[1] === 0 && turn < 100; turn++) await Promise.resolve();
  expect(left).toEqual([]);
  sockets.pop()!.terminate();
  await settled();
  expect(left).toEqual(["wamp.error.network_failure"]);
  expect(on.router.statistics("realm1")?.sessions).toBe(1);
  told();
});

test("an event that its serializer cannot represent ends nobody: the next would not be better", async () => {
  const reader = await subscriber();
  const publisher = await on.dial().join();
  publisher.publish(TOPIC, {}, [(() => {}) as never]);
  publisher.publish(TOPIC, {}, ["next"]);
  expect(argsOf(await reader.said())).toEqual([["next"]]);
  expect(counts()).toEqual([1, 0]);
  expect((on.takeFailures() as { code: string }[]).map(({ code }) => code)).toEqual(["unserializable"]);
});

test("retained events that find no room are left out: whoever asked would ask again", async () => {
  const slow = await subscriber();
  const publisher = await on.dial().join();
  publisher.publish("com.example.kept", { retain: true }, [large]);
  await fillUp(slow, publisher);
  slow.receive([M.SUBSCRIBE, 2, { get_retained: true }, "com.example.kept"]);
  expect((await slow.saidOf(M.SUBSCRIBED)).length).toBe(1);
  expect([slow.ended, ...counts()]).toEqual([undefined, 1, 0]);
});

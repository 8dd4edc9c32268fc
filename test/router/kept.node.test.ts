import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { json, msgpack, Payload } from "../../src/codec/mod.ts";
import type { HeaderElement, Serializer } from "../../src/codec/mod.ts";
import { memoryHistory, openRealm, Router } from "../../src/router/mod.ts";
import type { HistoryEvent } from "../../src/router/mod.ts";
import { listen } from "../../src/serve/mod.ts";
import { Connection } from "../../src/transport/connection.ts";
import type { Args, Dict } from "../../src/wire/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { dial, settled } from "./peer.ts";
import type { Peer } from "./peer.ts";
import { Socket } from "./socket.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const LARGE = 4_000_000;
const COUNT = 8;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

type Make = (index: number) => [HeaderElement[], Payload?];
const uri = (index: number) => `com.example.a.topic.of.some.length.${index}`;
const roles = {
  caller: {},
  callee: { features: { call_canceling: true, call_reroute: true, progressive_call_invocations: true } },
  publisher: {},
  subscriber: {},
};

/** What the process holds outside its heap, where large texts and bytes are. */
function held(): number {
  for (let time = 0; time < 3; time++) collectGarbage();
  const { external, heapUsed } = process.memoryUsage();
  return external + heapUsed;
}

/** Subscribes a session that does not read. */
async function subscribeSlowly(router: Router): Promise<void> {
  const slow = new Socket();
  ends.push(() => slow.terminate());
  router.accept(new Connection(slow, json, { highWaterMark: 1 }));
  slow.receive([M.HELLO, "realm1", { roles }]);
  slow.receive([M.SUBSCRIBE, 1, { match: "prefix" }, "s."]);
  expect(await slow.saidOf(M.SUBSCRIBED)).toHaveLength(1);
  slow.stuck = true;
  slow.queuedBytes = 1;
}

/** Sends a small message together with a large one, some times, and tells by how much the process has grown. */
async function growth(serializer: Serializer, before: Make[], make: Make): Promise<number> {
  const router = new Router({
    realms: [{
      ...openRealm("realm1"),
      history: { topics: [{ uri: "h.", match: "prefix" }] },
      slowSubscribers: "drop-oldest",
    }],
  });
  const listener = await listen(router);
  ends.push(() => listener.close(), () => router.close());
  await subscribeSlowly(router);
  const socket = new WebSocket(listener.url, serializer.batchedSubprotocol);
  ends.push(() => socket.terminate());
  await new Promise((resolve) => socket.once("open", resolve));
  const send = (...messages: [HeaderElement[], Payload?][]) =>
    socket.send(batchOf(messages.map(([header, payload]) => serializer.encode(header, payload))));
  const answered = () => new Promise((resolve) => socket.once("message", resolve));
  let answer = answered();
  send([[M.HELLO, "realm1", { roles }]]);
  await answer;
  if (before.length > 0) {
    answer = answered();
    send(...before.map((make) => make(0)));
    await answer;
  }
  const settle = async () => {
    // A meta call of its own has an answer once everything before it has been taken.
    const fence = new Promise<void>((resolve) => {
      const onMessage = (data: Uint8Array) => {
        if (!Buffer.from(data).includes("fence")) return;
        socket.off("message", onMessage);
        resolve();
      };
      socket.on("message", onMessage);
    });
    send([[M.CALL, 1_000_000, {}, "com.example.fence"]]);
    await fence;
  };
  const junk = Payload.of(["x".repeat(LARGE)]);
  send([[M.PUBLISH, 900_000, {}, "com.example.nobody"], junk]);
  await settle();
  const first = held();
  for (let index = 0; index < COUNT; index++) {
    send(make(index + 1), [[M.PUBLISH, 900_000, {}, "com.example.nobody"], junk]);
    await settle();
  }
  return held() - first;
}

function batchOf(frames: unknown[]): string | Uint8Array {
  if (typeof frames[0] === "string") return frames.map((frame) => `${frame}\x18`).join("");
  return Buffer.concat((frames as Uint8Array[]).flatMap((frame) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    return [length, frame];
  }));
}

const register: Make = () => [[M.REGISTER, 900_001, { match: "prefix" }, "com.example.a"]];
const cases: [string, Make[], Make][] = [
  ["a subscription", [], (index) => [[M.SUBSCRIBE, index, {}, uri(index)]]],
  ["a registration", [], (index) => [[M.REGISTER, index, {}, uri(index)]]],
  [
    "a retained event",
    [],
    (index) => [[M.PUBLISH, index, { retain: true }, uri(index)], Payload.of([index], { a: 1 })],
  ],
  ["an event of a history", [], (index) => [[M.PUBLISH, index, {}, `h.${uri(index)}`], Payload.of([index], { a: 1 })]],
  ["an event that is held back", [], (index) => [[M.PUBLISH, index, {}, `s.${uri(index)}`], Payload.of([index])]],
  ["a testament", [], (index) => [
    [M.CALL, index, {}, "wamp.session.add_testament"],
    Payload.of([uri(index), ["a text of some length", new Uint8Array(40)], {}]),
  ]],
  ["a call that may go to another callee", [register], (index) => [[M.CALL, index, {}, uri(index)], Payload.of([1])]],
  [
    "a call with more to come",
    [register],
    (index) => [[M.CALL, index, { progress: true }, uri(index)], Payload.of([1])],
  ],
];

for (const serializer of [json, msgpack]) {
  test.each(cases)(`of ${serializer.name}, %s does not keep what came along with it`, async (_, before, make) => {
    expect(await growth(serializer, before, make)).toBeLessThan(2 * LARGE);
  }, 60_000);
}

/** Little on the wire, and much as values. */
const deep = Payload.of([Array.from({ length: 30_000 }, () => [[]])]);

/** Joins by MessagePack, publishes some of it, has it read in JSON and tells by how much the process has grown, of which it may keep what came over the wire. */
async function grownByReading(options: Dict, read: (peer: Peer) => Promise<void>): Promise<number> {
  const router = new Router({
    realms: [{ ...openRealm("realm1"), history: { topics: [{ uri: "h.", match: "prefix" }] } }],
  });
  ends.push(() => router.close());
  const publisher = await dial(router, msgpack).join();
  for (let index = 0; index < 30; index++) {
    publisher.connection.send([M.PUBLISH, index + 1, options, `h.${index}`], deep);
    await settled();
  }
  const reader = await dial(router, json).join();
  await reader.rest();
  const first = held();
  await read(reader);
  return held() - first;
}

test("a retained event takes no more once it has been sent in another format", async () => {
  const growth = await grownByReading({ retain: true }, async (peer) => {
    for (let index = 0; index < 30; index++) {
      const [, , id] = await peer.ask([M.SUBSCRIBE, index + 1, { get_retained: true }, `h.${index}`]);
      expect((await peer.next()).slice(0, 2)).toEqual([M.EVENT, id]);
    }
  });
  expect(growth).toBeLessThan(20_000_000);
}, 60_000);

test("an event of a history takes no more once somebody has asked for it", async () => {
  const growth = await grownByReading({}, async (peer) => {
    for (let index = 0; index < 3; index++) {
      const query = { limit: 10, topic: `h.${index}` };
      const answer = await peer.ask([M.CALL, index + 1, {}, "wamp.subscription.get_events", [1], query]);
      expect(answer[0]).toBe(M.RESULT);
      const answers = await peer.ask([M.CALL, index + 100, {}, "wamp.subscription.get_events", [1]]);
      expect(answers[0]).toBe(M.ERROR);
    }
  });
  expect(growth).toBeLessThan(20_000_000);
}, 60_000);

test("a history of few events takes no more for those that have given way", () => {
  const topic = { uri: "h", match: "exact", limit: 10 } as const;
  const store = memoryHistory();
  const append = (count: number) => {
    for (let publication = 0; publication < count; publication++) {
      store.append(topic, { publication, size: 1 } as HistoryEvent);
    }
  };
  append(1_000);
  const first = held();
  append(1_000_000);
  expect(held() - first).toBeLessThan(2_000_000);
  expect([...store.events(topic) as HistoryEvent[]]).toHaveLength(10);
}, 60_000);

const lists = (count: number) => Array.from({ length: count }, () => [[]]);
const kept: [string, (peer: Peer, index: number) => HeaderElement[], (peer: Peer, index: number) => unknown[]][] = [
  [
    "a testament",
    (_, index) => [M.CALL, index, {}, "wamp.session.add_testament"],
    () => ["com.example.will", [lists(25_000)], {}],
  ],
  [
    "what is noted of a session",
    (_, index) => [M.CALL, index, {}, "wamp.session.modify_details"],
    ({ id }, index) => [id, { [`key${index}`]: lists(8_000) }],
  ],
  ["a document", (_, index) => [M.REGISTER, index, { _document: { x: lists(100_000) } }, uri(index)], () => []],
];

test.each(kept)("%s takes no more than it did on the wire", async (_, header, args) => {
  const router = new Router({ realms: [openRealm("realm1")] });
  ends.push(() => router.close());
  const peer = await dial(router, msgpack).join();
  const first = held();
  for (let index = 1; index <= 10; index++) {
    peer.connection.send(header(peer, index), Payload.of(args(peer, index) as Args));
    expect((await peer.next())[0]).not.toBe(M.ERROR);
  }
  expect(held() - first).toBeLessThan(10_000_000);
}, 60_000);

test("what a session says of itself when it joins takes little", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  ends.push(() => router.close());
  const first = held();
  const peers: Peer[] = [];
  for (let index = 0; index < 20; index++) {
    const peer = dial(router, msgpack);
    peers.push(await peer.join("realm1", { caller: { x: lists(25_000) } } as never));
  }
  expect(held() - first).toBeLessThan(10_000_000);
  const peer = dial(router, msgpack);
  const answer = await peer.ask([M.HELLO, "realm1", { roles, authextra: { x: lists(25_000) } }]);
  expect([answer[0], answer[2]]).toEqual([M.ABORT, "wamp.error.protocol_violation"]);
  expect(router.reached()).toEqual({ joinSize: 1 });
  await dial(router, msgpack).join("realm1", roles, { authextra: { text: "x".repeat(60_000), list: lists(400) } });
}, 60_000);

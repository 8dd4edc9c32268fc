import type { Serializer } from "@izaber/wamp";
import { messageShapes } from "../../../src/wire/message_shape.ts";
import type { ElementKind } from "../../../src/wire/message_shape.ts";
import type { WampValue } from "../../../src/wire/values.ts";
import { pause } from "./arena.ts";
import type { Arena } from "./arena.ts";
import { join, message } from "./peers.ts";
import type { Bytes, Peer, Way } from "./peers.ts";

/** How much of everything. */
export interface Size {
  /** Calls that nobody answers. */
  readonly calls: number;
  /** Subscriptions of one session. */
  readonly subscriptions: number;
  /** Connections that say nothing. */
  readonly silent: number;
  /** Events, of 64 KB each, for one who does not read. */
  readonly events: number;
  /** Guessed answers. */
  readonly guesses: number;
  /** Of the messages with a wrong field, each so many-th is sent. */
  readonly every: number;
}

/** What a test takes a few seconds for. */
export const small: Size = { calls: 10_000, subscriptions: 2_000, silent: 100, events: 800, guesses: 3_000, every: 23 };
/** What is asked of the router. */
export const full: Size = {
  calls: 1_000_000,
  subscriptions: 10_000,
  silent: 2_000,
  events: 20_000,
  guesses: 1_000_000,
  every: 1,
};

/** One thing that somebody could try. */
export interface Attack {
  readonly name: string;
  /** What it takes: a transport that can be kept busy, say. */
  readonly fits?: (way: Way) => boolean;
  run(arena: Arena, way: Way, size: Size): Promise<void>;
}

const isDirect = (way: Way) => !way.name.startsWith("long-poll");
const NEVER = 2 ** 40;
const DEEP = 100_000;
/** How many frames go out before others have a turn. */
const TURN = 200;
/** How many connections send something wrong at the same time. */
const AT_ONCE = 8;
/** How many milliseconds are waited for an answer that may not come. */
const PATIENCE = 500;
const PROBE = 4_242;

const valid: { readonly [kind in ElementKind]: WampValue } = {
  id: 1,
  type: 48,
  uri: "hostile.uri",
  string: "text",
  dict: {},
};

const wrongValues: readonly WampValue[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  2 ** 53 + 2,
  1e300,
  "",
  "a b",
  ".",
  "x".repeat(10_000),
  [],
  [[]],
  {},
  { roles: 1 },
  { roles: { caller: { features: 1 } }, authmethods: 1 },
  { match: 1, invoke: [], exclude: {}, eligible: "x", timeout: -1, progress: 1, acknowledge: "yes" },
  { authmethods: ["ticket"], authid: 1, authextra: [] },
];

/** Every message with every wrong value in each of its places, one too few, and one too many. */
function* wrongMessages(): Generator<WampValue[]> {
  for (const [type, { elements }] of messageShapes) {
    const right = elements.map((kind) => valid[kind]);
    for (let at = 0; at <= elements.length + 1; at++) {
      for (const value of wrongValues) {
        const fields: WampValue[] = [...right, [], {}];
        fields[at] = value;
        yield [type, ...fields.slice(0, Math.max(at + 1, elements.length))];
      }
      yield [type, ...right.slice(0, at)];
    }
    yield [type, ...right, [], {}, 1, 2, 3];
  }
  for (const type of [0, -1, 7, 15, 71, 255, 256, 1023, 1024, 1e9, 2 ** 53, 1.5, "48", null, [], {}]) {
    yield [type, 1, {}, "hostile.uri"];
  }
  yield [];
}

/** Frames that are no messages at all. */
function* nonsense({ name }: Serializer): Generator<Bytes> {
  const bytes = (...parts: (number | Uint8Array)[]) =>
    Uint8Array.from(parts.flatMap((part) => typeof part === "number" ? [part] : [...part]));
  const many = (byte: number) => new Uint8Array(DEEP).fill(byte);
  if (name === "json") {
    yield* [
      "",
      " ",
      "1",
      '"text"',
      "null",
      "{}",
      "[",
      "[48",
      "[48,1,{}",
      '[48,1,{},"a",[1,]]',
      "[48,1,{},'a']",
      "\ufeff[]",
    ];
    yield `${"[".repeat(DEEP)}${"]".repeat(DEEP)}`;
    yield `[48,1,{},"good.add",${"[".repeat(DEEP)}${"]".repeat(DEEP)}]`;
    yield `[48,1,${'{"a":'.repeat(DEEP)}1${"}".repeat(DEEP)},"good.add"]`;
    yield `[48,1,{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}},"good.add",[1,2]]`;
    yield `[48,${"9".repeat(10_000)},{},"good.add"]`;
    yield '[16,1,{},"good.\\ud800",[1]]';
    yield "[1e999]";
    return;
  }
  yield bytes();
  if (name === "msgpack") {
    yield bytes(0x94, 48, 1, 0x80); // truncated
    yield bytes(0xdd, 0xff, 0xff, 0xff, 0xff); // an array of 4 G
    yield bytes(0x95, 48, 1, 0x80, 0xa1, 0x61, 0xdf, 0xff, 0xff, 0xff, 0xff); // a map of 4 G
    yield bytes(0x95, 48, 1, 0x80, 0xa1, 0x61, 0x91, 0xdb, 0xff, 0xff, 0xff, 0xff); // a text of 4 GB
    yield bytes(0x95, 48, 1, 0x80, 0xa1, 0x61, 0x91, 0xc6, 0xff, 0xff, 0xff, 0xff); // bytes of 4 GB
    yield bytes(0x95, 48, 1, 0x80, 0xa1, 0x61, 0x91, 0xc9, 0xff, 0xff, 0xff, 0xff, 1); // an extension of 4 GB
    yield many(0x91);
    yield bytes(0x95, 48, 1, 0x80, 0xa1, 0x61, many(0x91));
    yield bytes(0x95, 48, 1, 0x80, 0xa1, 0x61, 0x91, 0xa2, 0xff, 0xff); // not UTF-8
    yield bytes(0x95, 48, 1, 0x80, 0xa1, 0x61, 0x91, 0xd4, 5, 1); // an extension
    yield bytes(0x95, 48, 1, 0x80, 0xa1, 0x61, 0x91, 0xd6, 0xff, 1, 2, 3, 4); // a time
    yield bytes(0x95, 48, 1, 0x80, 0xa1, 0x61, 0x91, 0x82, 1, 2, 0x90, 3); // keys that are no text
    yield bytes(0x95, 48, 1, 0x82, 1, 2, 0xc0, 3, 0xa1, 0x61); // the same in Options
    yield bytes(0x94, 48, 1, 0xd4, 5, 1, 0xa1, 0x61); // an extension for Options
    yield bytes(0x95, 48, 1, 0x81, 0xa9, ...[..."__proto__"].map((c) => c.charCodeAt(0)), 0x80, 0xa1, 0x61, 0x90);
    yield bytes(0xc1); // never used
    return;
  }
  yield bytes(0x84, 0x18, 48, 1, 0xa0); // truncated
  yield bytes(0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff); // an array of 2^64
  yield bytes(0x85, 0x18, 48, 1, 0xa0, 0x61, 0x61, 0xbb, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff); // a map of a terabyte
  yield bytes(0x85, 0x18, 48, 1, 0xa0, 0x61, 0x61, 0x81, 0x7a, 0xff, 0xff, 0xff, 0xff); // a text of 4 GB
  yield bytes(0x85, 0x18, 48, 1, 0xa0, 0x61, 0x61, 0x81, 0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff); // bytes of 2^64
  yield many(0x81);
  yield many(0x9f);
  yield many(0xc6);
  yield many(0x5f);
  yield bytes(0x85, 0x18, 48, 1, 0xa0, 0x61, 0x61, many(0x81));
  yield bytes(0x85, 0x18, 48, 1, 0xa0, 0x61, 0x61, many(0xc6));
  yield bytes(0x85, 0x18, 48, 1, 0xa0, 0x61, 0x61, 0x81, 0x62, 0xff, 0xff); // not UTF-8
  yield bytes(0x85, 0x18, 48, 1, 0xa0, 0x61, 0x61, 0x81, 0xc1, 0x1a, 0, 0, 0, 1); // a time
  yield bytes(0x85, 0x18, 48, 1, 0xa0, 0x61, 0x61, 0x81, 0xc2, 0x41, 0xff); // a big number
  yield bytes(0x85, 0x18, 48, 1, 0xa0, 0x61, 0x61, 0x81, 0xd9, 0xd9, 0xf7, 1); // a tag of itself
  yield bytes(0x85, 0x18, 48, 1, 0xa0, 0x61, 0x61, 0x9f, 1, 0x7f, 0x61, 0x61, 0xff, 0xff); // indefinite lengths, well-formed
  yield bytes(0x9f, 0x18, 48, 1, 0xbf, 0xff, 0x61, 0x61, 0xff); // the same for the message
  yield bytes(0x85, 0x18, 48, 1, 0xa0, 0x61, 0x61, 0x81, 0xa2, 1, 2, 0x80, 3); // keys that are no text
  yield bytes(0x84, 0x18, 48, 1, 0xa1, 0xf6, 3, 0x61, 0x61); // the same in Options
  yield bytes(0x84, 0x18, 48, 1, 0xc1, 1, 0x61, 0x61); // a tag for Options
  yield bytes(0xff);
  yield bytes(0x1c); // reserved
}

/** Sends each frame on a connection of its own, and waits until the router has dealt with it. */
async function sendEach(arena: Arena, way: Way, isJoined: boolean, frames: Iterable<Bytes>): Promise<void> {
  const waiting = [...frames];
  const work = async () => {
    for (let frame = waiting.pop(); frame !== undefined; frame = waiting.pop()) {
      const peer = await way.open(arena);
      if (isJoined) await join(peer, way.serializer);
      await peer.send(frame);
      await Promise.race([dealtWith(peer, way), pause(PATIENCE)]);
      peer.destroy();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Says something whose answer comes behind that to everything before; the router may also have ended the connection. */
async function dealtWith(peer: Peer, { serializer }: Way): Promise<void> {
  await peer.send(message(serializer, [1, "realm1", { roles: { caller: {} } }]));
  await peer.send(message(serializer, [48, PROBE, {}, "good.add", [1, 2]]));
  for (let answer = await peer.next(); answer !== undefined; answer = await peer.next()) {
    if (answer[0] === 50 && answer[1] === PROBE) return;
  }
}

async function joined(arena: Arena, way: Way): Promise<Peer> {
  const peer = await way.open(arena);
  await join(peer, way.serializer);
  return peer;
}

async function drain(peer: Peer): Promise<void> {
  while (await peer.next() !== undefined);
}

/** Sends many messages and lets others have their turn in between. */
async function pour(peer: Peer, { serializer }: Way, count: number, make: (n: number) => WampValue[]): Promise<void> {
  for (let n = 1; n <= count; n++) {
    await peer.send(message(serializer, make(n)));
    if (n % TURN === 0) await pause(1);
  }
}

const beforeAndAfter = (name: string, frames: (way: Way, size: Size) => Iterable<Bytes>): Attack[] =>
  [false, true].map((isJoined) => ({
    name: `${name}, ${isJoined ? "after" : "before"} the join`,
    run: (arena, way, size) => sendEach(arena, way, isJoined, frames(way, size)),
  }));

/** All of them. */
export const attacks: readonly Attack[] = [
  ...beforeAndAfter("frames that are no messages", ({ serializer }) => nonsense(serializer)),
  ...beforeAndAfter("wrong fields, types and ids", function* ({ serializer, name }, { every }) {
    let index = 0;
    // Each way begins elsewhere, so that together they send more.
    for (const wrong of wrongMessages()) {
      if ((index++ + name.length) % every === 0) yield message(serializer, wrong);
    }
  }),
  {
    name: "frames that never end, and lengths of gigabytes",
    async run(arena, way) {
      const peers: Peer[] = [];
      for (const isJoined of [false, true]) {
        for (const length of [100, 60_000, 1_000_000, 2 ** 31, NEVER]) {
          const peer = await way.open(arena);
          if (isJoined) await join(peer, way.serializer);
          peer.begin(length);
          peers.push(peer);
        }
      }
      await arena.progress(1);
      for (const peer of peers) peer.destroy();
    },
  },
  {
    name: "HELLO twice, and messages before it",
    async run(arena, way) {
      const { serializer } = way;
      const hello = message(serializer, [1, "realm1", { roles: { caller: {} } }]);
      const twice = await joined(arena, way);
      await twice.send(hello);
      await twice.send(message(serializer, [48, 1, {}, "good.add", [1, 2]]));
      const answer = await twice.next();
      if (answer?.[0] !== 50) throw new Error(`a second HELLO is ignored, but then came ${JSON.stringify(answer)}`);
      twice.destroy();
      const early = await way.open(arena);
      for (const type of messageShapes.keys()) {
        if (type > 6) await early.send(message(serializer, [type, 1, {}, "good.add", [1, 2], {}]));
      }
      early.destroy();
      const again = await way.open(arena);
      for (let i = 0; i < 50; i++) {
        await again.send(message(serializer, [1, `no.realm.${i}`, { roles: { caller: {} } }]));
      }
      await drain(again);
      again.destroy();
    },
  },
  {
    name: "calls that nobody answers",
    fits: isDirect,
    async run(arena, way, { calls }) {
      const callee = await joined(arena, way);
      await callee.send(message(way.serializer, [64, 1, {}, "hostile.never"]));
      await callee.next();
      void drain(callee);
      const caller = await joined(arena, way);
      void drain(caller);
      await pour(caller, way, calls, (n) => [48, n, {}, "hostile.never", [n]]);
      await arena.progress(1);
      callee.destroy();
      caller.destroy();
    },
  },
  {
    name: "thousands of subscriptions and registrations whose owner leaves",
    fits: isDirect,
    async run(arena, way, { subscriptions }) {
      const peer = await joined(arena, way);
      void drain(peer);
      await pour(
        peer,
        way,
        subscriptions,
        (n) =>
          n % 2 === 0
            ? [32, n, { match: ["exact", "prefix", "wildcard"][n % 3]! }, `hostile.topic.${n}`]
            : [64, n, { match: ["exact", "prefix", "wildcard"][n % 3]! }, `hostile.procedure.${n}`],
      );
      await arena.progress(1);
      peer.destroy();
    },
  },
  {
    name: "a subscriber that never reads a flooded topic",
    async run(arena, way, { events }) {
      const deaf = await joined(arena, way);
      await deaf.send(message(way.serializer, [32, 1, {}, "hostile.flood"]));
      await deaf.next();
      deaf.stopReading();
      const web = { ...way, name: "WebSocket" };
      const publisher = await joined(arena, web);
      const payload = "x".repeat(64 * 1024);
      const many = way.name.startsWith("long-poll") ? events / 10 : events;
      for (let n = 1; n <= many; n++) {
        await publisher.send(message(way.serializer, [16, n, {}, "hostile.flood", [payload]]));
        if (n % 20 === 0) await pause(1);
      }
      await arena.progress(1);
      deaf.destroy();
      publisher.destroy();
    },
  },
  {
    name: "connections that say nothing, and half-open ones",
    async run(arena, way, { silent }) {
      const peers: Peer[] = [];
      for (let n = 0; n < silent; n += 10) {
        peers.push(...await Promise.all(Array.from({ length: 10 }, () => way.open(arena))));
      }
      for (const [n, peer] of peers.entries()) if (n % 2 === 0) peer.halfClose();
      await arena.progress(2);
      for (const peer of peers) peer.destroy();
    },
  },
  {
    name: "answers to guessed invocations, and cancelling of guessed calls",
    fits: isDirect,
    async run(arena, way, { guesses }) {
      const peer = await joined(arena, way);
      void drain(peer);
      const last = Math.ceil(guesses / 4);
      await pour(peer, way, last, (n) => [70, n, {}, ["stolen"]]);
      await pour(peer, way, last, (n) => [8, 68, n, {}, "hostile.error", ["forged"]]);
      await pour(peer, way, last, (n) => [49, n, { mode: "kill" }]);
      await pour(peer, way, last, (n) => [8, 48, n, {}, "hostile.error", ["forged"]]);
      await arena.progress(1);
      peer.destroy();
    },
  },
  {
    name: "keys such as __proto__ on their way to a callee",
    async run(arena, way) {
      const { serializer } = way;
      const callee = await joined(arena, way);
      await callee.send(message(serializer, [64, 1, {}, "hostile.echo"]));
      await callee.next();
      const caller = await joined(arena, way);
      const evil = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}');
      await caller.send(message(serializer, [48, 1, evil, "hostile.echo", [evil], evil]));
      const invocation = await callee.next();
      if (invocation?.[0] !== 68) throw new Error(`expected INVOCATION, got ${JSON.stringify(invocation)}`);
      if (({} as { polluted?: number }).polluted !== undefined) throw new Error("Object.prototype was changed");
      callee.destroy();
      caller.destroy();
    },
  },
];

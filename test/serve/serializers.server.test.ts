import { afterAll, beforeAll, expect, test } from "vitest";
import { cbor, json, msgpack } from "../../src/codec/mod.ts";
import type { Head } from "../../src/codec/head.ts";
import { Payload } from "../../src/codec/payload.ts";
import type { Frame, HeaderElement, Serializer } from "../../src/codec/serializer.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import { listen } from "../../src/serve/listen.ts";
import type { Listener } from "../../src/serve/listener.ts";
import { MessageType } from "../../src/wire/message_type.ts";
import type { WampValue } from "../../src/wire/values.ts";
import { opcodes, RawWebSocket } from "../support/raw_websocket.ts";

const PROCEDURE = "com.example.echo";
const serializers = [json, msgpack, cbor];
const router = new Router({ realms: [openRealm("realm1")], serializers });
let listener: Listener;

beforeAll(async () => {
  listener = await listen(router);
});
afterAll(async () => {
  await router.close();
  await listener.close();
});

/** A session on a raw socket: messages are encoded by a serializer and framed here. */
class Peer {
  readonly socket: RawWebSocket;
  readonly #serializer: Serializer;
  readonly #batched: boolean;
  readonly #heads: Head[] = [];
  /** How many WebSocket frames have come. */
  frames = 0;

  private constructor(socket: RawWebSocket, serializer: Serializer, batched: boolean) {
    this.socket = socket;
    this.#serializer = serializer;
    this.#batched = batched;
  }

  static async join(serializer: Serializer, batched: boolean): Promise<Peer> {
    const subprotocol = batched ? serializer.batchedSubprotocol : serializer.subprotocol;
    const socket = await RawWebSocket.open(listener.url, { protocols: [subprotocol] });
    expect(socket.answer.headers["sec-websocket-protocol"]).toBe(subprotocol);
    const peer = new Peer(socket, serializer, batched);
    peer.send([[MessageType.HELLO, "realm1", { roles: { caller: {}, callee: {} } }]]);
    expect((await peer.next()).type).toBe(MessageType.WELCOME);
    return peer;
  }

  send(messages: HeaderElement[][], payload?: Payload): void {
    const frames = messages.map((message) => this.#serializer.encode(message, payload));
    for (const frame of this.#batched ? [this.#serializer.joinBatch(frames)] : frames) {
      this.socket.send(frame as string | Uint8Array);
    }
  }

  async next(): Promise<Head> {
    while (this.#heads.length === 0) {
      const { opcode, data } = (await this.socket.next())!;
      this.frames++;
      expect(opcode).toBe(this.#serializer === json ? opcodes.text : opcodes.binary);
      const frame: Frame = opcode === opcodes.text ? data.toString() : new Uint8Array(data);
      for (const one of this.#batched ? this.#serializer.splitBatch(frame) : [frame]) {
        this.#heads.push(this.#serializer.scan(one));
      }
    }
    return this.#heads.shift()!;
  }
}

const kinds = serializers.flatMap((serializer) =>
  [false, true].map((batched) => ({
    subprotocol: batched ? serializer.batchedSubprotocol : serializer.subprotocol,
    serializer,
    batched,
  }))
);

test.each(kinds)("$subprotocol carries calls both ways", async ({ serializer, batched, subprotocol }) => {
  const procedure = `${PROCEDURE}.${subprotocol.replaceAll(".", "_")}`;
  const callee = await Peer.join(serializer, batched);
  callee.send([[MessageType.REGISTER, 1, {}, procedure]]);
  expect((await callee.next()).type).toBe(MessageType.REGISTERED);

  const caller = await Peer.join(serializer, batched);
  const args: WampValue[] = ["gr\u00fc\u00df dich \u{1F600}", 1, -2.5, null, true, [1, [2]], { a: { b: "c" } }];
  const calls = Array.from({ length: 20 }, (_, i) => [MessageType.CALL, i + 1, {}, procedure]);
  caller.send(calls, Payload.of(args, { key: "value" }));

  callee.frames = 0;
  for (let i = 0; i < calls.length; i++) {
    const invocation = await callee.next();
    expect(invocation.type).toBe(MessageType.INVOCATION);
    expect(invocation.payload.args).toEqual(args);
    callee.send([[MessageType.YIELD, invocation.firstId, {}]], Payload.of([...invocation.payload.args, i]));
  }
  if (batched) expect(callee.frames).toBeLessThan(calls.length);
  for (let i = 0; i < calls.length; i++) {
    const result = await caller.next();
    expect([result.type, result.firstId]).toEqual([MessageType.RESULT, i + 1]);
    expect(result.payload.args).toEqual([...args, i]);
  }
  callee.socket.destroy();
  caller.socket.destroy();
});

test.each(kinds)("$subprotocol carries a large argument", async ({ serializer, batched, subprotocol }) => {
  const procedure = `${PROCEDURE}.large.${subprotocol.replaceAll(".", "_")}`;
  const callee = await Peer.join(serializer, batched);
  callee.send([[MessageType.REGISTER, 1, {}, procedure]]);
  await callee.next();
  const text = "x\u00e9".repeat(2_000_000);
  callee.send([[MessageType.CALL, 2, {}, procedure]], Payload.of([text]));
  const invocation = await callee.next();
  expect(invocation.type).toBe(MessageType.INVOCATION);
  expect(invocation.payload.args[0] === text).toBe(true);
  callee.send([[MessageType.YIELD, invocation.firstId, {}]], Payload.of([invocation.payload.args[0] as string]));
  const result = await callee.next();
  expect([result.type, result.firstId]).toEqual([MessageType.RESULT, 2]);
  expect(result.payload.args[0] === text).toBe(true);
  callee.socket.destroy();
});

test("a frame that is not WAMP ends its session and disturbs no other", async () => {
  const other = await Peer.join(msgpack, false);
  const bad = await Peer.join(json, false);
  bad.socket.send("this is not WAMP");
  const abort = await bad.next();
  expect([abort.type, abort.uri]).toEqual([MessageType.ABORT, "wamp.error.protocol_violation"]);
  expect((await bad.socket.next())?.opcode).toBe(opcodes.close);
  bad.socket.destroy();
  other.send([[MessageType.REGISTER, 1, {}, `${PROCEDURE}.still.here`]]);
  expect((await other.next()).type).toBe(MessageType.REGISTERED);
  other.socket.destroy();
});

test("closing the router says GOODBYE before the connection ends", async () => {
  const own = new Router({ realms: [openRealm("realm1")], serializers });
  const ownListener = await listen(own);
  const socket = await RawWebSocket.open(ownListener.url, { protocols: [json.subprotocol] });
  socket.send('[1,"realm1",{"roles":{"caller":{}}}]');
  expect(await socket.text()).toMatch(/^\[2,/);
  const closed = own.close();
  expect(await socket.text()).toMatch(/^\[6,.*"wamp\.close\.system_shutdown"/);
  socket.send('[6,{},"wamp.close.goodbye_and_out"]');
  expect((await socket.next())?.opcode).toBe(opcodes.close);
  socket.destroy();
  await closed;
  await ownListener.close();
  await socket.gone;
});

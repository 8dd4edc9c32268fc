import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, webSocketDialer } from "../../mod.ts";
import { cbor, json, msgpack } from "../../src/codec/mod.ts";
import type { Frame } from "../../src/codec/serializer.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import { listen } from "../../src/serve/listen.ts";
import type { Listener } from "../../src/serve/listener.ts";
import { MessageType } from "../../src/wire/message_type.ts";
import { opcodes, RawWebSocket } from "../support/raw_websocket.ts";

const router = new Router({ realms: [openRealm("realm1")], serializers: [json, msgpack, cbor] });
let listener: Listener;

beforeAll(async () => {
  listener = await listen(router);
});
afterAll(async () => {
  await router.close();
  await listener.close();
});

const HELLO = [MessageType.HELLO, "realm1", { roles: { caller: {} } }];

/** Reads what comes until the connection ends. */
async function everything(client: RawWebSocket): Promise<Buffer[]> {
  const frames: Buffer[] = [];
  for (;;) {
    const frame = await client.next();
    if (frame === undefined || frame.opcode === opcodes.close) return frames;
    frames.push(frame.data);
  }
}

test.each([
  ["zeros", "wamp.2.msgpack.batched", new Uint8Array(32 * 1024 * 1024)],
  ["zeros", "wamp.2.cbor.batched", new Uint8Array(32 * 1024 * 1024)],
  ["separators", "wamp.2.json.batched", "\x1e".repeat(16 * 1024 * 1024)],
])("a batch of nothing but %s on %s is one violation", async (_what, subprotocol, batch) => {
  const client = await RawWebSocket.open(listener.url, { protocols: [subprotocol] });
  client.send(batch);
  const frames = await everything(client);
  expect(frames.length).toBe(1);
  expect(frames[0]!.toString("latin1")).toContain("wamp.error.protocol_violation");
  client.destroy();
});

test("what follows the end of a session in the same batch is not acted on", async () => {
  const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.msgpack.batched"] });
  const call = msgpack.encode([MessageType.CALL, 1, {}, "com.example.nothing"]);
  const frames = [msgpack.encode(HELLO), Uint8Array.of(0xc0), ...Array<Frame>(20_000).fill(call)];
  client.send(msgpack.joinBatch(frames) as Uint8Array);
  const answers = (await everything(client)).flatMap((data) => [...msgpack.splitBatch(new Uint8Array(data))]);
  const types = answers.map((frame) => msgpack.scan(frame).type);
  expect(types.at(-1)).toBe(MessageType.ABORT);
  expect(types).not.toContain(MessageType.ERROR);
  client.destroy();
});

test("a batch of many calls is answered whole, in order", async () => {
  const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.msgpack.batched"] });
  const calls = Array.from({ length: 20_000 }, (_, i) => [MessageType.CALL, i + 1, {}, "com.example.nothing"]);
  client.send(msgpack.joinBatch([HELLO, ...calls].map((message) => msgpack.encode(message))) as Uint8Array);
  const answered: number[] = [];
  while (answered.length < calls.length) {
    const { data } = (await client.next())!;
    for (const frame of msgpack.splitBatch(new Uint8Array(data))) {
      const head = msgpack.scan(frame);
      if (head.type === MessageType.ERROR) answered.push(head.firstId);
    }
  }
  expect(answered).toEqual(calls.map(([, id]) => id));
  client.destroy();
});

test.each([["what the specification has", "\x1e"], ["what autobahn and Crossbar have", "\x18"]])(
  "messages of text are separated as the client separates them: by %s",
  async (_what, separator) => {
    const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json.batched"] });
    client.send(`${JSON.stringify(HELLO)}${separator}`);
    const { data } = (await client.next())!;
    const text = new TextDecoder().decode(data);
    expect(JSON.parse(text.slice(0, -1))[0]).toBe(MessageType.WELCOME);
    expect(text.at(-1)).toBe(separator);
    client.destroy();
  },
);

test("a client puts behind its messages what it was told to, for peers that read the specification otherwise", async () => {
  const sent: string[] = [];
  class Listening extends WebSocket {
    override send(data: string): void {
      sent.push(data);
      super.send(data);
    }
  }
  const dialer = webSocketDialer(listener.url, { batched: true, batchSeparator: "\x18", WebSocket: Listening });
  const client = await connect(dialer, { realm: "realm1", serializers: [json], reconnect: false });
  expect(await client.call("wamp.session.count")).toBe(1);
  expect(sent[0]).toMatch(new RegExp('^\\[1,"realm1".*\\]\x18$'));
  await client.close();
});

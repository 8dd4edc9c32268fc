import { Buffer } from "node:buffer";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { listen } from "@izaber/wamp/serve";
import type { Listener, ListenOptions } from "@izaber/wamp/serve";
import { afterEach, expect, test } from "vitest";
import { maskedFrame, opcodes, RawWebSocket } from "../support/raw_websocket.ts";
import { TestAcceptor } from "./acceptor.ts";

const OFFER = { "sec-websocket-extensions": "permessage-deflate; client_max_window_bits" };
const TAIL = Buffer.from([0, 0, 0xff, 0xff]);
let listener: Listener | undefined;

afterEach(() => listener?.close());

async function open(options: ListenOptions) {
  const acceptor = new TestAcceptor();
  listener = await listen(acceptor, options);
  const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"], headers: OFFER });
  return { client, accepted: await acceptor.next() };
}

/** A frame whose first reserved bit says that it is compressed. */
function compressedFrame(data: Buffer): Buffer {
  const frame = maskedFrame(deflateRawSync(data, { finishFlush: 2 }).subarray(0, -4), opcodes.text);
  frame[0]! |= 0x40;
  return frame;
}

test("messages are not compressed unless that was asked for, whatever a client offers", async () => {
  const { client, accepted } = await open({});
  expect(client.answer.headers["sec-websocket-extensions"]).toBeUndefined();
  accepted.connection.sendFrame("x".repeat(100_000));
  expect((await client.next())!.data.length).toBe(100_000);
  client.destroy();
});

test("where it was asked for messages are compressed both ways, and come in order", async () => {
  const { client, accepted } = await open({ compression: true });
  expect(client.answer.headers["sec-websocket-extensions"]).toMatch(/^permessage-deflate/);
  const texts = Array.from({ length: 20 }, (_, i) => `${i} `.repeat(10_000));
  for (const text of texts) accepted.connection.sendFrame(text);
  for (const text of texts) {
    const { data } = (await client.next())!;
    expect(data.length).toBeLessThan(text.length / 20);
    expect(inflateRawSync(Buffer.concat([data, TAIL]), { finishFlush: 2 }).toString()).toBe(text);
  }
  const frames = accepted.frames(2);
  client.socket.write(compressedFrame(Buffer.from("compressed ".repeat(1_000))));
  client.send("plain");
  expect(await frames).toEqual(["compressed ".repeat(1_000), "plain"]);
  client.destroy();
});

test("one turn that passes the mark is followed by drained when it has left, compressed", async () => {
  const { client, accepted } = await open({ compression: true, highWaterMark: 256 * 1024 });
  for (let round = 0; round < 3; round++) {
    const drained = accepted.drained();
    for (let i = 0; i < 8; i++) accepted.connection.sendFrame("x".repeat(64 * 1024));
    expect(accepted.connection.writable).toBe(false);
    await drained;
    expect(accepted.connection.writable).toBe(true);
  }
  client.destroy();
});

test("a small message that is a large one when it is unpacked ends its connection", async () => {
  const { client, accepted } = await open({ compression: true, maxMessageSize: 1024 * 1024 });
  client.socket.write(compressedFrame(Buffer.alloc(64 * 1024 * 1024, 0x20)));
  expect(await accepted.closed).toMatchObject({ local: false });
  client.destroy();
});

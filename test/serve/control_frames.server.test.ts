import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { afterEach, expect, inject, test } from "vitest";
import { listen } from "../../src/serve/listen.ts";
import type { Listener } from "../../src/serve/listener.ts";
import type { ListenOptions } from "../../src/serve/options.ts";
import { maskedFrame, opcodes, RawWebSocket } from "../support/raw_websocket.ts";
import { testWhere } from "../support/test_where.ts";
import { type Accepted, TestAcceptor } from "./acceptor.ts";

let listener: Listener | undefined;

afterEach(() => listener?.close());

async function open(options: ListenOptions = {}): Promise<[RawWebSocket, Accepted]> {
  const acceptor = new TestAcceptor();
  listener = await listen(acceptor, options);
  const headers = options.compression ? { "sec-websocket-extensions": "permessage-deflate" } : {};
  const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"], headers });
  return [client, await acceptor.next()];
}

test.each(["", "are you there?", "x".repeat(125)])(
  "a ping is answered by a pong with what it carried (%#)",
  async (data) => {
    const [client] = await open();
    client.send(data, opcodes.ping);
    const pong = await client.next();
    expect([pong?.opcode, pong?.data.toString()]).toEqual([opcodes.pong, data]);
    client.destroy();
  },
);

test("a ping is answered whatever the mark of the queue is", async () => {
  const [client] = await open({ highWaterMark: 0 });
  for (const data of ["first", "second"]) {
    client.send(data, opcodes.ping);
    expect((await client.next())?.data.toString()).toBe(data);
  }
  client.destroy();
});

test("a ping between the fragments of a message is answered, and the message stays whole", async () => {
  const [client, accepted] = await open();
  const received = accepted.frames(1);
  const first = maskedFrame("one, ", opcodes.text);
  first[0] = first[0]! & 0x7f;
  client.socket.write(Buffer.concat([first, maskedFrame("now", opcodes.ping), maskedFrame("two", 0)]));
  expect(await received).toEqual(["one, two"]);
  expect((await client.next())?.data.toString()).toBe("now");
  client.destroy();
});

test("a pong that nobody asked for is no error", async () => {
  const [client, accepted] = await open();
  const received = accepted.frames(1);
  client.send("unasked", opcodes.pong);
  client.send("message");
  expect(await received).toEqual(["message"]);
  client.destroy();
});

test("frames that are cut anywhere, byte by byte, are read all the same", async () => {
  const [client, accepted] = await open();
  client.socket.setNoDelay(true);
  const received = accepted.frames(2);
  const bytes = Buffer.concat([maskedFrame("x".repeat(130), opcodes.text), maskedFrame("", 2), maskedFrame("p", 9)]);
  for (const byte of bytes) {
    await new Promise((resolve) => client.socket.write(Uint8Array.of(byte), resolve));
  }
  expect(await received).toEqual(["x".repeat(130), new Uint8Array(0)]);
  expect((await client.next())?.data.toString()).toBe("p");
  client.destroy();
});

test.each([[false], [true]])("many pings in one piece harm nobody (compression: %s)", async (compression) => {
  const [client, accepted] = await open({ compression });
  const pings = Array.from({ length: 500 }, (_, i) => maskedFrame(`${i}`, opcodes.ping));
  const received = accepted.frames(1);
  client.socket.write(Buffer.concat([...pings, maskedFrame("behind them", opcodes.text)]));
  expect(await received).toEqual(["behind them"]);
  for (let data = ""; data !== "499";) data = (await client.next())!.data.toString();
  client.destroy();
});

// Bun queues a pong for each.
testWhere(inject("runtime") !== "bun").each([[false], [true]])(
  "a client that pings without end and reads nothing fills no queue, and the last is answered when it reads (compression: %s)",
  async (compression) => {
    const [client, accepted] = await open({ highWaterMark: 64 * 1024, compression });
    client.socket.pause();
    // 16 MiB that can hardly be compressed.
    accepted.connection.sendFrame(randomBytes(12 * 1024 * 1024).toString("base64"));
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => maskedFrame("p".repeat(100), opcodes.ping)));
    for (let i = 0; i < 300; i++) client.socket.write(pings);
    const received = accepted.frames(1);
    client.send("the last", opcodes.ping);
    client.send("behind them");
    expect(await received).toEqual(["behind them"]);
    expect(accepted.connection.queuedBytes).toBeLessThan(18 * 1024 * 1024);
    client.socket.resume();
    for (let data = ""; data !== "the last";) data = (await client.next())!.data.toString();
    client.destroy();
  },
);

import { afterAll, beforeAll, expect, test } from "vitest";
import { listen } from "../../src/serve/listen.ts";
import type { Listener } from "../../src/serve/listener.ts";
import { maskedFrame, opcodes, RawWebSocket } from "../support/raw_websocket.ts";
import { type Accepted, TestAcceptor } from "./acceptor.ts";

const acceptor = new TestAcceptor();
const MAX_MESSAGE_SIZE = 48 * 1024 * 1024;
let listener: Listener;

beforeAll(async () => {
  listener = await listen(acceptor, { maxMessageSize: MAX_MESSAGE_SIZE });
});
afterAll(() => listener.close());

async function open(): Promise<[RawWebSocket, Accepted]> {
  const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"] });
  return [client, await acceptor.next()];
}

test("text arrives as a string and bytes as a Uint8Array, both ways", async () => {
  const [client, accepted] = await open();
  const received = accepted.frames(3);
  client.send("gr\u00fc\u00df dich \u{1F600}");
  client.send(Uint8Array.of(1, 2, 255));
  client.send("");
  const [text, bytes, empty] = await received;
  expect(text).toBe("gr\u00fc\u00df dich \u{1F600}");
  expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
  expect([...bytes as Uint8Array]).toEqual([1, 2, 255]);
  expect(empty).toBe("");

  accepted.connection.sendFrame("\u00e4\u20ac\u{1F600}");
  accepted.connection.sendFrame(Uint8Array.of(7, 0, 255));
  const first = await client.next();
  expect([first?.opcode, first?.data.toString()]).toEqual([opcodes.text, "\u00e4\u20ac\u{1F600}"]);
  const second = await client.next();
  expect([second?.opcode, ...second?.data ?? []]).toEqual([opcodes.binary, 7, 0, 255]);
  client.destroy();
});

test("bytes that were handed over stay as they are while more arrive", async () => {
  const [client, accepted] = await open();
  const count = 400;
  const received = accepted.frames(count);
  for (let i = 0; i < count; i++) client.send(new Uint8Array(1 + i * 7 % 5000).fill(i));
  const frames = await received as Uint8Array[];
  frames.forEach((frame, i) => {
    expect(frame.length).toBe(1 + i * 7 % 5000);
    expect(frame.every((byte) => byte === (i & 255))).toBe(true);
  });
  client.destroy();
});

test("many frames in one turn keep their order, of all sizes and both kinds", async () => {
  const [client, accepted] = await open();
  const sizes = [0, 1, 63, 125, 126, 127, 1000, 8191, 8192, 65535, 65536, 65537, 200_000];
  const sent = Array.from({ length: 300 }, (_, i) => {
    const text = `${i}:`.padEnd(sizes[i % sizes.length]!, "\u00e9x");
    return i % 3 === 0 ? new TextEncoder().encode(text) : text;
  });
  for (const frame of sent) accepted.connection.sendFrame(frame);
  for (const frame of sent) {
    const got = await client.next();
    expect(got?.opcode).toBe(typeof frame === "string" ? opcodes.text : opcodes.binary);
    expect(got?.data.equals(typeof frame === "string" ? new TextEncoder().encode(frame) : frame)).toBe(true);
  }
  client.destroy();
});

test("what waits for a client that does not read stays as it is while others are sent frames", async () => {
  const [slow, acceptedSlow] = await open();
  const [quick, acceptedQuick] = await open();
  const content = (who: string, i: number) => `${who} ${i} `.padEnd(500 + i % 1500, who);
  const count = 10_000;
  slow.socket.pause();
  for (let i = 0; i < count;) {
    for (const end = i + 100; i < end; i++) {
      acceptedSlow.connection.sendFrame(content("slow", i));
      acceptedQuick.connection.sendFrame(content("quick", i));
    }
    for (let back = 100; back > 0; back--) expect(await quick.text()).toBe(content("quick", i - back));
  }
  expect(acceptedSlow.connection.queuedBytes).toBeGreaterThan(0);
  slow.socket.resume();
  for (let i = 0; i < count; i++) expect(await slow.text()).toBe(content("slow", i));
  slow.destroy();
  quick.destroy();
});

test("frames of one turn leave together", async () => {
  const [client, accepted] = await open();
  const chunks: number[] = [];
  client.socket.on("data", (chunk) => chunks.push(chunk.length));
  for (let i = 0; i < 50; i++) accepted.connection.sendFrame(`frame ${i}`);
  for (let i = 0; i < 50; i++) expect(await client.text()).toBe(`frame ${i}`);
  expect(chunks.length).toBeLessThan(5);
  client.destroy();
});

test("a frame of tens of megabytes comes through whole, both ways", async () => {
  const [client, accepted] = await open();
  const big = new Uint8Array(40 * 1024 * 1024);
  for (let i = 0; i < big.length; i += 997) big[i] = i & 255;
  const received = accepted.frames(1);
  client.send(big);
  const [frame] = await received;
  expect((frame as Uint8Array).length).toBe(big.length);
  expect((frame as Uint8Array).every((byte, i) => byte === big[i])).toBe(true);
  accepted.connection.sendFrame(frame!);
  accepted.connection.sendFrame("after");
  expect((await client.next())?.data.equals(big)).toBe(true);
  expect(await client.text()).toBe("after");
  client.destroy();
});

test("fragments are put together", async () => {
  const [client, accepted] = await open();
  const received = accepted.frames(1);
  const whole = "one, two, three";
  // A first fragment has its opcode and no FIN bit, a last one has opcode 0.
  for (
    const [part, first, last] of [["one, ", true, false], ["two, ", false, false], ["three", false, true]] as const
  ) {
    const frame = maskedFrame(part, first ? opcodes.text : 0);
    if (!last) frame[0] = frame[0]! & 0x7f;
    client.socket.write(frame);
  }
  expect(await received).toEqual([whole]);
  client.destroy();
});

test("a frame above the limit ends its connection with 1009, and no other", async () => {
  const small = await listen(acceptor, { maxMessageSize: 1000 });
  const client = await RawWebSocket.open(small.url, { protocols: ["wamp.2.json"] });
  const accepted = await acceptor.next();
  const other = await RawWebSocket.open(small.url, { protocols: ["wamp.2.json"] });
  const otherAccepted = await acceptor.next();
  client.send("x".repeat(1000));
  expect(await accepted.frames(1)).toEqual(["x".repeat(1000)]);
  client.send("x".repeat(1001));
  expect((await client.next())?.data.readUInt16BE()).toBe(1009);
  client.destroy();
  expect((await accepted.closed).local).toBe(false);
  const echoed = otherAccepted.frames(1);
  other.send("fine");
  expect(await echoed).toEqual(["fine"]);
  other.destroy();
  await small.close();
});

test("text that is not UTF-8 ends the connection", async () => {
  const [client, accepted] = await open();
  client.send(Uint8Array.of(0x61, 0xff), opcodes.text);
  await accepted.closed;
  await client.gone;
});

import { expect, test } from "vitest";
import { cbor, json, msgpack } from "@izaber/wamp";
import { direct } from "../../src/codec/direct.ts";
import type { Frame, Serializer } from "../../src/codec/serializer.ts";
import { Connection } from "../../src/transport/connection.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import type { CloseInfo } from "../../src/transport/transport.ts";
import { MessageType } from "../../src/wire/message_type.ts";
import { StubTransport } from "../support/stub_transport.ts";

const BYE: CloseInfo = { local: false, reason: "bye" };

/** A batched connection, and what its handler was told. */
function open(serializer: Serializer = msgpack, batched = true, maxMessageSize = 1_000_000) {
  const transport = new StubTransport();
  const connection = new Connection(transport, serializer, { batched, maxMessageSize });
  const told: (number | string)[] = [];
  let react: ((id: number) => void) | undefined;
  let wake: (() => void) | undefined;
  const tell = (what: number | string) => {
    told.push(what);
    if (typeof what === "number") react?.(what);
    wake?.();
  };
  connection.start({
    message: (head) => tell(head.firstId),
    violation: () => tell("violation"),
    drained: () => tell("drained"),
    closed: ({ reason }) => tell(`closed: ${reason}`),
  });
  return {
    connection,
    transport,
    told,
    receive: (frame: Frame) => transport.handler!.frame(frame),
    onMessage: (callback: (id: number) => void) => react = callback,
    until: async (count: number) => {
      while (told.length < count) await new Promise<void>((resolve) => wake = resolve);
    },
  };
}

const ids = (count: number, first = 1) => Array.from({ length: count }, (_, index) => first + index);
const results = (serializer: Serializer, wanted: number[]) =>
  wanted.map((id) => serializer.encode([MessageType.RESULT, id, {}]));
const batch = (serializer: Serializer, wanted: number[]) => serializer.joinBatch(results(serializer, wanted));

test.each([json, msgpack, cbor])(
  "a $name batch of many messages takes several turns, and arrives whole, in order",
  async (serializer) => {
    const { receive, told, until, transport } = open(serializer);
    receive(batch(serializer, ids(2500)));
    const first = told.length;
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(2500);
    expect(transport.asked).toEqual(["pause"]);
    receive(batch(serializer, ids(3, 2501)));
    expect(told.length).toBe(first);
    await until(2503);
    expect(told).toEqual(ids(2503));
    expect(transport.asked).toEqual(["pause", "resume"]);
  },
);

test.each([json, msgpack, cbor])("a $name batch of large messages, too", async (serializer) => {
  const { receive, told, until, transport } = open(serializer, true, 64 * 1024 * 1024);
  const text = "x".repeat(5_000_000);
  receive(serializer.joinBatch(ids(6).map((id) => serializer.encode([MessageType.RESULT, id, { text }]))));
  expect(told).toEqual(ids(4));
  expect(transport.asked).toEqual(["pause"]);
  receive(batch(serializer, [7]));
  await until(7);
  expect(told).toEqual(ids(7));
  expect(transport.asked).toEqual(["pause", "resume"]);
});

test("a batch is read no further than to the first message that is none", () => {
  let read = 0;
  const counting: Serializer = {
    ...msgpack,
    *scanBatch(whole) {
      for (const head of msgpack.scanBatch(whole)) {
        read++;
        yield head;
      }
    },
  };
  const { receive, told } = open(counting);
  const frames = results(msgpack, ids(10));
  frames[4] = Uint8Array.of(0xc0);
  receive(msgpack.joinBatch(frames));
  expect(told).toEqual([1, 2, 3, 4, "violation"]);
  expect(read).toBe(4);
});

test("an empty message in a batch is refused, and only once", () => {
  const { receive, told } = open();
  receive(new Uint8Array(1_000_000));
  expect(told).toEqual(["violation"]);
});

test.each(["close", "terminate"] as const)("%s in the middle of a batch is the end of it", (how) => {
  const { connection, transport, receive, told, onMessage } = open();
  onMessage((id) => id === 3 && connection[how]());
  receive(batch(msgpack, ids(5000)));
  receive(batch(msgpack, ids(5)));
  transport.handler!.closed(BYE);
  expect(told).toEqual([1, 2, 3, "closed: bye"]);
});

test.each([false, true])("a paused connection delivers nothing until it resumes; batched: %s", async (batched) => {
  const { connection, transport, receive, told, until, onMessage } = open(msgpack, batched);
  onMessage((id) => id === 2 && connection.pause());
  const send = (wanted: number[]) => {
    if (batched) receive(batch(msgpack, wanted));
    else for (const frame of results(msgpack, wanted)) receive(frame);
  };
  send(ids(4));
  send(ids(3, 5));
  expect(told).toEqual([1, 2]);
  expect(transport.asked).toEqual(["pause"]);
  connection.resume();
  send(ids(2, 8));
  expect(told).toEqual([1, 2]);
  await until(9);
  expect(told).toEqual(ids(9));
  await new Promise((resolve) => setTimeout(resolve));
  expect(transport.asked).toEqual(["pause", "resume"]);
});

test("what a paused connection keeps is bounded", () => {
  const { connection, receive, told } = open(msgpack, false, 100);
  connection.pause();
  for (let i = 0; i < 10; i++) receive(msgpack.encode([MessageType.RESULT, 1, { key: "x".repeat(20) }]));
  expect(told[0]).toBe("violation");
});

test("what came before the end is delivered before it, unless nobody takes it", async () => {
  const one = open();
  one.receive(batch(msgpack, ids(2500)));
  one.transport.handler!.closed(BYE);
  expect(one.connection.closed).toBe(false);
  await one.until(2501);
  expect(one.told).toEqual([...ids(2500), "closed: bye"]);
  expect(one.connection.closed).toBe(true);

  const two = open();
  two.connection.pause();
  two.receive(batch(msgpack, ids(5)));
  two.transport.handler!.closed(BYE);
  expect(two.told).toEqual(["closed: bye"]);
});

test.each([direct, json, msgpack, cbor])(
  "in memory, too, drained follows when the connection was full; $name",
  async (serializer) => {
    const [left, right] = memoryPair(serializer, { highWaterMark: 1000 });
    const ignore = { message: () => {}, violation: () => {}, drained: () => {}, closed: () => {} };
    right.start(ignore);
    const drained = new Promise<boolean>((resolve) => left.start({ ...ignore, drained: () => resolve(left.writable) }));
    for (let i = 0; i < 100; i++) left.send([MessageType.RESULT, i, { key: "some text" }]);
    expect(left.writable).toBe(false);
    expect(await drained).toBe(true);
    left.close();
  },
);

test("a connection that is closed says nothing of having drained", () => {
  const { connection, transport, told } = open(msgpack, false);
  connection.sendFrame(new Uint8Array(2_000_000));
  connection.close();
  transport.handler!.drained();
  expect(transport.written.length).toBe(1);
  expect(told).toEqual([]);
});

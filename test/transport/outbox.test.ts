import { expect, test } from "vitest";
import { json, msgpack } from "@izaber/wamp";
import type { Frame, Serializer } from "../../src/codec/serializer.ts";
import { Outbox } from "../../src/transport/outbox.ts";
import { StubTransport } from "../support/stub_transport.ts";

const HIGH_WATER_MARK = 1000;

function outbox(batched: boolean, batchLimit?: number, serializer: Serializer = msgpack) {
  const transport = new StubTransport(batchLimit);
  const told: string[] = [];
  const box = new Outbox(transport, serializer, batched, HIGH_WATER_MARK, () => told.push(`${box.queuedBytes}`));
  return { box, transport, told };
}

const frame = (size: number) => new Uint8Array(size);

test("a turn's frames are one write", () => {
  const { box, transport } = outbox(false);
  for (const size of [1, 2, 3]) box.append(frame(size));
  expect([box.queuedBytes, transport.written.length]).toEqual([6, 0]);
  transport.endTurn();
  transport.endTurn();
  expect([box.queuedBytes, transport.written.map((frames) => frames.length)]).toEqual([0, [3]]);
});

const split = (frames: readonly Frame[]) =>
  frames.map((batch) => [...msgpack.splitBatch(batch)].map((frame) => msgpack.sizeOf(frame)));

test("a turn's frames are one batch, or several where larger ones are slow; each frame is in one, in order", () => {
  const all = outbox(true);
  const some = outbox(true, 100);
  const sizes = [10, 20, 200, 40, 40, 5, 92, 1, 96];
  for (const { box, transport } of [all, some]) {
    for (const size of sizes) box.append(frame(size));
    transport.endTurn();
  }
  expect(all.transport.written.map(split)).toEqual([[sizes]]);
  expect(some.transport.written.map(split)).toEqual([[[10, 20], [200], [40, 40, 5], [92], [1], [96]]]);
});

test("no batch of several messages is larger than 1 MiB, in bytes or in text", () => {
  const bytes = outbox(true);
  const text = outbox(true, undefined, json);
  for (let i = 0; i < 80; i++) {
    bytes.box.append(frame(100_000));
    text.box.append("x".repeat(100_000));
  }
  bytes.box.append(frame(3_000_000));
  for (const { transport } of [bytes, text]) transport.endTurn();
  expect(bytes.transport.written.flatMap(split)).toEqual([...Array(8).fill(Array(10).fill(100_000)), [3_000_000]]);
  expect(text.transport.written.flat().map((batch) => (batch as string).length)).toEqual(Array(8).fill(1_000_010));
});

test("what one turn brings is not slowness, unless it is very much or what came before has not left", () => {
  const { box, transport } = outbox(false);
  const burst = 16 * HIGH_WATER_MARK;
  for (let i = 0; i < 15; i++) box.append(frame(HIGH_WATER_MARK));
  expect([box.writable, box.keepsUp(burst), box.keepsUp(0)]).toEqual([false, true, false]);
  box.append(frame(HIGH_WATER_MARK));
  expect(box.keepsUp(burst)).toBe(false);
  transport.endTurn();
  expect(box.keepsUp(burst)).toBe(true);
  transport.queuedBytes = HIGH_WATER_MARK;
  expect(box.keepsUp(burst)).toBe(false);
  box.append(frame(1));
  transport.queuedBytes = 0;
  expect(box.keepsUp(burst)).toBe(false);
  transport.endTurn();
  expect([box.keepsUp(burst), box.keepsUp(0)]).toEqual([true, true]);
});

test("who saw it full in a turn is told when the turn's write has left at once", () => {
  const { box, transport, told } = outbox(false);
  box.append(frame(HIGH_WATER_MARK));
  expect(box.writable).toBe(false);
  transport.endTurn();
  expect(told).toEqual(["0"]);
  box.append(frame(1));
  transport.endTurn();
  expect(told).toEqual(["0"]);
});

test("who saw it full is told once the transport has written enough, and not before", () => {
  const { box, transport, told } = outbox(false);
  box.append(frame(600));
  transport.keep = true;
  transport.endTurn();
  box.append(frame(900));
  transport.endTurn();
  expect(box.queuedBytes).toBe(1500);
  transport.queuedBytes = 1100;
  box.relieve();
  expect(told).toEqual([]);
  transport.queuedBytes = 999;
  box.relieve();
  box.relieve();
  expect(told).toEqual(["999"]);
});

test("a moment at which both together are too much counts, also when the transport has written its part by the turn's end", () => {
  const { box, transport, told } = outbox(false);
  transport.queuedBytes = 900;
  box.append(frame(100));
  expect(box.writable).toBe(false);
  transport.queuedBytes = 0;
  transport.endTurn();
  expect(told).toEqual(["0"]);
});

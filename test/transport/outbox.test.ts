import { expect, test } from "vitest";
import { msgpack } from "@izaber/wamp";
import type { Transport } from "@izaber/wamp";
import type { Frame } from "../../src/codec/serializer.ts";
import { Outbox } from "../../src/transport/outbox.ts";

function outbox(batched: boolean, batchLimit?: number): { box: Outbox; written: Frame[][]; turn: () => void } {
  const written: Frame[][] = [];
  let flush = () => {};
  const transport: Transport = {
    peer: { transport: "memory", address: "test" },
    queuedBytes: 0,
    ...(batchLimit === undefined ? {} : { batchLimit }),
    start: () => {},
    turn: (callback) => flush = callback,
    write: (frames) => written.push([...frames]),
    close: () => {},
    terminate: () => {},
  };
  return { box: new Outbox(transport, msgpack, batched), written, turn: () => flush() };
}

const frame = (size: number) => new Uint8Array(size);

test("a turn's frames are one write", () => {
  const { box, written, turn } = outbox(false);
  for (const size of [1, 2, 3]) box.append(frame(size));
  expect([box.bytes, written.length]).toEqual([6, 0]);
  turn();
  turn();
  expect([box.bytes, written.map((frames) => frames.length)]).toEqual([0, [3]]);
});

test("a turn's frames are one batch, or several where larger ones are slow; each frame is in one, in order", () => {
  const all = outbox(true);
  const some = outbox(true, 100);
  const sizes = [10, 20, 200, 40, 40, 5, 92, 1, 96];
  for (const { box, turn } of [all, some]) {
    for (const size of sizes) box.append(frame(size));
    turn();
  }
  const split = (frames: Frame[]) =>
    frames.map((batch) => msgpack.splitBatch(batch).map((frame) => msgpack.sizeOf(frame)));
  expect(all.written.map(split)).toEqual([[sizes]]);
  expect(some.written.map(split)).toEqual([[[10, 20], [200], [40, 40, 5], [92], [1], [96]]]);
});

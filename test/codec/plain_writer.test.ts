import { createCodec, Payload } from "@izaber/wamp/codec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CborSink } from "../../src/codec/cbor_sink.ts";
import { MsgpackSink } from "../../src/codec/msgpack_sink.ts";
import { SinkEncoder } from "../../src/codec/plain_sink.ts";
import { NOT_PLAIN, PlainWriter } from "../../src/codec/plain_writer.ts";
import { toHex } from "../support/codec_values.ts";

const LEVELS = 20;
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "binary", minLength: 60 }),
);
// Halves of pairs, too.
const units = fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes));
const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, undefined, true, false, -0, NaN, Infinity, 2 ** 53, -(2 ** 53), 0.1, 0.5, 1e300),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.float(),
    text,
    units,
    fc.uint8Array(),
    fc.array(tie("value")),
    fc.dictionary(fc.oneof(text, units), tie("value"), { maxKeys: 30 }),
  ),
})).value;

describe.each([["MessagePack", false], ["CBOR", true]] as const)("%s", (_, isCbor) => {
  const any = new SinkEncoder("any", LEVELS, () => isCbor ? new CborSink() : new MsgpackSink());

  function write(value: unknown): string {
    const bytes = new Uint8Array(1 << 20);
    const writer = new PlainWriter(isCbor);
    writer.aim(bytes);
    const end = writer.write(0, value, LEVELS);
    return end < 0 ? String(end) : toHex(bytes.subarray(0, end));
  }

  test("plain values come out as they do the other way", () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(write(value)).toBe(toHex(any.encode(value, "value")));
      }),
      { numRuns: 1000 },
    );
  });

  test.each([15, 16, 23, 24, 255, 256, 65_535, 65_536])("%i of a kind", (count) => {
    const dict = Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 1]));
    for (const value of [Array(count).fill(0), dict, "x".repeat(count), "é".repeat(count), new Uint8Array(count)]) {
      expect(write(value)).toBe(toHex(any.encode(value, "value")));
    }
  });

  test.each([
    ["a bigint", 1n],
    ["a Date", new Date(0)],
    ["a Map", new Map()],
    ["a function", () => 1],
    ["a symbol", Symbol()],
    ["a view that is not of bytes", new Uint16Array(1)],
    ["what has toJSON", { toJSON: () => 1 }],
    ["an object of a class", new (class A {})()],
  ])("%s is not plain, wherever it is", (_, value) => {
    for (const around of [value, [value], { a: [1, { b: value }] }]) expect(write(around)).toBe(String(NOT_PLAIN));
  });

  test("what is too deep is not plain", () => {
    let value: unknown = 1;
    for (let depth = 0; depth <= LEVELS; depth++) value = depth % 2 === 0 ? [value] : { value };
    expect(write(value)).toBe(String(NOT_PLAIN));
  });

  test("however little room there is, nothing is written behind it", () => {
    const value = { list: [1, 300, 70_000, 0.1, -5, true, null], text: "é".repeat(30), bytes: Uint8Array.of(1, 2, 3) };
    const expected = toHex(any.encode(value, "value"));
    const writer = new PlainWriter(isCbor);
    for (let size = 0; size < 400; size++) {
      const bytes = new Uint8Array(size);
      writer.aim(bytes);
      const end = writer.write(0, value, LEVELS);
      if (end >= 0) expect(toHex(bytes.subarray(0, end))).toBe(expected);
    }
  });

  test("however little room there is, more takes its place where it may", () => {
    const numbers = Array.from({ length: 6_000 }, (_, index) => index % 3 === 0 ? index : index * 0.1);
    const dict = Object.fromEntries(numbers.map((value, index) => [`key ${index}`, value]));
    const parts = [numbers, dict, "é".repeat(20_000), new Uint8Array(40_000).fill(7), [], {}, "", true, null, 0.1, 9];
    const writer = new PlainWriter(isCbor);
    for (const value of [...parts, parts, [...parts].reverse(), { parts }]) {
      const expected = toHex(any.encode(value, "value"));
      for (const size of [0, 1, 9, 33, 1_000, 32_768, 40_000, 65_000]) {
        writer.aim(new Uint8Array(size), true);
        const end = writer.write(0, value, LEVELS);
        expect(toHex(writer.bytes.subarray(0, end)) === expected).toBe(true);
      }
    }
  });
});

test("values of any size, one after the other, stay as they are", () => {
  const { msgpack, cbor } = createCodec();
  for (const serializer of [msgpack, cbor]) {
    const made = Array.from({ length: 400 }, (_, index) => {
      const value = "x".repeat(index * index % 9000) + index;
      const payload = Payload.of([value], index % 3 === 0 ? { value } : {});
      payload.encodedBy(serializer);
      return { value, payload };
    });
    const large = Payload.of(["y".repeat(3_000_000)]);
    large.encodedBy(serializer);
    for (const { value, payload } of [...made, { value: "y".repeat(3_000_000), payload: large }]) {
      expect(serializer.scan(serializer.encode([50, 1, {}], payload)).payload.args).toEqual([value]);
    }
  }
});

test("what is large is not written time and again", () => {
  const { msgpack, cbor } = createCodec();
  for (const serializer of [msgpack, cbor]) {
    let reads = 0;
    const value = {
      get count() {
        return ++reads;
      },
      text: "x".repeat(4_000_000),
      more: Array(300_000).fill("text"),
    };
    const { count, text, more } = serializer.scan(serializer.encode([50, 1, {}], Payload.of([value])))
      .payload.args[0] as typeof value;
    expect([text.length, more.length, count]).toEqual([4_000_000, 300_000, reads]);
    expect(reads).toBeLessThanOrEqual(2);
  }
});

test("what somebody added to all objects is part of none", () => {
  const { msgpack, cbor } = createCodec();
  const before = [msgpack, cbor].map((serializer) => serializer.encodeValue({ a: [{ b: 1 }] }).data);
  try {
    (Object.prototype as Record<string, unknown>).added = 1;
    expect([msgpack, cbor].map((serializer) => serializer.encodeValue({ a: [{ b: 1 }] }).data)).toEqual(before);
  } finally {
    delete (Object.prototype as Record<string, unknown>).added;
  }
});

test.each([10, 5_000, 100_000])("a payload of %i characters goes into any number of messages", (length) => {
  const { msgpack, cbor } = createCodec();
  for (const serializer of [msgpack, cbor]) {
    const payload = Payload.of(["x".repeat(length)], { key: "y".repeat(length) });
    const frames = [1, 2, 3].map((request) => serializer.encode([50, request, { progress: request < 3 }], payload));
    frames.push(serializer.encode([36, 4, 5, { topic: `com.example.${"long".repeat(200)}` }], payload));
    frames.forEach((frame, index) => {
      const head = serializer.scan(frame);
      expect(head.firstId).toBe(index + 1);
      expect(head.payload.args).toEqual(["x".repeat(length)]);
      expect(head.payload.kwargs).toEqual({ key: "y".repeat(length) });
    });
  }
});

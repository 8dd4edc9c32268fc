import { expect, test } from "vitest";
import { cbor, json, msgpack } from "../../src/codec/mod.ts";
import { direct } from "../../src/codec/direct.ts";
import type { Serializer } from "../../src/codec/mod.ts";
import { AnswerRoom } from "../../src/router/answer_room.ts";
import type { WampValue } from "../../src/wire/mod.ts";

const MEBIBYTE = 1024 * 1024;
const tooLarge = expect.objectContaining({ code: "payload_size_exceeded" });

test.each([json, msgpack, cbor])("what $name encodes counts for what it takes then", (serializer) => {
  const room = new AnswerRoom(serializer, 1_000);
  expect(room.takes("x".repeat(600), 1)).toBe(true);
  expect(room.takes("x".repeat(100), 5_000)).toBe(true);
  expect(() => room.takes("x".repeat(600), 1)).toThrow(tooLarge);
});

test("what is not encoded counts for what it took when it came", () => {
  const room = new AnswerRoom(direct, 1_000);
  expect(room.takes("x".repeat(5_000), 600)).toBe(true);
  expect(() => room.takes("x", 600)).toThrow(tooLarge);
});

test("nobody gets an answer that is larger than most clients take, whatever may be queued", () => {
  const room = new AnswerRoom(direct, Infinity);
  expect(room.takes("x", 40 * MEBIBYTE)).toBe(true);
  expect(room.takes("x", 20 * MEBIBYTE)).toBe(true);
  expect(() => room.takes("x", 20 * MEBIBYTE)).toThrow(tooLarge);
});

const all = [json, msgpack, cbor, direct];
const many = (make: () => WampValue) => () => Array.from({ length: 150_000 }, make);

test.each<[what: string, make: () => WampValue, serializers: readonly Serializer[]]>([
  ["pieces of binary", many(() => new Uint8Array(0)), all],
  ["lists", many(() => [[], [], []]), all],
  ["dictionaries", many(() => ({ a: {}, b: {}, c: {} })), all],
  // The others take seconds for such a dictionary.
  ["pairs of large dictionaries", () => Object.fromEntries(Array.from({ length: 600_000 }, (_, n) => [n, 0])), [
    direct,
  ]],
])("the %s of all values of an answer are no more than one message may have", (_, make, serializers) => {
  const value = make();
  for (const serializer of serializers) {
    const room = new AnswerRoom(serializer, Infinity);
    expect(room.takes(value, 1)).toBe(true);
    expect(() => room.takes(value, 1)).toThrow(tooLarge);
  }
});

test("a value of this process that contains itself has no room", () => {
  const value: WampValue[] = [];
  value.push(value);
  expect(() => new AnswerRoom(direct, Infinity).takes(value, 1)).toThrow(tooLarge);
});

import { describe, expect, test } from "vitest";
import {
  FrameKind,
  FrameReader,
  HandshakeError,
  isLimit,
  LARGEST_LIMIT,
  readHandshake,
  writeHandshake,
  writePrefix,
  writeRefusal,
} from "../../src/transport/rawsocket_framing.ts";

type Read = { kind: number; bytes: number[] };

function read(limit: number, pieces: readonly Uint8Array<ArrayBuffer>[]): Read[] {
  const frames: Read[] = [];
  const reader = new FrameReader(limit, (kind, bytes) => frames.push({ kind, bytes: [...bytes] }));
  for (const piece of pieces) reader.take(piece);
  return frames;
}

function frame(kind: number, bytes: readonly number[]): number[] {
  const prefix = new Uint8Array(4);
  writePrefix(prefix, 0, kind, bytes.length);
  return [...prefix, ...bytes];
}

test("a handshake says limit and serializer", () => {
  expect([...writeHandshake(LARGEST_LIMIT, 1)]).toEqual([0x7f, 0xf1, 0, 0]);
  expect([...writeHandshake(1024 * 1024, 3)]).toEqual([0x7f, 0xb3, 0, 0]);
  expect([...writeHandshake(512, 2)]).toEqual([0x7f, 0x02, 0, 0]);
  expect(readHandshake(Uint8Array.of(0x7f, 0xb2, 0, 0))).toEqual({ limit: 1024 * 1024, serializer: 2, error: 0 });
  expect(readHandshake(Uint8Array.of(0x7f, 0x01, 0, 9))).toEqual({ limit: 512, serializer: 1, error: 0 });
});

test("a refusal says why", () => {
  expect([...writeRefusal(HandshakeError.serializerUnsupported)]).toEqual([0x7f, 0x10, 0, 0]);
  expect(readHandshake(Uint8Array.of(0x7f, 0x40, 0, 0))?.error).toBe(HandshakeError.connectionLimit);
});

test("a handshake is read when it is complete, and its first octet at once", () => {
  expect(readHandshake(Uint8Array.of())).toBeUndefined();
  expect(readHandshake(Uint8Array.of(0x7f, 0xf1, 0))).toBeUndefined();
  expect(() => readHandshake(Uint8Array.of(0x47))).toThrow(/begins with 0x47/);
});

test("limits are the powers of two from 512 to 16 MiB", () => {
  expect([256, 511, 512, 513, 1024, LARGEST_LIMIT, 2 * LARGEST_LIMIT, NaN, -512].filter(isLimit)).toEqual([
    512,
    1024,
    LARGEST_LIMIT,
  ]);
});

describe("frames", () => {
  const sent = [
    ...frame(FrameKind.message, [1, 2, 3]),
    ...frame(FrameKind.message, []),
    ...frame(FrameKind.ping, [9]),
    ...frame(FrameKind.pong, []),
    ...frame(FrameKind.message, Array.from({ length: 300 }, (_, i) => i & 255)),
  ];
  const expected = [
    { kind: 0, bytes: [1, 2, 3] },
    { kind: 0, bytes: [] },
    { kind: 1, bytes: [9] },
    { kind: 2, bytes: [] },
    { kind: 0, bytes: Array.from({ length: 300 }, (_, i) => i & 255) },
  ];

  test("come out as they went in, wherever the stream is cut", () => {
    const bytes = Uint8Array.from(sent);
    expect(read(512, [bytes])).toEqual(expected);
    expect(read(512, sent.map((byte) => Uint8Array.of(byte)))).toEqual(expected);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(read(512, [bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(expected);
    }
  });

  test("of exactly 16 MiB are said with the 25th bit", () => {
    const prefix = new Uint8Array(4);
    writePrefix(prefix, 0, FrameKind.message, LARGEST_LIMIT);
    expect([...prefix]).toEqual([8, 0, 0, 0]);
    let size = 0;
    const reader = new FrameReader(LARGEST_LIMIT, (_, bytes) => size = bytes.length);
    reader.take(prefix);
    reader.take(new Uint8Array(LARGEST_LIMIT));
    expect(size).toBe(LARGEST_LIMIT);
  });

  test("may be as large as the limit, and no larger", () => {
    expect(read(512, [Uint8Array.from(frame(0, new Array(512).fill(7)))])).toHaveLength(1);
    expect(() => read(512, [Uint8Array.of(0, 0, 2, 1)])).toThrow(/513 bytes: the limit is 512/);
    expect(() => read(LARGEST_LIMIT, [Uint8Array.of(8, 0, 0, 1)])).toThrow(/the limit/);
  });

  test.each([[0x10], [0x80], [0xff], [3], [7], [0x0b]])("that begin with %i are of no kind", (first) => {
    expect(() => read(512, [Uint8Array.of(first, 0, 0, 0)])).toThrow(/no known kind/);
  });
});

import { Buffer } from "node:buffer";
import process from "node:process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameReader } from "../../src/serve/frame_reader.ts";
import { unmask } from "../../src/serve/unmask.ts";

type Told =
  | { message: string | number[] }
  | { ping: number[] }
  | { close: [number, string] }
  | { failed: number };

interface Written {
  opcode?: number;
  final?: boolean;
  reserved?: number;
  data?: Uint8Array | string;
  mask?: readonly number[] | null;
  /** What is announced, where that is not the size of the data. */
  announced?: number;
}

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const MIB = 1024 * 1024;

/** A frame as a client writes it, byte by byte after RFC 6455, section 5.2. */
function written(
  { opcode = BINARY, final = true, reserved = 0, data = "", mask = [0x37, 0xfa, 0x21, 0x3d], announced }: Written,
): Buffer {
  const bytes = Buffer.from(data as string);
  const size = announced ?? bytes.length;
  const masked = mask === null ? 0 : 0x80;
  const head = [(final ? 0x80 : 0) | reserved << 4 | opcode];
  if (size < 126) head.push(masked | size);
  else if (size < 2 ** 16) head.push(masked | 126, size >> 8, size & 255);
  else {
    head.push(masked | 127);
    for (let shift = 56n; shift >= 0n; shift -= 8n) head.push(Number(BigInt(size) >> shift & 255n));
  }
  return Buffer.from([...head, ...mask ?? [], ...bytes.map((byte, i) => byte ^ (mask?.[i % 4] ?? 0))]);
}

/** What a reader tells of chunks. */
function read(chunks: readonly Buffer[], maxMessageSize = MIB): Told[] {
  const told: Told[] = [];
  const reader = new FrameReader({
    message: (data) => told.push({ message: typeof data === "string" ? data : [...data] }),
    pinged: (data) => told.push({ ping: [...data] }),
    concluded: (code, reason) => told.push({ close: [code, reason] }),
    failed: (code) => told.push({ failed: code }),
  }, maxMessageSize);
  for (const chunk of chunks) reader.read(chunk);
  return told;
}

/** Cuts bytes at some places; each chunk has memory of its own, at every alignment. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => {
    const piece = bytes.subarray(at[i], end);
    const memory = Buffer.alloc(piece.length + i % 5);
    piece.copy(memory, i % 5);
    return memory.subarray(i % 5);
  });
}

const maskBytes = fc.tuple(...Array.from({ length: 4 }, () => fc.nat(255)));
const bytesOf = (maxLength: number) => fc.uint8Array({ maxLength, size: "max" });
const content = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), bytesOf(70_000), bytesOf(300));
const piece = fc.record({ content, masks: fc.array(maskBytes, { minLength: 1, maxLength: 4 }), ping: bytesOf(125) });

test("messages come out as they went in, however they are fragmented and wherever the chunks are cut", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), fc.array(fc.nat(300_000), { maxLength: 30 }), (pieces, places) => {
      const frames: Buffer[] = [];
      const expected: Told[] = [];
      for (const { content, masks, ping } of pieces) {
        const isText = typeof content === "string";
        const bytes = Buffer.from(content as string);
        const step = Math.ceil(bytes.length / masks.length);
        masks.forEach((mask, i) => {
          const data = bytes.subarray(i * step, (i + 1) * step);
          const opcode = i > 0 ? 0 : isText ? TEXT : BINARY;
          frames.push(written({ opcode, final: i === masks.length - 1, data, mask }));
          if (i < masks.length - 1) {
            frames.push(written({ opcode: PING, data: ping, mask }), written({ opcode: PONG, data: ping, mask }));
            expected.push({ ping: [...ping] });
          }
        });
        expected.push({ message: isText ? bytes.toString() : [...bytes] });
      }
      expect(read(cut(Buffer.concat(frames), places))).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test("a mask is taken off at every place, size and alignment, and goes on where it stopped", () => {
  fc.assert(
    fc.property(bytesOf(700), fc.nat(7), maskBytes, fc.nat(700), (plain, offset, mask, place) => {
      const memory = new Uint8Array(offset + plain.length + 3).fill(7);
      plain.forEach((byte, i) => memory[offset + i] = byte ^ mask[i % 4]!);
      const middle = offset + place % (plain.length + 1);
      const rest = unmask(memory, offset, middle, Buffer.from(mask).readInt32BE());
      unmask(memory, middle, offset + plain.length, rest);
      expect([...memory.subarray(offset, -3)]).toEqual([...plain]);
      expect([...memory.subarray(0, offset), ...memory.subarray(-3)]).toEqual(Array(offset + 3).fill(7));
    }),
    { numRuns: 2_000 },
  );
});

test.each<[string, Written[]]>([
  ["no mask", [{ mask: null }]],
  ["a reserved bit", [{ reserved: 4 }]],
  ["another reserved bit", [{ reserved: 1 }]],
  ["an opcode for data that nothing has", [{ opcode: 3 }]],
  ["an opcode for control that nothing has", [{ opcode: 11 }]],
  ["a continuation of nothing", [{ opcode: 0 }]],
  ["a message inside of another", [{ opcode: TEXT, final: false }, { opcode: TEXT }]],
  ["a ping in fragments", [{ opcode: PING, final: false }]],
  ["a ping of 126 bytes", [{ opcode: PING, data: "x".repeat(126) }]],
  ["a close of one byte", [{ opcode: CLOSE, data: "x" }]],
  ["a close with a code that none may have", [{ opcode: CLOSE, data: Uint8Array.of(0x03, 0xee) }]],
])("%s fails with 1002, and nothing after it is read", (_what, frames) => {
  const all = [...frames.map(written), written({ data: "after" })];
  expect(read(all)).toEqual([{ failed: 1002 }]);
  expect(read(cut(Buffer.concat(all), Array.from({ length: 200 }, (_, i) => i)))).toEqual([{ failed: 1002 }]);
});

test.each<[string, Written[]]>([
  ["whole", [{ opcode: TEXT, data: Uint8Array.of(0x61, 0xff) }]],
  ["with half of a character at its end", [{ opcode: TEXT, data: Uint8Array.of(0xe2, 0x82) }]],
  ["with half of a surrogate pair", [{ opcode: TEXT, data: Uint8Array.of(0xed, 0xa0, 0x80) }]],
  ["in fragments", [
    { opcode: TEXT, data: Uint8Array.of(0xe2), final: false },
    { opcode: 0, data: Uint8Array.of(0x28, 0xac) },
  ]],
  ["in the reason of a close", [{ opcode: CLOSE, data: Uint8Array.of(0x03, 0xe8, 0xff) }]],
])("text that is not UTF-8, %s, fails with 1007", (_what, frames) => {
  expect(read(frames.map(written))).toEqual([{ failed: 1007 }]);
});

test("a character may be cut by fragments, and the one that stands for wrong bytes is as good as any", () => {
  const [first, last] = [Buffer.from("1 \u20ac").subarray(0, 3), Buffer.from("1 \u20ac").subarray(3)];
  const frames: Written[] = [
    { opcode: TEXT, data: first, final: false },
    { opcode: 0, data: last },
    { opcode: TEXT, data: "\ufffd\ufeff" },
  ];
  expect(read(frames.map(written))).toEqual([{ message: "1 \u20ac" }, { message: "\ufffd\ufeff" }]);
});

test("what is above the limit fails with 1009 as soon as it is announced", () => {
  expect(read([written({ data: "x".repeat(1000) })], 1000)).toEqual([{ message: [...Buffer.alloc(1000, "x")] }]);
  for (const announced of [1001, 70_000, 2 ** 40, 2 ** 63]) {
    expect(read([written({ announced })], 1000)).toEqual([{ failed: 1009 }]);
  }
  const fragments: Written[] = [
    { data: "x".repeat(600), final: false },
    { opcode: 0, data: "x".repeat(400), final: false },
    { opcode: 0, announced: 1 },
  ];
  expect(read(fragments.map(written), 1000)).toEqual([{ failed: 1009 }]);
});

test("what is announced takes no memory until it comes", () => {
  const before = process.memoryUsage().arrayBuffers;
  const readers = Array.from({ length: 200 }, () => {
    const nobody = () => {};
    const reader = new FrameReader({ message: nobody, pinged: nobody, concluded: nobody, failed: nobody }, 2 ** 30);
    reader.read(written({ announced: 2 ** 30, data: "" }));
    reader.read(Buffer.from("the first of a billion bytes"));
    return reader;
  });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * MIB);
  expect(readers.length).toBe(200);
});

test("a message of a hundred thousand fragments is one message", () => {
  const bit = written({ opcode: 0, data: "x", final: false });
  const empty = written({ opcode: 0, final: false });
  const all = Buffer.concat([
    written({ opcode: TEXT, final: false }),
    ...Array.from({ length: 100_000 }, (_, i) => i % 2 === 0 ? bit : empty),
    written({ opcode: 0 }),
  ]);
  expect(read(cut(all, Array.from({ length: 50 }, (_, i) => i * 9_999)))).toEqual([{ message: "x".repeat(50_000) }]);
});

test.each<[string, Uint8Array, [number, string]]>([
  ["no code", new Uint8Array(0), [1005, ""]],
  ["a code", Uint8Array.of(0x03, 0xe8), [1000, ""]],
  ["a code and a reason", Uint8Array.of(0x0f, 0xa1, 0x62, 0x79, 0x65), [4001, "bye"]],
])("a close with %s is told, and nothing after it", (_what, data, close) => {
  expect(read([written({ opcode: CLOSE, data }), written({ data: "after" })])).toEqual([{ close }]);
});

test("bytes that were told do not keep a large chunk's worth of memory of a small message", () => {
  let kept: Uint8Array<ArrayBuffer> | undefined;
  const nobody = () => {};
  const told = {
    message: (data: unknown) => kept = data as Uint8Array<ArrayBuffer>,
    pinged: nobody,
    concluded: nobody,
  };
  const reader = new FrameReader({ ...told, failed: nobody }, MIB);
  reader.read(written({ data: "a", final: false }));
  reader.read(written({ opcode: 0, data: "b" }));
  expect([...kept!]).toEqual([97, 98]);
  expect(kept!.buffer.byteLength).toBeLessThan(100);
});

test("tiny fragments take little more memory than their bytes", () => {
  const pair = [written({ data: "a", final: false }), written({ opcode: 0, data: "b" })];
  const all = Buffer.concat(Array.from({ length: 10_000 }, () => pair).flat());
  const before = process.memoryUsage().arrayBuffers;
  const told = read([all]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * MIB);
  expect(told.length).toBe(10_000);
});

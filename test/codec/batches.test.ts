import type { Head, Serializer } from "@izaber/wamp/codec";
import { Payload } from "@izaber/wamp/codec";
import { ProtocolViolation } from "@izaber/wamp/wire";
import { describe, expect, test } from "vitest";
import type { Frame } from "../../src/codec/serializer.ts";
import { halves, readers } from "../support/codec_halves.ts";

const cases = readers.flatMap(({ reader, serializers }) =>
  serializers.map((serializer) => [reader, serializer.name, serializer] as const)
);

describe.each(cases)("%s: a batch of %s", (_reader, _name, serializer) => {
  const call = (id: number, value: unknown = id) =>
    serializer.encode(
      [48, id, id % 3 === 0 ? { timeout: id } : {}, `com.example.procedure${id}`],
      Payload.of([value as never], { id }),
    );

  test.each([1, 2, 63, 64, 65, 300])("of %i messages reads as they do one by one", (count) => {
    const frames = Array.from({ length: count }, (_, index) => call(index + 1));
    const heads = [...serializer.scanBatch(serializer.joinBatch(frames))];
    expect(heads.map(told)).toEqual(frames.map((frame) => told(serializer.scan(frame))));
  });

  test("holds short messages and long ones", () => {
    const frames = [10, 9_000, 20, 120_000, 8_190, 4_000, 4_200, 30].map((length, index) =>
      call(index + 1, "x".repeat(length))
    );
    const heads = [...serializer.scanBatch(serializer.joinBatch(frames))];
    expect(heads.map(told)).toEqual(frames.map((frame) => told(serializer.scan(frame))));
  });

  test("is passed on message by message, as each came", () => {
    const frames = [call(1), call(2), call(3)];
    const again = Array.from(
      serializer.scanBatch(serializer.joinBatch(frames)),
      ({ firstId, options, uri, payload }) => serializer.encode([48, firstId, options, uri], payload),
    );
    expect(again).toEqual(frames);
  });

  test("gives what stands before a fault, then the fault", () => {
    const bad = serializer.encode([48, 3, {}]);
    const { seen, error } = readUntilError(serializer, serializer.joinBatch([call(1), call(2), bad, call(4)]));
    expect(seen).toEqual([1, 2]);
    expect(error).toBeInstanceOf(ProtocolViolation);
  });

  test("gives what stands before an opaque payload without its algorithm, then the fault", () => {
    const opaque = serializer.encode([48, 3, {}, "com.example"], Payload.ofOpaque("secret"));
    const allowed = serializer.encode([48, 2, { enc_algo: "x" }, "com.example"], Payload.ofOpaque("secret"));
    const { seen, error } = readUntilError(serializer, serializer.joinBatch([call(1), allowed, opaque, call(4)]));
    expect(seen).toEqual([1, 2]);
    expect(String(error)).toContain("enc_algo");
  });
});

describe.each(halves)("$backend: lengths in a batch", ({ msgpack, cbor }) => {
  test.each([
    ["", "expected a length of 4 bytes at offset 0, found the end"],
    ["000000", "expected a length of 4 bytes at offset 0, found the end"],
    ["00000000", "expected the length of a message in the batch at offset 0, found 0"],
    ["0000000591", "expected the length of a message in the batch at offset 0, found 5 with 1 bytes left"],
    ["ffffffff91", "expected the length of a message in the batch at offset 0, found 4294967295 with 1 bytes left"],
  ])("%s", (digits, problem) => {
    const batch = Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    for (const serializer of [msgpack, cbor]) {
      expect(String(readUntilError(serializer, batch).error)).toContain(problem);
    }
  });
});

function readUntilError(serializer: Serializer, batch: Frame): { seen: number[]; error: unknown } {
  const seen: number[] = [];
  try {
    for (const head of serializer.scanBatch(batch)) seen.push(head.firstId);
  } catch (error) {
    return { seen, error };
  }
  return { seen, error: undefined };
}

function told({ type, firstId, uri, options, payload: { args, kwargs }, size }: Head): unknown[] {
  return [type, firstId, uri, options, args, kwargs, size];
}

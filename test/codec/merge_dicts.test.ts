import { expect, test } from "vitest";
import { cbor, createCodec, direct, json, msgpack } from "../../src/codec/mod.ts";
import { mergeDicts } from "../../src/codec/merge_dicts.ts";
import type { Serializer } from "../../src/codec/mod.ts";
import type { Dict } from "../../src/wire/values.ts";

const typescript = createCodec({ backend: "typescript" });
const binary: readonly Serializer[] = [msgpack, cbor, typescript.msgpack, typescript.cbor];

function dictOf(prefix: string, count: number): Dict {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`${prefix}${at}`, { at, text: "é" }]));
}

for (const serializer of [json, ...binary]) {
  test(`two dictionaries in ${serializer.name} become one of up to 15 entries`, () => {
    for (let count = 0; count <= 15; count++) {
      for (const more of [0, 1, 15 - count]) {
        if (count + more > 15) continue;
        const [first, second] = [dictOf("a", count), dictOf("b", more)];
        const merged = mergeDicts(serializer, serializer.encodeValue(first), serializer.encodeValue(second));
        const data = merged.data as string | Uint8Array<ArrayBuffer>;
        expect(serializer.decode(data, 0, data.length)).toEqual({ ...first, ...second });
        const frame = serializer.encode([2, 1, merged]);
        expect(serializer.scan(frame).options).toEqual({ ...first, ...second });
      }
    }
  });
}

for (const serializer of binary) {
  test(`two dictionaries in ${serializer.name} with more entries are refused`, () => {
    for (const [count, more] of [[15, 1], [1, 15], [8, 8], [16, 0], [0, 23], [24, 0], [0, 256], [70_000, 1]] as const) {
      const dicts = [dictOf("a", count), dictOf("b", more)].map((dict) => serializer.encodeValue(dict));
      expect(() => mergeDicts(serializer, dicts[0]!, dicts[1]!)).toThrow(
        new RangeError("Cannot merge dictionaries with more than 15 entries"),
      );
    }
  });
}

test("two dictionaries that are handed over as values become one", () => {
  const merged = mergeDicts(direct, direct.encodeValue({ a: 1 }), direct.encodeValue({ b: 2 }));
  expect(merged.data).toEqual({ a: 1, b: 2 });
});

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
  test(`two dictionaries in ${serializer.name} become one, however many entries each has`, () => {
    for (const count of [0, 1, 7, 15, 16, 23, 24, 255, 256, 300]) {
      for (const more of [0, 1, 8, 15, 16, 24, 256]) {
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

test("two dictionaries that are handed over as values become one", () => {
  const merged = mergeDicts(direct, direct.encodeValue({ a: 1 }), direct.encodeValue({ b: 2 }));
  expect(merged.data).toEqual({ a: 1, b: 2 });
});

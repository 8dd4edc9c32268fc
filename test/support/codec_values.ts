import type { Serializer } from "../../src/codec/mod.ts";
import { cbor, json, msgpack } from "../../src/codec/mod.ts";
import fc from "fast-check";

/** The serializers that put bytes or text on the wire. */
export const serializers: readonly Serializer[] = [json, msgpack, cbor];

/** Reads hexadecimal digits. */
export function fromHex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** Writes hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom("", "constructor", "then", "名前", "🙂", "a".repeat(31), "b".repeat(32), "é".repeat(200)),
).map((value) => value.toWellFormed().replace(/^\0+/, ""));

const key = fc.oneof(text, fc.constantFrom("__proto__", "toString", "id", "name"));

const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -200, max: 70_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(2 ** 31, 2 ** 32, -(2 ** 31), -(2 ** 31) - 1, 2 ** 53 - 1, -(2 ** 53) + 1, 0.1, 1e300, 5e-324),
  // JSON and MessagePack do not tell -0 from 0, JSON not 1e20 from an integer.
).filter((value) => !Object.is(value, -0) && (!Number.isInteger(value) || Number.isSafeInteger(value)));

const bigint = fc.oneof(
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
);

const leaf = fc.oneof(
  fc.constantFrom(null, true, false),
  number,
  text,
  bigint,
  fc.uint8Array({ maxLength: 100 }).map((bytes) => new Uint8Array(bytes)),
);

/** Values that every serializer carries without loss. */
export const values: fc.Arbitrary<never> = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: "small", withCrossShrink: true }, leaf, tie("list"), tie("dict")),
  list: fc.array(tie("value"), { maxLength: 20 }),
  // Object.fromEntries defines properties, __proto__ included.
  dict: fc.array(fc.tuple(key, tie("value")), { maxLength: 20 }).map((entries) => Object.fromEntries(entries)),
})).value as fc.Arbitrary<never>;

/** Lists of such values. */
export const args: fc.Arbitrary<never[]> = fc.array(values, { maxLength: 5 });

/** Dictionaries of such values. */
export const kwargs: fc.Arbitrary<Record<string, never>> = fc.array(fc.tuple(key, values), { maxLength: 5 })
  .map((entries) => Object.fromEntries(entries) as Record<string, never>);

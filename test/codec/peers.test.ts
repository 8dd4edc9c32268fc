import { cbor, msgpack } from "@izaber/wamp/codec";
import { decode as decodeMsgpack, encode as encodeMsgpack } from "@msgpack/msgpack";
import { decode as decodeCbor, encode as encodeCbor } from "cbor2";
import fc from "fast-check";
import { expect, test } from "vitest";
import { values } from "../support/codec_values.ts";

// @msgpack/msgpack refuses __proto__ as a key, cbor2 takes it for the prototype.
const comparable = values.filter((value) =>
  !JSON.stringify(value, (_, part) => typeof part === "bigint" ? "" : part).includes("__proto__")
);
const runs = { numRuns: 300 };

function bytesOf(serializer: typeof msgpack, value: never): Uint8Array<ArrayBuffer> {
  return serializer.encodeValue(value).data as Uint8Array<ArrayBuffer>;
}

/** The others draw the line between numbers and bigints elsewhere. */
function normalized(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(normalized);
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, normalized(part)]));
}

test("@msgpack/msgpack reads what is written", () => {
  fc.assert(
    fc.property(comparable, (value) => {
      const theirs = decodeMsgpack(bytesOf(msgpack, value), { useBigInt64: true });
      expect(normalized(theirs)).toEqual(value);
    }),
    runs,
  );
});

test("what @msgpack/msgpack writes is read", () => {
  fc.assert(
    fc.property(comparable, (value) => {
      const bytes = new Uint8Array(encodeMsgpack(value, { useBigInt64: true }));
      expect(msgpack.decode(bytes, 0, bytes.length)).toEqual(value);
    }),
    runs,
  );
});

test("cbor2 reads what is written", () => {
  fc.assert(
    fc.property(comparable, (value) => {
      expect(normalized(decodeCbor(bytesOf(cbor, value)))).toEqual(value);
    }),
    runs,
  );
});

test("what cbor2 writes is read", () => {
  fc.assert(
    fc.property(comparable, (value) => {
      const bytes = new Uint8Array(encodeCbor(value));
      expect(cbor.decode(bytes, 0, bytes.length)).toEqual(value);
    }),
    runs,
  );
});

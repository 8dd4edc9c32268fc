import { Encoded } from "./serializer.ts";
import type { Serializer } from "./serializer.ts";

/** How many entries a dictionary may have whose beginning is one byte in MessagePack and CBOR alike. */
const MAX_ENTRIES = 15;

/**
 * Makes one dictionary of two that are encoded already; no key may be in both.
 *
 * @param serializer By which they were encoded.
 * @param first The first.
 * @param second The second.
 * @returns The entries of both.
 * @throws {RangeError} When these are 16 or more and the serializer is a binary one.
 */
export function mergeDicts({ name }: Serializer, first: Encoded, second: Encoded): Encoded {
  if (name === "json") return new Encoded(mergeTexts(first.data as string, second.data as string));
  if (name === "direct") return new Encoded({ ...first.data as object, ...second.data as object });
  return new Encoded(mergeBytes(name === "cbor" ? 0xa0 : 0x80, first.data as Uint8Array, second.data as Uint8Array));
}

function mergeTexts(first: string, second: string): string {
  if (first === "{}") return second;
  return second === "{}" ? first : `${first.slice(0, -1)},${second.slice(1)}`;
}

function mergeBytes(empty: number, first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  // How longer dictionaries begin differs in a bit beyond the four of the count.
  const count = (first[0]! ^ empty) + (second[0]! ^ empty);
  if (count > MAX_ENTRIES) throw new RangeError(`Cannot merge dictionaries with more than ${MAX_ENTRIES} entries`);
  const merged = new Uint8Array(first.length + second.length - 1);
  merged.set(first);
  merged.set(second.subarray(1), first.length);
  merged[0] = empty | count;
  return merged;
}

import { readUint16 } from "./big_endian.ts";
import { Encoded } from "./serializer.ts";
import type { Serializer } from "./serializer.ts";

/** How a dictionary of up to 65,535 entries begins. */
interface DictHead {
  /** How many entries it has. */
  readonly count: number;
  /** How many bytes that takes. */
  readonly size: number;
}

/**
 * Makes one dictionary of two that are encoded already; no key may be in both.
 *
 * @param serializer By which they were encoded.
 * @param first The first.
 * @param second The second.
 * @returns The entries of both.
 */
export function mergeDicts({ name }: Serializer, first: Encoded, second: Encoded): Encoded {
  if (name === "json") return new Encoded(mergeTexts(first.data as string, second.data as string));
  if (name === "direct") return new Encoded({ ...first.data as object, ...second.data as object });
  return new Encoded(mergeBytes(name === "cbor", first.data as Uint8Array, second.data as Uint8Array));
}

function mergeTexts(first: string, second: string): string {
  if (first === "{}") return second;
  return second === "{}" ? first : `${first.slice(0, -1)},${second.slice(1)}`;
}

function mergeBytes(isCbor: boolean, first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = isCbor ? cborHead : msgpackHead;
  const one = head(first);
  const other = head(second);
  const count = one.count + other.count;
  const start = count < 16 ? 1 : 3;
  const merged = new Uint8Array(start + first.length - one.size + second.length - other.size);
  merged[0] = isCbor ? (count < 16 ? 0xa0 | count : 0xb9) : count < 16 ? 0x80 | count : 0xde;
  if (start === 3) {
    merged[1] = count >> 8;
    merged[2] = count;
  }
  merged.set(first.subarray(one.size), start);
  merged.set(second.subarray(other.size), start + first.length - one.size);
  return merged;
}

function msgpackHead(bytes: Uint8Array): DictHead {
  const byte = bytes[0] as number;
  return byte === 0xde ? { count: readUint16(bytes, 1), size: 3 } : { count: byte & 0x0f, size: 1 };
}

function cborHead(bytes: Uint8Array): DictHead {
  const byte = bytes[0] as number;
  if (byte === 0xb9) return { count: readUint16(bytes, 1), size: 3 };
  return byte === 0xb8 ? { count: bytes[1] as number, size: 2 } : { count: byte & 0x1f, size: 1 };
}

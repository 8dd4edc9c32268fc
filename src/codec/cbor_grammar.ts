import { budget, PIECE, weightOfPairs } from "./containers.ts";
import { fault } from "./fault.ts";
import * as Fault from "./fault_code.ts";
import { Shape } from "./grammar.ts";
import type { Grammar } from "./grammar.ts";
import { readUint16, readUint32 } from "./big_endian.ts";
import { checkText } from "./utf8.ts";

/** The major types of CBOR, the upper three bits of a first byte. */
export const Major = { unsigned: 0, negative: 1, binary: 2, text: 3, list: 4, dict: 5, tag: 6, simple: 7 } as const;

/** The lower five bits of a first byte that say "length unknown". */
export const INDEFINITE = 31;
/** The byte that ends what has no known length. */
export const BREAK = 0xff;

/**
 * Says how many bytes hold the argument of a first byte.
 *
 * @param info The lower five bits of the first byte.
 * @returns 0, 1, 2, 4 or 8; -1 for the bits that CBOR reserves, and for those that mean an unknown length.
 */
export function argumentSize(info: number): number {
  if (info < 24) return 0;
  return info < 28 ? 1 << (info - 24) : -1;
}

/**
 * Reads the argument of a first byte; one of 8 bytes may lose precision above 2^53.
 *
 * @param bytes What it lies in.
 * @param at Where the first byte is.
 * @param info The lower five bits of the first byte.
 * @returns The argument.
 */
export function readArgument(bytes: Uint8Array, at: number, info: number): number {
  switch (info) {
    case 24:
      return bytes[at + 1] as number;
    case 25:
      return readUint16(bytes, at + 1);
    case 26:
      return readUint32(bytes, at + 1);
    case 27:
      return readUint32(bytes, at + 1) * 0x1_0000_0000 + readUint32(bytes, at + 5);
    default:
      return info;
  }
}

function skip(bytes: Uint8Array, at: number, end: number, levels: number): number {
  if (at >= end) return fault(Fault.truncated, at);
  const byte = bytes[at] as number;
  const major = byte >> 5;
  const info = byte & 0x1f;
  const size = argumentSize(info);
  if (size < 0) return info === INDEFINITE ? skipIndefinite(bytes, at, end, levels, major) : fault(Fault.badByte, at);
  const next = at + 1 + size;
  if (next > end) return fault(Fault.truncated, end);
  switch (major) {
    case Major.unsigned:
    case Major.negative:
      return next;
    case Major.binary: {
      if (budget.spend(PIECE)) return fault(Fault.tooMuch, at);
      const last = next + readArgument(bytes, at, info);
      return last <= end ? last : fault(Fault.truncated, end);
    }
    case Major.text: {
      const last = next + readArgument(bytes, at, info);
      return last <= end ? checkText(bytes, next, last) : fault(Fault.truncated, end);
    }
    case Major.list:
      return skipItems(bytes, at, next, end, readArgument(bytes, at, info), levels);
    case Major.dict: {
      const pairs = readArgument(bytes, at, info);
      return skipItems(bytes, at, next, end, pairs * 2, levels, 1 + weightOfPairs(pairs));
    }
    case Major.tag:
      if (budget.spend(PIECE)) return fault(Fault.tooMuch, at);
      return levels > 0 ? skip(bytes, next, end, levels - 1) : fault(Fault.tooDeep, at);
    default:
      // A simple value of two bytes must not be one that has a short form.
      return info === 24 && (bytes[at + 1] as number) < 32 ? fault(Fault.badByte, at) : next;
  }
}

function skipItems(
  bytes: Uint8Array,
  head: number,
  at: number,
  end: number,
  count: number,
  levels: number,
  weight = 1,
): number {
  if (levels <= 0) return fault(Fault.tooDeep, head);
  if (count > end - at) return fault(Fault.tooMany, head);
  if (budget.spend(weight)) return fault(Fault.tooMuch, head);
  for (; count > 0; count--) {
    if (at < end && (bytes[at] as number) < 24) at++;
    else {
      at = skip(bytes, at, end, levels - 1);
      if (at < 0) return at;
    }
  }
  return at;
}

function skipIndefinite(bytes: Uint8Array, head: number, end: number, levels: number, major: number): number {
  if (major < Major.binary || major > Major.dict) return fault(Fault.badByte, head);
  if (levels <= 0) return fault(Fault.tooDeep, head);
  if (budget.spend(1)) return fault(Fault.tooMuch, head);
  let at = head + 1;
  for (let items = 0;; items++) {
    if (at >= end) return fault(Fault.truncated, at);
    const byte = bytes[at] as number;
    if (byte === BREAK) {
      if (major !== Major.dict) return at + 1;
      if (items % 2 === 1) return fault(Fault.badByte, at);
      return budget.spend(weightOfPairs(items / 2)) ? fault(Fault.tooMuch, head) : at + 1;
    }
    if (major < Major.list && (byte >> 5 !== major || (byte & 0x1f) === INDEFINITE)) return fault(Fault.badChunk, at);
    at = skip(bytes, at, end, levels - 1);
    if (at < 0) return at;
  }
}

const LARGEST_ID = 2 ** 53;
const shapes: readonly number[] = [
  Shape.integer,
  Shape.other,
  Shape.binary,
  Shape.text,
  Shape.list,
  Shape.dict,
  Shape.other,
  Shape.other,
];

// A class of its own: engines dispatch between two classes in place, and not between two objects of the same shape.
class CborGrammar implements Grammar {
  readonly stop = BREAK;
  readonly emptyDict = 0xa0;

  skip(bytes: Uint8Array, at: number, end: number, levels: number): number {
    return skip(bytes, at, end, levels);
  }

  shapeOf(bytes: Uint8Array, at: number): number {
    const byte = bytes[at] as number;
    return byte === 0xf6 ? Shape.null : shapes[byte >> 5] as number;
  }

  integerAt(bytes: Uint8Array, at: number): number {
    const byte = bytes[at] as number;
    if (byte > 0x1b) return -1;
    const value = readArgument(bytes, at, byte);
    // 2^53 + 1 reads as 2^53.
    const odd = value === LARGEST_ID && (bytes[at + 8] as number) !== 0;
    return value <= LARGEST_ID && !odd ? value : -1;
  }

  textHead(bytes: Uint8Array, at: number): number {
    const size = argumentSize((bytes[at] as number) & 0x1f);
    return size < 0 ? 0 : 1 + size;
  }

  listCount(bytes: Uint8Array, at: number, end: number): number {
    const info = (bytes[at] as number) & 0x1f;
    if (info === INDEFINITE) return -1;
    const size = argumentSize(info);
    return size >= 0 && at + 1 + size <= end ? readArgument(bytes, at, info) : -2;
  }

  listHead(bytes: Uint8Array, at: number): number {
    return 1 + Math.max(0, argumentSize((bytes[at] as number) & 0x1f));
  }
}

/** CBOR, for scanning. */
export const cborGrammar: Grammar = new CborGrammar();

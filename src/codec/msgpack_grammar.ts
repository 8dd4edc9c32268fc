import { readUint16, readUint32 } from "./big_endian.ts";
import { budget, PIECE, weightOfPairs } from "./containers.ts";
import { fault } from "./fault.ts";
import * as Fault from "./fault_code.ts";
import { Shape } from "./grammar.ts";
import type { Grammar } from "./grammar.ts";
import { checkText } from "./utf8.ts";

/** How many bytes of length stand behind the first byte, from 0xc4 to 0xdf; 0 where the first byte says it all. */
function lengthBytes(byte: number): number {
  switch (byte) {
    case 0xc4:
    case 0xc7:
    case 0xd9:
      return 1;
    case 0xc5:
    case 0xc8:
    case 0xda:
    case 0xdc:
    case 0xde:
      return 2;
    case 0xc6:
    case 0xc9:
    case 0xdb:
    case 0xdd:
    case 0xdf:
      return 4;
    default:
      return 0;
  }
}

/**
 * Reads the length that stands behind a first byte.
 *
 * @param bytes What it lies in.
 * @param at Where it begins.
 * @param size How many bytes it has.
 * @returns The length.
 */
export function readLength(bytes: Uint8Array, at: number, size: number): number {
  return size === 1 ? bytes[at] as number : size === 2 ? readUint16(bytes, at) : readUint32(bytes, at);
}

function skip(bytes: Uint8Array, at: number, end: number, levels: number): number {
  if (at >= end) return fault(Fault.truncated, at);
  const byte = bytes[at] as number;
  if (byte < 0x80 || byte >= 0xe0) return at + 1;
  if (byte < 0x90) return skipItems(bytes, at, at + 1, end, (byte & 0x0f) * 2, levels);
  if (byte < 0xa0) return skipItems(bytes, at, at + 1, end, byte & 0x0f, levels);
  if (byte < 0xc0) return skipText(bytes, at + 1, byte & 0x1f, end);
  const size = lengthBytes(byte);
  if (size !== 0) return skipLong(bytes, at, end, levels, byte, size);
  const length = fixedLength(byte);
  if (length < 0) return fault(Fault.badByte, at);
  if (byte >= 0xd4 && budget.spend(PIECE)) return fault(Fault.tooMuch, at);
  return at + length <= end ? at + length : fault(Fault.truncated, end);
}

function skipLong(
  bytes: Uint8Array,
  at: number,
  end: number,
  levels: number,
  byte: number,
  size: number,
): number {
  const next = at + 1 + size;
  if (next > end) return fault(Fault.truncated, end);
  const length = readLength(bytes, at + 1, size);
  if (byte >= 0xde) return skipItems(bytes, at, next, end, length * 2, levels, 1 + weightOfPairs(length));
  if (byte >= 0xdc) return skipItems(bytes, at, next, end, length, levels);
  if (byte >= 0xd9) return skipText(bytes, next, length, end);
  if (budget.spend(PIECE)) return fault(Fault.tooMuch, at);
  // An extension has its type before its data.
  const last = next + length + (byte >= 0xc7 ? 1 : 0);
  return last <= end ? last : fault(Fault.truncated, end);
}

function skipText(bytes: Uint8Array, at: number, length: number, end: number): number {
  return at + length <= end ? checkText(bytes, at, at + length) : fault(Fault.truncated, end);
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
    const byte = at < end ? bytes[at] as number : 0xc1;
    if (byte < 0x80 || byte >= 0xe0) at++;
    else {
      at = skip(bytes, at, end, levels - 1);
      if (at < 0) return at;
    }
  }
  return at;
}

/**
 * Says how long a value is whose first byte says it.
 *
 * @param byte The first byte, from 0xc0 to 0xd8.
 * @returns How many bytes, the first included; -1 for the byte that MessagePack never uses.
 */
export function fixedLength(byte: number): number {
  switch (byte) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
      return 1;
    case 0xcc:
    case 0xd0:
      return 2;
    case 0xcd:
    case 0xd1:
    case 0xd4:
      return 3;
    case 0xd5:
      return 4;
    case 0xca:
    case 0xce:
    case 0xd2:
      return 5;
    case 0xd6:
      return 6;
    case 0xcb:
    case 0xcf:
    case 0xd3:
      return 9;
    case 0xd7:
      return 10;
    case 0xd8:
      return 18;
    default:
      return -1;
  }
}

const LARGEST_HIGH = 0x20_0000;

function longInteger(high: number, low: number): number {
  return high < LARGEST_HIGH || high === LARGEST_HIGH && low === 0 ? high * 0x1_0000_0000 + low : -1;
}

/** What the first bytes from 0xc0 on are. */
const shapes: readonly number[] = Array.from({ length: 64 }, (_, index) => {
  const byte = 0xc0 + index;
  if (byte === 0xc0) return Shape.null;
  if (byte >= 0xc4 && byte <= 0xc6) return Shape.binary;
  if (byte >= 0xcc && byte <= 0xd3 || byte >= 0xe0) return Shape.integer;
  if (byte >= 0xd9 && byte <= 0xdb) return Shape.text;
  if (byte === 0xdc || byte === 0xdd) return Shape.list;
  return byte === 0xde || byte === 0xdf ? Shape.dict : Shape.other;
});

// A class of its own: engines dispatch between two classes in place, and not between two objects of the same shape.
class MsgpackGrammar implements Grammar {
  readonly stop = -1;
  readonly emptyDict = 0x80;

  skip(bytes: Uint8Array, at: number, end: number, levels: number): number {
    return skip(bytes, at, end, levels);
  }

  shapeOf(bytes: Uint8Array, at: number): number {
    const byte = bytes[at] as number;
    if (byte < 0x80) return Shape.integer;
    if (byte < 0x90) return Shape.dict;
    if (byte < 0xa0) return Shape.list;
    return byte < 0xc0 ? Shape.text : shapes[byte - 0xc0] as number;
  }

  integerAt(bytes: Uint8Array, at: number): number {
    const byte = bytes[at] as number;
    if (byte < 0x80) return byte;
    // Java and others write every number as a signed one.
    if (byte >= 0xd0 && (bytes[at + 1] as number) >= 0x80) return -1;
    switch (byte) {
      case 0xcc:
      case 0xd0:
        return bytes[at + 1] as number;
      case 0xcd:
      case 0xd1:
        return readUint16(bytes, at + 1);
      case 0xce:
      case 0xd2:
        return readUint32(bytes, at + 1);
      case 0xcf:
      case 0xd3:
        return longInteger(readUint32(bytes, at + 1), readUint32(bytes, at + 5));
      default:
        return -1;
    }
  }

  textHead(bytes: Uint8Array, at: number): number {
    return 1 + lengthBytes(bytes[at] as number);
  }

  listCount(bytes: Uint8Array, at: number, end: number): number {
    const byte = bytes[at] as number;
    if (byte < 0xa0) return byte & 0x0f;
    const size = lengthBytes(byte);
    return at + 1 + size <= end ? readLength(bytes, at + 1, size) : -2;
  }

  listHead(bytes: Uint8Array, at: number): number {
    return 1 + lengthBytes(bytes[at] as number);
  }
}

/** MessagePack, for scanning. */
export const msgpackGrammar: Grammar = new MsgpackGrammar();

// MessagePack: passing over a value, and writing it to the tape. Both go through nested values by a stack of their own, which input cannot
// overflow.
import { BAD_BYTE, fail, TOO_DEEP, TOO_MANY, TRUNCATED } from "./fault.ts";
import { STACK } from "./layout.ts";
import { BINARY, DATE, DICT, EXTENSION, FALSE, LIST, NULL, NUMBER, TRUE } from "./tape.ts";
import { push, pushNumber, pushSigned, pushTag, pushUnsigned } from "./tape.ts";
import { pushText } from "./texts.ts";
import { checkShortText, checkText } from "./utf8.ts";

/** The first byte of a float of 64 bits. Measurements come in long lists: these are gone through in a loop of their own. */
const FLOAT64: u32 = 0xcb;

export function read16(at: usize): u32 {
  return <u32> bswap<u16>(load<u16>(at));
}

export function read32(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}

export function read64(at: usize): u64 {
  return bswap<u64>(load<u64>(at));
}

/**
 * What the first bytes from 0xc0 to 0xdf say: how long the value is, or, with the highest bit, how many bytes of length follow; 0 for the byte that is
 * never used.
 */
const HEADS: usize = memory.data<u8>([
  1,
  0,
  1,
  1,
  0x81,
  0x82,
  0x84,
  0x81,
  0x82,
  0x84,
  5,
  9,
  2,
  3,
  5,
  9,
  2,
  3,
  5,
  9,
  3,
  4,
  6,
  10,
  18,
  0x81,
  0x82,
  0x84,
  0x82,
  0x84,
  0x82,
  0x84,
]);

function headOf(byte: u32): u32 {
  return <u32> load<u8>(HEADS + byte - 0xc0);
}

/** How many bytes of length stand behind the first byte; 0 where the first byte says it all. */
export function lengthBytes(byte: u32): usize {
  if (byte < 0xc0 || byte > 0xdf) return 0;
  const head = headOf(byte);
  return head > 0x80 ? head & 7 : 0;
}

export function readLength(at: usize, size: usize): u32 {
  return size == 1 ? <u32> load<u8>(at) : size == 2 ? read16(at) : read32(at);
}

/** Passes over one value, checking all of it. Returns where it ends, or 0. */
export function skipMsgpack(at: usize, end: usize, levels: i32): usize {
  let depth: i32 = 0;
  let left: u32 = 1;
  while (true) {
    if (at >= end) return fail(TRUNCATED, at);
    const byte = <u32> load<u8>(at);
    if (byte < 0x80 || byte >= 0xe0) at++;
    else if (byte == FLOAT64 && at + 9 <= end) {
      at += 9;
      for (; left > 1 && at + 9 <= end && load<u8>(at) == FLOAT64; left--) at += 9;
    } else {
      let next: usize = 0;
      let count: u64 = 0;
      if (byte < 0xa0) {
        next = at + 1;
        count = byte < 0x90 ? (byte & 0x0f) * 2 : byte & 0x0f;
      } else if (byte < 0xc0) {
        const last = at + 1 + (byte & 0x1f);
        if (last > end) return fail(TRUNCATED, end);
        at = checkShortText(at + 1, last);
        if (at == 0) return 0;
      } else {
        const head: usize = headOf(byte);
        if (head < 0x80) {
          if (head == 0) return fail(BAD_BYTE, at);
          at += head;
          if (at > end) return fail(TRUNCATED, end);
        } else {
          const size = head & 7;
          const start = at + 1 + size;
          if (start > end) return fail(TRUNCATED, end);
          const length = readLength(at + 1, size);
          if (byte >= 0xdc) {
            next = start;
            count = byte >= 0xde ? <u64> length * 2 : length;
          } else {
            // An extension has its type before its data.
            const room = <u64> (end - start);
            const most = byte >= 0xc7 && byte < 0xd9 ? <u64> length + 1 : <u64> length;
            if (most > room) return fail(TRUNCATED, end);
            if (byte >= 0xd9) {
              at = checkText(start, start + length);
              if (at == 0) return 0;
            } else at = start + <usize> most;
          }
        }
      }
      if (next != 0) {
        if (depth >= levels) return fail(TOO_DEEP, at);
        if (count > <u64> (end - next)) return fail(TOO_MANY, at);
        at = next;
        if (count != 0) {
          store<u32>(STACK + (<usize> depth << 2), left);
          depth++;
          left = <u32> count;
          continue;
        }
      }
    }
    while (--left == 0) {
      if (depth == 0) return at;
      depth--;
      left = load<u32>(STACK + (<usize> depth << 2));
    }
  }
}

/** Writes one value to the tape. Returns where it ends, or 0. `shift` makes an address an offset of the caller's bytes. */
export function decodeMsgpack(at: usize, end: usize, levels: i32, shift: i32): usize {
  let depth: i32 = 0;
  // Twice the number of values left, plus one in a dictionary: there, keys have an even number left.
  let left: u32 = 2;
  while (true) {
    if (at >= end) return fail(TRUNCATED, at);
    const byte = <u32> load<u8>(at);
    if (byte < 0x80) {
      pushNumber(NUMBER, <f64> byte);
      at++;
    } else if (byte >= 0xe0) {
      pushNumber(NUMBER, <f64> (<i32> byte - 0x100));
      at++;
    } else if (byte >= 0xa0 && byte < 0xc0) {
      const length = byte & 0x1f;
      const start = at + 1;
      at = start + length;
      if (at > end) return fail(TRUNCATED, end);
      pushText((left & 3) == 1, start, length, shift);
    } else if (byte == FLOAT64 && at + 9 <= end) {
      pushNumber(NUMBER, reinterpret<f64>(read64(at + 1)));
      at += 9;
      for (; left >= 4 && at + 9 <= end && load<u8>(at) == FLOAT64; at += 9, left -= 2) {
        pushNumber(NUMBER, reinterpret<f64>(read64(at + 1)));
      }
    } else {
      let next: usize = 0;
      let count: u32 = 0;
      let isDict: bool = false;
      if (byte < 0xa0) {
        next = at + 1;
        isDict = byte < 0x90;
        count = byte & 0x0f;
      } else {
        const head: usize = headOf(byte);
        if (head < 0x80) {
          if (head == 0) return fail(BAD_BYTE, at);
          if (at + head > end) return fail(TRUNCATED, end);
          pushFixed(at, byte, head, shift);
          at += head;
        } else {
          const size = head & 7;
          const start = at + 1 + size;
          if (start > end) return fail(TRUNCATED, end);
          const length = readLength(at + 1, size);
          const room = <u64> (end - start);
          if (byte >= 0xdc) {
            next = start;
            count = length;
            isDict = byte >= 0xde;
          } else if (byte >= 0xd9) {
            if (<u64> length > room) return fail(TRUNCATED, end);
            pushText((left & 3) == 1, start, length, shift);
            at = start + length;
          } else if (byte < 0xc7) {
            if (<u64> length > room) return fail(TRUNCATED, end);
            push(BINARY, length, <i32> start + shift, -1);
            at = start + length;
          } else {
            if (<u64> length + 1 > room) return fail(TRUNCATED, end);
            pushExtension(start, start + 1, length, shift);
            at = start + 1 + length;
          }
        }
      }
      if (next != 0) {
        const values: u64 = isDict ? <u64> count * 2 : <u64> count;
        if (depth >= levels) return fail(TOO_DEEP, at);
        if (values > <u64> (end - next)) return fail(TOO_MANY, at);
        push(isDict ? DICT : LIST, count, 0, -1);
        at = next;
        if (count != 0) {
          store<u32>(STACK + (<usize> depth << 2), left);
          depth++;
          left = isDict ? <u32> values * 2 + 1 : <u32> values * 2;
          continue;
        }
      }
    }
    left -= 2;
    while (left < 2) {
      if (depth == 0) return at;
      depth--;
      left = load<u32>(STACK + (<usize> depth << 2)) - 2;
    }
  }
}

function pushFixed(at: usize, byte: u32, length: usize, shift: i32): void {
  switch (byte) {
    case 0xc0:
      pushTag(NULL);
      break;
    case 0xc2:
      pushTag(FALSE);
      break;
    case 0xc3:
      pushTag(TRUE);
      break;
    case 0xca:
      pushNumber(NUMBER, <f64> reinterpret<f32>(read32(at + 1)));
      break;
    case 0xcb:
      pushNumber(NUMBER, reinterpret<f64>(read64(at + 1)));
      break;
    case 0xcc:
      pushNumber(NUMBER, <f64> load<u8>(at, 1));
      break;
    case 0xcd:
      pushNumber(NUMBER, <f64> read16(at + 1));
      break;
    case 0xce:
      pushNumber(NUMBER, <f64> read32(at + 1));
      break;
    case 0xcf:
      pushUnsigned(read64(at + 1));
      break;
    case 0xd0:
      pushNumber(NUMBER, <f64> load<i8>(at, 1));
      break;
    case 0xd1:
      pushNumber(NUMBER, <f64> (<i16> read16(at + 1)));
      break;
    case 0xd2:
      pushNumber(NUMBER, <f64> (<i32> read32(at + 1)));
      break;
    case 0xd3:
      pushSigned(<i64> read64(at + 1));
      break;
    default:
      pushExtension(at + 1, at + 2, <u32> length - 2, shift);
  }
}

const TIMESTAMP: i32 = -1;
/** The farthest from 1970 that a Date can be, in milliseconds. */
const FARTHEST: f64 = 8.64e15;

function pushExtension(typeAt: usize, at: usize, length: u32, shift: i32): void {
  const type = <i32> load<i8>(typeAt);
  const milliseconds = type == TIMESTAMP ? timestamp(at, length) : NaN;
  if (Math.abs(milliseconds) <= FARTHEST) pushNumber(DATE, milliseconds);
  else push(EXTENSION, length, <i32> at + shift, type);
}

/** The time in milliseconds of a timestamp's 4, 8 or 12 bytes; NaN where it is none. */
function timestamp(at: usize, length: u32): f64 {
  if (length == 4) return <f64> read32(at) * 1000.0;
  if (length == 8) {
    const both = read64(at);
    return <f64> (both & 0x3ffffffff) * 1000.0 + Math.floor(<f64> (both >> 34) / 1e6);
  }
  if (length != 12) return NaN;
  const high = <f64> (<i32> read32(at + 4)) * 4294967296.0;
  return (high + <f64> read32(at + 8)) * 1000.0 + Math.floor(<f64> read32(at) / 1e6);
}

// CBOR: passing over a value, and writing it to the tape. Both go through nested values by a stack of their own, which input cannot overflow.
import { BAD_BYTE, BAD_CHUNK, fail, TOO_DEEP, TOO_MANY, TRUNCATED } from "./fault.ts";
import { STACK } from "./layout.ts";
import { read16, read32, read64 } from "./msgpack.ts";
import {
  BINARY,
  BINARY_CHUNKS,
  DICT,
  FALSE,
  LIST,
  NULL,
  NUMBER,
  TAGGED,
  TEXT_CHUNKS,
  TRUE,
  UNDEFINED,
} from "./tape.ts";
import { push, pushNegative, pushNumber, pushTag, pushUnsigned, setLength } from "./tape.ts";
import { pushText } from "./texts.ts";
import { checkShortText } from "./utf8.ts";

// The major types, the upper three bits of a first byte.
const UNSIGNED: u32 = 0;
const NEGATIVE: u32 = 1;
const MAJOR_BINARY: u32 = 2;
const MAJOR_TEXT: u32 = 3;
const MAJOR_LIST: u32 = 4;
const MAJOR_DICT: u32 = 5;
const MAJOR_TAG: u32 = 6;

/** The lower five bits that say "length unknown". */
const INDEFINITE: u32 = 31;
/** The byte that ends what has no known length. */
const BREAK: u32 = 0xff;
/** The first byte of a float of 64 bits. Measurements come in long lists: these are gone through in a loop of their own. */
const FLOAT64: u32 = 0xfb;
/** So many values, twice, are left where nobody knows how many: more than any frame has. */
const ENDLESS: u32 = 0x80000000;

/** How many bytes hold the argument of a first byte; -1 for the bits that CBOR reserves, and for an unknown length. */
export function argumentSize(info: u32): i32 {
  if (info < 24) return 0;
  return info < 28 ? 1 << (info - 24) : -1;
}

export function readArgument(at: usize, info: u32): u64 {
  switch (info) {
    case 24:
      return <u64> load<u8>(at, 1);
    case 25:
      return <u64> read16(at + 1);
    case 26:
      return <u64> read32(at + 1);
    case 27:
      return read64(at + 1);
    default:
      return <u64> info;
  }
}

/** Passes over one value, checking all of it. Returns where it ends, or 0. */
export function skipCbor(at: usize, end: usize, levels: i32): usize {
  let depth: i32 = 0;
  // Twice the number of values left, plus one in a dictionary.
  let left: u32 = 2;
  // The major type of what is open without a known length, else 0.
  let open: u32 = 0;
  while (true) {
    if (at >= end) return fail(TRUNCATED, at);
    const byte = <u32> load<u8>(at);
    if (open != 0 && byte == BREAK) {
      if ((left & 3) == 3) return fail(BAD_BYTE, at);
      at++;
      depth--;
      const outer = STACK + (<usize> depth << 3);
      left = load<u32>(outer);
      open = load<u32>(outer, 4);
    } else if (byte == FLOAT64 && open - MAJOR_BINARY >= 2 && at + 9 <= end) {
      at += 9;
      for (; left >= 4 && at + 9 <= end && load<u8>(at) == FLOAT64; left -= 2) at += 9;
    } else {
      const major = byte >> 5;
      const info = byte & 0x1f;
      if (open - MAJOR_BINARY < 2 && (major != open || info == INDEFINITE)) return fail(BAD_CHUNK, at);
      if (byte < 24) at++;
      else if (byte - 0x60 < 24) {
        const start = at + 1;
        at = start + info;
        if (at > end) return fail(TRUNCATED, end);
        if (checkShortText(start, at) == 0) return 0;
      } else {
        const size = argumentSize(info);
        const isOpen = size < 0;
        const next = isOpen ? at + 1 : at + 1 + size;
        if (isOpen && (info != INDEFINITE || major - MAJOR_BINARY > 3)) return fail(BAD_BYTE, at);
        if (next > end) return fail(TRUNCATED, end);
        if (isOpen || major >= MAJOR_LIST && major <= MAJOR_TAG) {
          if (depth >= levels) return fail(TOO_DEEP, at);
          let inner: u32 = 2;
          if (isOpen) inner = ENDLESS;
          else if (major != MAJOR_TAG) {
            const count = readArgument(at, info);
            const most = <u64> (end - next) >> (major == MAJOR_DICT ? 1 : 0);
            if (count > most) return fail(TOO_MANY, at);
            inner = <u32> count << (major == MAJOR_DICT ? 2 : 1);
          }
          at = next;
          if (inner != 0) {
            const outer = STACK + (<usize> depth << 3);
            store<u32>(outer, left);
            store<u32>(outer, open, 4);
            depth++;
            left = inner | (major == MAJOR_DICT ? 1 : 0);
            open = isOpen ? major : 0;
            continue;
          }
        } else if (major == MAJOR_BINARY || major == MAJOR_TEXT) {
          const length = readArgument(at, info);
          if (length > <u64> (end - next)) return fail(TRUNCATED, end);
          at = next + <usize> length;
          if (major == MAJOR_TEXT && checkShortText(next, at) == 0) return 0;
        } else {
          // A simple value of two bytes must not be one that has a short form.
          if (major > MAJOR_TAG && info == 24 && load<u8>(at, 1) < 32) return fail(BAD_BYTE, at);
          at = next;
        }
      }
    }
    left -= 2;
    while (left < 2) {
      if (depth == 0) return at;
      depth--;
      const outer = STACK + (<usize> depth << 3);
      left = load<u32>(outer) - 2;
      open = load<u32>(outer, 4);
    }
  }
}

/** Writes one value to the tape. Returns where it ends, or 0. `shift` makes an address an offset of the caller's bytes. */
export function decodeCbor(at: usize, end: usize, levels: i32, shift: i32): usize {
  let depth: i32 = 0;
  // Twice the number of values left, plus one in a dictionary: there, keys have an even number left.
  let left: u32 = 2;
  // Of what is open without a known length, its entry on the tape plus its major type, else 0.
  let open: u32 = 0;
  while (true) {
    if (at >= end) return fail(TRUNCATED, at);
    const byte = <u32> load<u8>(at);
    const openMajor = open & 15;
    if (open != 0 && byte == BREAK) {
      if ((left & 3) == 3) return fail(BAD_BYTE, at);
      const items = (ENDLESS - (left & ~1)) >> 1;
      setLength(<usize> (open - openMajor), openMajor == MAJOR_DICT ? items >> 1 : items);
      at++;
      depth--;
      const outer = STACK + (<usize> depth << 3);
      left = load<u32>(outer);
      open = load<u32>(outer, 4);
    } else if (byte < 24 && openMajor - MAJOR_BINARY >= 2) {
      pushNumber(NUMBER, <f64> byte);
      at++;
    } else if (byte - 0x60 < 24 && openMajor - MAJOR_BINARY >= 2) {
      const start = at + 1;
      const length = byte - 0x60;
      at = start + length;
      if (at > end) return fail(TRUNCATED, end);
      pushText((left & 3) == 1, start, length, shift);
    } else if (byte == FLOAT64 && openMajor - MAJOR_BINARY >= 2 && at + 9 <= end) {
      pushNumber(NUMBER, reinterpret<f64>(read64(at + 1)));
      at += 9;
      for (; left >= 4 && at + 9 <= end && load<u8>(at) == FLOAT64; at += 9, left -= 2) {
        pushNumber(NUMBER, reinterpret<f64>(read64(at + 1)));
      }
    } else {
      const major = byte >> 5;
      const info = byte & 0x1f;
      if (openMajor - MAJOR_BINARY < 2 && (major != openMajor || info == INDEFINITE)) return fail(BAD_CHUNK, at);
      const size = argumentSize(info);
      const isOpen = size < 0;
      const next = isOpen ? at + 1 : at + 1 + size;
      if (isOpen && (info != INDEFINITE || major - MAJOR_BINARY > 3)) return fail(BAD_BYTE, at);
      if (next > end) return fail(TRUNCATED, end);
      if (isOpen || major >= MAJOR_LIST && major <= MAJOR_TAG) {
        if (depth >= levels) return fail(TOO_DEEP, at);
        let inner: u32 = 2;
        let entry: u32 = 0;
        if (isOpen) {
          inner = ENDLESS;
          entry = <u32> push(openTag(major), 0, 0, -1) | major;
        } else {
          const count = readArgument(at, info);
          if (major == MAJOR_TAG) pushNumber(TAGGED, <f64> count);
          else {
            const most = <u64> (end - next) >> (major == MAJOR_DICT ? 1 : 0);
            if (count > most) return fail(TOO_MANY, at);
            push(major == MAJOR_DICT ? DICT : LIST, <u32> count, 0, -1);
            inner = <u32> count << (major == MAJOR_DICT ? 2 : 1);
          }
        }
        at = next;
        if (inner != 0) {
          const outer = STACK + (<usize> depth << 3);
          store<u32>(outer, left);
          store<u32>(outer, open, 4);
          depth++;
          left = inner | (major == MAJOR_DICT ? 1 : 0);
          open = entry;
          continue;
        }
      } else if (major == MAJOR_BINARY || major == MAJOR_TEXT) {
        const length = readArgument(at, info);
        if (length > <u64> (end - next)) return fail(TRUNCATED, end);
        at = next + <usize> length;
        if (major == MAJOR_BINARY) push(BINARY, <u32> length, <i32> next + shift, -1);
        else pushText((left & 3) == 1, next, <u32> length, shift);
      } else {
        if (major == UNSIGNED) pushUnsigned(readArgument(at, info));
        else if (major == NEGATIVE) pushNegative(readArgument(at, info));
        else if (info == 24 && load<u8>(at, 1) < 32) return fail(BAD_BYTE, at);
        else pushSimple(at, info);
        at = next;
      }
    }
    left -= 2;
    while (left < 2) {
      if (depth == 0) return at;
      depth--;
      const outer = STACK + (<usize> depth << 3);
      left = load<u32>(outer) - 2;
      open = load<u32>(outer, 4);
    }
  }
}

function openTag(major: u32): i32 {
  switch (major) {
    case MAJOR_BINARY:
      return BINARY_CHUNKS;
    case MAJOR_TEXT:
      return TEXT_CHUNKS;
    case MAJOR_LIST:
      return LIST;
    default:
      return DICT;
  }
}

function pushSimple(at: usize, info: u32): void {
  switch (info) {
    case 20:
      pushTag(FALSE);
      break;
    case 21:
      pushTag(TRUE);
      break;
    case 22:
      pushTag(NULL);
      break;
    case 25:
      pushNumber(NUMBER, halfFloat(read16(at + 1)));
      break;
    case 26:
      pushNumber(NUMBER, <f64> reinterpret<f32>(read32(at + 1)));
      break;
    case 27:
      pushNumber(NUMBER, reinterpret<f64>(read64(at + 1)));
      break;
    default:
      // A simple value without a meaning is as good as none.
      pushTag(UNDEFINED);
  }
}

/** The exponents of a half float are those of a float 112 lower. */
function halfFloat(half: u32): f64 {
  const sign = (half & 0x8000) << 16;
  const exponent = half >> 10 & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent == 0) {
    const small = <f64> fraction * 0.000000059604644775390625;
    return sign != 0 ? -small : small;
  }
  const wide = exponent == 31 ? 255 : exponent + 112;
  return <f64> reinterpret<f32>(sign | wide << 23 | fraction << 13);
}

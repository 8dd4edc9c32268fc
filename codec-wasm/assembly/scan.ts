// The head of a message: type, ids, and where URI, options, args and kwargs lie. Everything is checked, nothing decoded.
import { argumentSize, readArgument, skipCbor } from "./cbor.ts";
import {
  BAD_TYPE,
  fail,
  NO_ARGS,
  NO_DICT,
  NO_ID,
  NO_KWARGS,
  NO_LIST,
  NO_REQUEST_TYPE,
  NO_TEXT,
  TRAILING,
  TRUNCATED,
  WRONG_COUNT,
} from "./fault.ts";
import { HEADER, PLAN_COUNT, PLANS } from "./layout.ts";
import { lengthBytes, read16, read32, read64, readLength, skipMsgpack } from "./msgpack.ts";
import { findUri } from "./uris.ts";

// The slots of the header, `Slot` in src/codec/core.ts.
const TYPE: usize = HEADER + 16;
const FIRST_ID: usize = HEADER + 24;
const SECOND_ID: usize = HEADER + 32;
const REQUEST_TYPE: usize = HEADER + 40;
const URI_START: usize = HEADER + 48;
const URI_END: usize = HEADER + 56;
const OPTIONS_START: usize = HEADER + 64;
const OPTIONS_END: usize = HEADER + 72;
const ARGS_START: usize = HEADER + 80;
const ARGS_END: usize = HEADER + 88;
const KWARGS_START: usize = HEADER + 96;
const KWARGS_END: usize = HEADER + 104;
const FLAGS: usize = HEADER + 112;
const URI_SLOT: usize = HEADER + 120;

const CHUNKED_URI: u32 = 1;
const OPAQUE: u32 = 2;

// The shapes of values, as far as the first byte tells.
const OTHER: i32 = 0;
const INTEGER: i32 = 1;
const TEXT: i32 = 2;
const BINARY: i32 = 3;
const LIST: i32 = 4;
const DICT: i32 = 5;
const NULL: i32 = 6;

// The kinds of elements, `Kind` in src/codec/plan.ts.
const ID: u32 = 0;
const REQUEST: u32 = 1;
const URI: u32 = 2;
const SECOND: u32 = 4;
const REALM: u32 = 5;

const LARGEST_ID: u64 = 0x20000000000000;
const FIRST_EXTENSION_TYPE: i64 = 256;
const LAST_EXTENSION_TYPE: i64 = 1023;

let cbor: bool = false;
let shift: i32 = 0;
let flags: u32 = 0;

/** Scans a message of a format; `shift` makes an address an offset of the caller's bytes. Returns whether all is well. */
export function scanMessage(isCbor: bool, start: usize, end: usize, maxDepth: i32, toOffset: i32): bool {
  cbor = isCbor;
  shift = toOffset;
  flags = 0;
  memory.fill(HEADER, 0, 128);
  store<f64>(ARGS_START, -1);
  store<f64>(ARGS_END, -1);
  store<f64>(KWARGS_START, -1);
  store<f64>(KWARGS_END, -1);
  const last = scanList(start, end, maxDepth - 1);
  store<f64>(FLAGS, <f64> flags);
  if (last == 0) return false;
  if (last == end) return true;
  fail(TRAILING, last);
  return false;
}

function skip(at: usize, end: usize, levels: i32): usize {
  return cbor ? skipCbor(at, end, levels) : skipMsgpack(at, end, levels);
}

function scanList(start: usize, end: usize, levels: i32): usize {
  if (start >= end || shapeOf(start) != LIST) return fail(NO_LIST, start);
  const first = <u32> load<u8>(start);
  const size = listSize(first);
  // -1 where the list does not say how many elements it has.
  const isOpen = cbor && first == 0x9f;
  if (!isOpen && (size < 0 || start + 1 + size > end)) return fail(TRUNCATED, end);
  const count: i64 = isOpen ? -1 : listCount(start, first, size);
  const typeAt = isOpen ? start + 1 : start + 1 + size;
  if (count == 0 || typeAt >= end || shapeOf(typeAt) != INTEGER) return fail(BAD_TYPE, typeAt);
  const at = skip(typeAt, end, levels);
  if (at == 0) return 0;
  const type = integerAt(typeAt);
  store<f64>(TYPE, <f64> type);
  if (<u64> type < PLAN_COUNT) {
    const plan = PLANS + (<usize> type << 3);
    if (load<u8>(plan, 3) != 0) return scanElements(at, end, levels, count - 1, plan);
  }
  if (type < FIRST_EXTENSION_TYPE || type > LAST_EXTENSION_TYPE) return fail(BAD_TYPE, typeAt);
  return skipRest(at, end, levels, count - 1);
}

/** Passes over what is left of a list. */
function skipRest(at: usize, end: usize, levels: i32, left: i64): usize {
  for (; left != 0; left--) {
    if (left < 0 && at < end && load<u8>(at) == 0xff) return at + 1;
    at = skip(at, end, levels);
    if (at == 0) return 0;
  }
  return at;
}

/** Goes through the elements; a plan is: number of kinds, required ones, payload or not, 1, the kinds. */
function scanElements(at: usize, end: usize, levels: i32, left: i64, plan: usize): usize {
  const kinds = <i64> load<u8>(plan);
  const required = <i64> load<u8>(plan, 1);
  const most = kinds + (load<u8>(plan, 2) != 0 ? 2 : 0);
  const isOpen = left < 0;
  if (!isOpen && (left < required || left > most)) return fail(WRONG_COUNT, at);
  let index: i64 = 0;
  while (true) {
    if (isOpen ? at < end && load<u8>(at) == 0xff : left == 0) {
      return index < required ? fail(WRONG_COUNT, at) : isOpen ? at + 1 : at;
    }
    if (index == most) return fail(WRONG_COUNT, at);
    if (at >= end) return fail(TRUNCATED, at);
    const next = skip(at, end, levels);
    if (next == 0) return 0;
    const code = index < kinds
      ? takeElement(at, next, <u32> load<u8>(plan + <usize> index, 4))
      : index == kinds
      ? takeArgs(at, next)
      : takeKwargs(at, next);
    if (code != 0) return fail(code, at);
    at = next;
    index++;
    left--;
  }
}

function takeElement(at: usize, next: usize, kind: u32): i32 {
  const shape = shapeOf(at);
  if (kind == ID || kind == SECOND) {
    const id = shape == INTEGER ? integerAt(at) : -1;
    if (id < 0) return NO_ID;
    store<f64>(kind == ID ? FIRST_ID : SECOND_ID, <f64> id);
  } else if (kind == REQUEST) {
    const type = shape == INTEGER ? integerAt(at) : -1;
    if (type < 1 || type > LAST_EXTENSION_TYPE) return NO_REQUEST_TYPE;
    store<f64>(REQUEST_TYPE, <f64> type);
  } else if (kind == URI || kind == REALM) {
    // Crossbar's clients leave the choice of the realm to the router with null.
    if (kind == REALM && shape == NULL) return 0;
    if (shape != TEXT) return NO_TEXT;
    const head = textHead(at);
    put(URI_START, at + head);
    put(URI_END, next);
    if (head == 0) flags = CHUNKED_URI;
    else store<f64>(URI_SLOT, <f64> findUri(at + head, <u32> (next - at - head)));
  } else {
    if (shape != DICT) return NO_DICT;
    put(OPTIONS_START, at);
    put(OPTIONS_END, load<u8>(at) == (cbor ? 0xa0 : 0x80) ? at : next);
  }
  return 0;
}

function takeArgs(at: usize, next: usize): i32 {
  const shape = shapeOf(at);
  // Autobahn leaves args null when there are kwargs only.
  if (shape == NULL) return 0;
  if (shape == TEXT || shape == BINARY) flags |= OPAQUE;
  else if (shape != LIST) return NO_ARGS;
  put(ARGS_START, at);
  put(ARGS_END, next);
  return 0;
}

function takeKwargs(at: usize, next: usize): i32 {
  if ((flags & OPAQUE) != 0) return WRONG_COUNT;
  if (shapeOf(at) != DICT) return NO_KWARGS;
  put(KWARGS_START, at);
  put(KWARGS_END, next);
  return 0;
}

function put(slot: usize, at: usize): void {
  store<f64>(slot, <f64> (<i32> at + shift));
}

function shapeOf(at: usize): i32 {
  const byte = <u32> load<u8>(at);
  if (cbor) {
    switch (byte >> 5) {
      case 0:
        return INTEGER;
      case 2:
        return BINARY;
      case 3:
        return TEXT;
      case 4:
        return LIST;
      case 5:
        return DICT;
      default:
        return byte == 0xf6 ? NULL : OTHER;
    }
  }
  if (byte < 0x80) return INTEGER;
  if (byte < 0x90) return DICT;
  if (byte < 0xa0) return LIST;
  if (byte < 0xc0) return TEXT;
  if (byte == 0xc0) return NULL;
  if (byte >= 0xc4 && byte <= 0xc6) return BINARY;
  if (byte >= 0xcc && byte <= 0xd3 || byte >= 0xe0) return INTEGER;
  if (byte >= 0xd9 && byte <= 0xdb) return TEXT;
  if (byte == 0xdc || byte == 0xdd) return LIST;
  return byte == 0xde || byte == 0xdf ? DICT : OTHER;
}

/** The value of an integer from 0 to 2^53 that has been passed over, or -1 when it is another. */
function integerAt(at: usize): i64 {
  const byte = <u32> load<u8>(at);
  if (cbor) return idOf(readArgument(at, byte & 0x1f));
  if (byte < 0x80) return <i64> byte;
  switch (byte) {
    case 0xcc:
      return <i64> load<u8>(at, 1);
    case 0xcd:
      return <i64> read16(at + 1);
    case 0xce:
      return <i64> read32(at + 1);
    case 0xcf:
      return idOf(read64(at + 1));
    // Java and others write every number as a signed one.
    case 0xd0:
      return max<i64>(-1, <i64> load<i8>(at, 1));
    case 0xd1:
      return max<i64>(-1, <i64> (<i16> read16(at + 1)));
    case 0xd2:
      return max<i64>(-1, <i64> (<i32> read32(at + 1)));
    case 0xd3:
      return idOf(read64(at + 1));
    default:
      return -1;
  }
}

function idOf(value: u64): i64 {
  return value <= LARGEST_ID ? <i64> value : -1;
}

/** How many bytes stand before the characters of a text; 0 when it is in chunks. */
function textHead(at: usize): usize {
  const byte = <u32> load<u8>(at);
  if (!cbor) return 1 + lengthBytes(byte);
  return <usize> (argumentSize(byte & 0x1f) + 1);
}

/** How many bytes hold the number of elements of a list; -1 where the byte is none that a list begins with. */
function listSize(byte: u32): i32 {
  return cbor ? argumentSize(byte & 0x1f) : <i32> lengthBytes(byte);
}

function listCount(at: usize, byte: u32, size: i32): i64 {
  if (cbor) {
    const count = readArgument(at, byte & 0x1f);
    // More than any frame has, whatever it is.
    return count < 0x100000000 ? <i64> count : 0x100000000;
  }
  return byte < 0xa0 ? <i64> (byte & 0x0f) : <i64> readLength(at + 1, size);
}

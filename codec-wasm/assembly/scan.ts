// The head of a message: type, ids, and where URI, options, args and kwargs lie. Everything is checked, nothing decoded.
import { argumentSize, readArgument, skipCbor } from "./cbor.ts";
import {
  BAD_TYPE,
  clearFault,
  fail,
  faultCode,
  faultPlace,
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
import { PLAN_COUNT, PLANS } from "./layout.ts";
import { lengthBytes, read16, read32, read64, readLength, skipMsgpack } from "./msgpack.ts";
import {
  ARGS,
  ARGS_END,
  ARGS_START,
  beginRow,
  DICTIONARY,
  FAULT,
  FAULT_AT,
  findSlots,
  FIRST_EXTENSION_TYPE,
  FIRST_ID,
  FLAGS,
  ID,
  KWARGS,
  KWARGS_END,
  KWARGS_START,
  LARGEST_ID,
  LAST_EXTENSION_TYPE,
  OPTIONS_END,
  OPTIONS_START,
  REALM,
  REQUEST,
  REQUEST_TYPE,
  SECOND,
  SECOND_ID,
  TYPE,
  URI,
  URI_END,
  URI_START,
} from "./row.ts";

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

let cbor: bool = false;
/** Below this a first byte is an integer by itself. */
let small: u32 = 0;
/** The first byte of an empty dictionary. */
let emptyDict: u32 = 0;
let shift: i32 = 0;
/** Where the row of the message is. */
let row: usize = 0;
let type: u32 = 0;
let flags: u32 = 0;

/**
 * Scans a message of a format and fills its row; `toOffset` makes an address an offset of the caller's bytes. Returns whether all is well; what is not
 * is in the row.
 */
export function scanMessage(isCbor: bool, start: usize, end: usize, maxDepth: i32, toOffset: i32, to: usize): bool {
  cbor = isCbor;
  small = isCbor ? 24 : 128;
  emptyDict = isCbor ? 0xa0 : 0x80;
  shift = toOffset;
  row = to;
  type = 0;
  flags = 0;
  clearFault();
  beginRow(to, <i32> start + toOffset, <i32> end + toOffset);
  const last = scanList(start, end, maxDepth - 1);
  store<u32>(to, flags, FLAGS);
  if (last == end) return true;
  if (last != 0) fail(TRAILING, last);
  store<i32>(to, faultCode(), FAULT);
  store<i32>(to, <i32> faultPlace() + toOffset, FAULT_AT);
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
  const byte = <u32> load<u8>(typeAt);
  const at = byte < small ? typeAt + 1 : skip(typeAt, end, levels);
  if (at == 0) return 0;
  const code = byte < small ? <i64> byte : integerAt(typeAt);
  type = <u64> code > LAST_EXTENSION_TYPE ? -1 : <u32> code;
  store<u32>(row, type, TYPE);
  if (type < PLAN_COUNT) {
    const plan = PLANS + (<usize> type << 3);
    if (load<u8>(plan, 3) != 0) return scanElements(at, end, levels, count - 1, plan);
  }
  if (type < FIRST_EXTENSION_TYPE || type > <u32> LAST_EXTENSION_TYPE) return fail(BAD_TYPE, typeAt);
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
    const kind = index < kinds ? <u32> load<u8>(plan + <usize> index, 4) : index == kinds ? ARGS : KWARGS;
    const byte = <u32> load<u8>(at);
    // What most elements are takes no calls.
    if (kind == DICTIONARY && byte == emptyDict && levels > 0) {
      put(OPTIONS_START, at);
      put(OPTIONS_END, at++);
    } else if ((kind == ID || kind == SECOND) && byte < small) {
      store<f64>(row + (kind == ID ? FIRST_ID : SECOND_ID), <f64> byte);
      at++;
    } else {
      const next = skip(at, end, levels);
      if (next == 0) return 0;
      const code = kind == ARGS
        ? takeArgs(at, next)
        : kind == KWARGS
        ? takeKwargs(at, next)
        : takeElement(at, next, kind);
      if (code != 0) return fail(code, at);
      at = next;
    }
    index++;
    left--;
  }
}

function takeElement(at: usize, next: usize, kind: u32): i32 {
  const shape = shapeOf(at);
  if (kind == ID || kind == SECOND) {
    const id = shape == INTEGER ? integerAt(at) : -1;
    if (id < 0) return NO_ID;
    store<f64>(row + (kind == ID ? FIRST_ID : SECOND_ID), <f64> id);
  } else if (kind == REQUEST) {
    const request = shape == INTEGER ? integerAt(at) : -1;
    if (<u64> (request - 1) >= LAST_EXTENSION_TYPE) return NO_REQUEST_TYPE;
    store<i32>(row, <i32> request, REQUEST_TYPE);
  } else if (kind == URI || kind == REALM) {
    // Crossbar's clients leave the choice of the realm to the router with null.
    if (kind == REALM && shape == NULL) return 0;
    if (shape != TEXT) return NO_TEXT;
    const head = textHead(at);
    put(URI_START, at + head);
    put(URI_END, next);
    if (head == 0) flags = CHUNKED_URI;
    else findSlots(row, type, at + head, <u32> (next - at - head));
  } else {
    if (shape != DICT) return NO_DICT;
    put(OPTIONS_START, at);
    put(OPTIONS_END, <u32> load<u8>(at) == emptyDict ? at : next);
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
  store<i32>(row + slot, <i32> at + shift);
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

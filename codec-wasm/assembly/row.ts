// The row of integers that a scan fills for a message.
import { findPatterns, matchIndex } from "./match.ts";
import { findUri } from "./uris.ts";

// The words of a row, in bytes: `Slot` and `Id` in src/codec/core.ts.
export const FAULT: usize = 0;
export const FAULT_AT: usize = 4;
export const TYPE: usize = 8;
export const REQUEST_TYPE: usize = 12;
export const URI_START: usize = 16;
export const URI_END: usize = 20;
export const URI_SLOT: usize = 24;
export const FLAGS: usize = 28;
export const OPTIONS_START: usize = 32;
export const OPTIONS_END: usize = 36;
export const ARGS_START: usize = 40;
export const ARGS_END: usize = 44;
export const KWARGS_START: usize = 48;
export const KWARGS_END: usize = 52;
export const START: usize = 56;
export const END: usize = 60;
export const PATTERNS: usize = 64;
export const PATTERNS_AT: usize = 68;
export const FIRST_ID: usize = 72;
export const SECOND_ID: usize = 80;

// The kinds of elements, `Kind` in src/codec/plan.ts.
export const ID: u32 = 0;
export const REQUEST: u32 = 1;
export const URI: u32 = 2;
export const DICTIONARY: u32 = 3;
export const SECOND: u32 = 4;
export const REALM: u32 = 5;
// And what may follow them.
export const ARGS: u32 = 6;
export const KWARGS: u32 = 7;

export const LARGEST_ID: u64 = 0x20000000000000;
export const FIRST_EXTENSION_TYPE: u32 = 256;
export const LAST_EXTENSION_TYPE: u64 = 1023;

// The types of the messages that go to whoever has registered or subscribed to a URI, or to a pattern that matches it.
const PUBLISH: u32 = 16;
const CALL: u32 = 48;

/** Begins a row with nothing in it, for a message between two offsets of the caller's. */
export function beginRow(row: usize, start: i32, end: i32): void {
  store<u64>(row, 0, FAULT);
  store<u64>(row, 0, TYPE);
  store<u64>(row, 0, URI_START);
  store<u64>(row, 0, URI_SLOT);
  store<u64>(row, 0, OPTIONS_START);
  store<i64>(row, -1, ARGS_START);
  store<i64>(row, -1, KWARGS_START);
  store<i32>(row, start, START);
  store<i32>(row, end, END);
  store<i64>(row, -1, PATTERNS);
  store<f64>(row, 0, FIRST_ID);
  store<f64>(row, 0, SECOND_ID);
}

/** Puts who is known to have registered or subscribed to the URI of a message. */
export function findSlots(row: usize, type: u32, at: usize, length: u32): void {
  const slot = findUri(at, length);
  store<u32>(row, slot, URI_SLOT);
  // A call goes to whoever has registered just this URI, most often; an event goes to all.
  if (type != PUBLISH && (type != CALL || slot != 0)) return;
  store<i32>(row, matchIndex(), PATTERNS_AT);
  store<i32>(row, findPatterns(at, length), PATTERNS);
}

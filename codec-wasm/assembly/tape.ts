// The flat list of entries that a decode leaves; its layout is `Tape` in src/codec/core.ts.
import { TAPE } from "./layout.ts";

export const NULL: i32 = 0;
export const UNDEFINED: i32 = 1;
export const FALSE: i32 = 2;
export const TRUE: i32 = 3;
export const NUMBER: i32 = 4;
export const UINT64: i32 = 5;
export const INT64: i32 = 6;
export const NEGATIVE64: i32 = 7;
export const TEXT: i32 = 8;
export const BINARY: i32 = 9;
export const LIST: i32 = 10;
export const DICT: i32 = 11;
export const EXTENSION: i32 = 12;
export const DATE: i32 = 13;
export const TAGGED: i32 = 14;
export const TEXT_CHUNKS: i32 = 15;
export const BINARY_CHUNKS: i32 = 16;

/** The largest integer up to which a double has every one. */
const LARGEST_SAFE: u64 = 0x1fffffffffffff;

let next: usize = TAPE;

/** Begins a new value. */
export function rewind(): void {
  next = TAPE;
}

/** Appends an entry and returns where it lies. */
export function push(tag: i32, length: u32, offset: i32, extra: i32): usize {
  const entry = next;
  store<i32>(entry, tag);
  store<u32>(entry, length, 4);
  store<i32>(entry, offset, 8);
  store<i32>(entry, extra, 12);
  next = entry + 16;
  return entry;
}

/** Appends something that its tag says all of. */
export function pushTag(tag: i32): void {
  store<i32>(next, tag);
  next += 16;
}

/** Appends a number, or something else that is one 64-bit float. */
export function pushNumber(tag: i32, value: f64): void {
  store<i32>(next, tag);
  store<f64>(next, value, 8);
  next += 16;
}

/** Appends an unsigned 64-bit integer: as a number where that is exact and safe. */
export function pushUnsigned(value: u64): void {
  if (value <= LARGEST_SAFE) pushNumber(NUMBER, <f64> value);
  else push(UINT64, 0, <i32> value, <i32> (value >> 32));
}

/** Appends a signed 64-bit integer: as a number where that is exact and safe. */
export function pushSigned(value: i64): void {
  const safe = value <= <i64> LARGEST_SAFE && value >= -(<i64> LARGEST_SAFE);
  if (safe) pushNumber(NUMBER, <f64> value);
  else push(INT64, 0, <i32> value, <i32> (value >> 32));
}

/** Appends -1 minus an unsigned 64-bit integer: as a number where that is exact and safe. */
export function pushNegative(value: u64): void {
  if (value < LARGEST_SAFE) pushNumber(NUMBER, -1.0 - <f64> value);
  else push(NEGATIVE64, 0, <i32> value, <i32> (value >> 32));
}

/** Says how many elements a container turned out to have. */
export function setLength(entry: usize, length: u32): void {
  store<u32>(entry, length, 4);
}

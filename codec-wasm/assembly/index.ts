// What the binding (src/codec/wasm_memory.ts) calls.
import { decodeCbor } from "./cbor.ts";
import { clearFault, fail, faultCode, faultPlace, TRAILING } from "./fault.ts";
import { keysForgotten, keysUsed, makeRoom } from "./intern.ts";
import { scanJson } from "./json.ts";
import { HEADER, INPUT, RESULT, ROW_SIZE, ROWS } from "./layout.ts";
import { clearMatches } from "./match.ts";
import { decodeMsgpack, read32 } from "./msgpack.ts";
import { scanMessage } from "./scan.ts";
import { rewind } from "./tape.ts";
import { addUri, removeUri } from "./uris.ts";
import { clearTexts, textsEnd } from "./texts.ts";

export { addUri, removeUri };

/** To be raised with every change of the layout or of these calls: a module that was compiled elsewhere may be an older one. */
export const LAYOUT: i32 = 5;

/** Scans the message that lies from `start` to `end` of the input; the input holds the caller's bytes from `base` on. */
export function scan(cbor: bool, start: usize, end: usize, maxDepth: i32, base: i32): void {
  clearMatches();
  scanMessage(cbor, INPUT + start, INPUT + end, maxDepth, base - <i32> INPUT, HEADER);
}

/** Scans the message in JSON that fills the first bytes of the input and so many UTF-16 units. Returns whether it is plain. */
export function scanText(length: u32, units: u32, maxDepth: i32): bool {
  clearMatches();
  return scanJson(length, units, maxDepth, HEADER);
}

/**
 * Scans the messages, each behind its length, from `start` to `end` of the input. Returns how many: it stops before one that is not all there, that has
 * a fault, or that there is no row for.
 */
export function scanBatch(cbor: bool, start: usize, end: usize, maxDepth: i32, base: i32): i32 {
  clearMatches();
  let at = INPUT + start;
  const last = INPUT + end;
  let row = HEADER;
  let count = 0;
  for (; count < ROWS && at + 4 < last; count++) {
    const length = read32(at);
    at += 4;
    if (length == 0 || <u64> length > <u64> (last - at)) break;
    if (!scanMessage(cbor, at, at + length, maxDepth, base - <i32> INPUT, row)) break;
    at += length;
    row += ROW_SIZE;
  }
  return count;
}

/**
 * Writes the value that lies from `start` to `end` of the input to the tape; the input holds the caller's bytes from `base` on. Returns how many
 * keys are known, or -1 for a fault.
 */
export function decode(cbor: bool, start: usize, end: usize, maxDepth: i32, base: i32): i32 {
  clearFault();
  makeRoom();
  rewind();
  clearTexts();
  const from = INPUT + start;
  const to = INPUT + end;
  const shift = base - <i32> INPUT;
  const last = cbor ? decodeCbor(from, to, maxDepth, shift) : decodeMsgpack(from, to, maxDepth, shift);
  if (last != 0 && last != to) fail(TRAILING, last);
  store<u32>(RESULT, keysForgotten(), 8);
  store<u32>(RESULT, <u32> textsEnd(), 12);
  if (faultCode() == 0) return <i32> keysUsed();
  store<i32>(RESULT, faultCode());
  store<i32>(RESULT, <i32> faultPlace() - <i32> INPUT + base, 4);
  return -1;
}

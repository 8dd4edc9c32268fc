// What the binding (src/codec/wasm_core.ts) calls.
import { decodeCbor } from "./cbor.ts";
import { clearFault, fail, faultCode, faultPlace, TRAILING } from "./fault.ts";
import { keysForgotten, keysUsed, makeRoom } from "./intern.ts";
import { INPUT, RESULT } from "./layout.ts";
import { decodeMsgpack } from "./msgpack.ts";
import { scanMessage } from "./scan.ts";
import { rewind } from "./tape.ts";
import { addUri, removeUri } from "./uris.ts";
import { clearTexts, textsEnd } from "./texts.ts";

export { addUri, removeUri };

/** To be raised with every change of the layout or of these calls: a module that was compiled elsewhere may be an older one. */
export const LAYOUT: i32 = 2;

/**
 * Scans the message that lies from `start` to `end` of the input; the input holds the caller's bytes from `base` on. Returns whether all is well;
 * a fault is in the result.
 */
export function scan(cbor: bool, start: usize, end: usize, maxDepth: i32, base: i32): bool {
  clearFault();
  const ok = scanMessage(cbor, INPUT + start, INPUT + end, maxDepth, base - <i32> INPUT);
  if (!ok) putFault(base);
  return ok;
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
  putFault(base);
  return -1;
}

function putFault(base: i32): void {
  store<i32>(RESULT, faultCode());
  store<i32>(RESULT, <i32> faultPlace() - <i32> INPUT + base, 4);
}

// What the binding (src/codec/wasm_core.ts) calls.
import { decodeCbor } from "./cbor.ts";
import { clearFault, fail, faultCode, faultPlace, TRAILING } from "./fault.ts";
import { keysForgotten, keysUsed, makeRoom } from "./intern.ts";
import { INPUT, RESULT } from "./layout.ts";
import { decodeMsgpack } from "./msgpack.ts";
import { scanMessage } from "./scan.ts";
import { rewind } from "./tape.ts";

/** Scans the message in the first `length` bytes of the input. Returns whether all is well; a fault is in the result. */
export function scan(cbor: bool, length: u32, maxDepth: i32, base: i32): bool {
  clearFault();
  const ok = scanMessage(cbor, INPUT, INPUT + length, maxDepth, base);
  if (!ok) putFault(base);
  return ok;
}

/** Writes the value in the first `length` bytes of the input to the tape. Returns how many keys are known, or -1 for a fault. */
export function decode(cbor: bool, length: u32, maxDepth: i32, base: i32): i32 {
  clearFault();
  makeRoom();
  rewind();
  const end = INPUT + length;
  const shift = base - <i32> INPUT;
  const last = cbor ? decodeCbor(INPUT, end, maxDepth, shift) : decodeMsgpack(INPUT, end, maxDepth, shift);
  if (last != 0 && last != end) fail(TRAILING, last);
  store<u32>(RESULT, keysForgotten(), 8);
  store<u32>(RESULT, keysUsed(), 12);
  if (faultCode() == 0) return <i32> keysUsed();
  putFault(base);
  return -1;
}

function putFault(base: i32): void {
  store<i32>(RESULT, faultCode());
  store<i32>(RESULT, <i32> faultPlace() - <i32> INPUT + base, 4);
}

// Short ASCII texts are gathered, so that the binding makes one string of up to a kilobyte of them and cuts the values out of it. Per text of 4 to
// 24 bytes that took 10 ns on V8 and 20 to 45 ns on JavaScriptCore where character codes took 12 to 80 and 31 to 150. A value that is kept
// may keep its kilobyte, and never more.
import { keySlot } from "./intern.ts";
import { LONGEST_TEXT, TEXT_CHUNK, TEXTS } from "./layout.ts";
import { push, TEXT } from "./tape.ts";

const HIGH_BITS: u64 = 0x8080808080808080;

let next: usize = 0;

export function clearTexts(): void {
  next = 0;
}

/** How many bytes are taken. */
export function textsEnd(): usize {
  return next;
}

/** Writes a text to the tape, with its slot as a key, or its place among the gathered ones as a value. */
export function pushText(isKey: bool, at: usize, length: u32, shift: i32): void {
  push(TEXT, length, <i32> at + shift, isKey ? keySlot(at, length) : gather(at, length));
}

/** Takes a text; returns where it lies among the others, or -1: it is long or not ASCII. */
function gather(at: usize, length: u32): i32 {
  if (length > LONGEST_TEXT) return -1;
  const tail = length & 7;
  const whole = length - tail;
  const last = load<u64>(at + whole) & (((<u64> 1) << (<u64> tail << 3)) - 1);
  let bits = last;
  for (let done: u32 = 0; done < whole; done += 8) bits |= load<u64>(at + done);
  // What is not ASCII must not be left behind among the others either: they are decoded together.
  if ((bits & HIGH_BITS) != 0) return -1;
  let place = next;
  if ((place & (TEXT_CHUNK - 1)) + length > TEXT_CHUNK) place = (place + TEXT_CHUNK - 1) & ~(TEXT_CHUNK - 1);
  const to = TEXTS + place;
  for (let done: u32 = 0; done < whole; done += 8) store<u64>(to + done, load<u64>(at + done));
  if (tail != 0) store<u64>(to + whole, last);
  next = place + length;
  return <i32> place;
}

// URIs that somebody has registered or subscribed to, by their bytes: a scan gives the slot of one, and the binding has its text, whose hash is
// known already. To decode 23 bytes and look up the new text took 145 ns on V8, by its slot it takes 35. What merely arrives is never put in.
// Patterns have slots of the same kind, and are found by match.ts.
import {
  INPUT,
  LONGEST_URI,
  URI_BUCKETS,
  URI_COUNT,
  URI_HEADS,
  URI_KINDS,
  URI_LENGTHS,
  URI_NEXT,
  URIS,
} from "./layout.ts";
import { addPattern, patternHead, removePattern } from "./match.ts";

/** How a URI matches that is no pattern. */
const EXACT: u32 = 0;

/** Slots from here on have never been used; those that are free again are chained from `free`. Both are slots plus one, 0 is none. */
let fresh: u32 = 1;
let free: u32 = 0;

/** The slot of a URI plus one, or 0. */
export function findUri(at: usize, length: u32): u32 {
  if (length - 1 >= LONGEST_URI) return 0;
  let known = <u32> load<u16>(URI_HEADS + (<usize> bucketOf(at, length) << 1));
  while (known != 0 && !isUri(known, at, length)) known = nextOf(known);
  return known;
}

/**
 * Puts in the URI or pattern in the first bytes of the input, which must not be there yet. Returns its slot plus one, or 0 when it is long or the
 * table full.
 */
export function addUri(length: u32, kind: u32): u32 {
  if (kind == EXACT ? length - 1 >= LONGEST_URI : length > LONGEST_URI) return 0;
  const slot = free != 0 ? free : fresh;
  if (slot > URI_COUNT || kind != EXACT && !addPattern(kind, INPUT, length)) return 0;
  if (free != 0) free = nextOf(slot);
  else fresh++;
  const cell = cellOf(slot);
  store<u8>(URI_LENGTHS + slot, length);
  store<u8>(URI_KINDS + slot, kind);
  memory.copy(cell, INPUT, length);
  const head = headOf(kind, cell, length);
  store<u16>(URI_NEXT + (<usize> slot << 1), load<u16>(head));
  store<u16>(head, slot);
  return slot;
}

/** Takes a URI or pattern out, by its slot plus one. */
export function removeUri(slot: u32): void {
  const cell = cellOf(slot);
  const length = lengthOf(slot);
  const kind = kindOf(slot);
  if (kind != EXACT) removePattern(kind, cell, length);
  let link = headOf(kind, cell, length);
  while (<u32> load<u16>(link) != slot) link = URI_NEXT + (<usize> load<u16>(link) << 1);
  const next = URI_NEXT + (<usize> slot << 1);
  store<u16>(link, load<u16>(next));
  store<u16>(next, free);
  free = slot;
}

function headOf(kind: u32, at: usize, length: u32): usize {
  return kind == EXACT ? URI_HEADS + (<usize> bucketOf(at, length) << 1) : patternHead(kind, at, length);
}

export function nextOf(slot: u32): u32 {
  return <u32> load<u16>(URI_NEXT + (<usize> slot << 1));
}

export function cellOf(slot: u32): usize {
  return URIS + <usize> (slot - 1) * LONGEST_URI;
}

export function lengthOf(slot: u32): u32 {
  return <u32> load<u8>(URI_LENGTHS + slot);
}

export function kindOf(slot: u32): u32 {
  return <u32> load<u8>(URI_KINDS + slot);
}

/** URIs often differ in their middle only: all words count. */
function bucketOf(at: usize, length: u32): u32 {
  let hash: u64 = length;
  const tail = length & 7;
  const end = at + length - tail;
  for (let word = at; word < end; word += 8) hash = rotl<u64>((hash ^ load<u64>(word)) * 0x9e3779b97f4a7c15, 29);
  hash = (hash ^ load<u64>(end) & (((<u64> 1) << (<u64> tail << 3)) - 1)) * 0x9e3779b97f4a7c15;
  return <u32> (hash >> 40) & (URI_BUCKETS - 1);
}

/** Whether what a slot holds is the same text. */
export function isUri(slot: u32, at: usize, length: u32): bool {
  if (lengthOf(slot) != length) return false;
  const cell = cellOf(slot);
  const tail = length & 7;
  const whole = length - tail;
  for (let done: usize = 0; done < whole; done += 8) {
    if (load<u64>(cell + done) != load<u64>(at + done)) return false;
  }
  return ((load<u64>(cell + whole) ^ load<u64>(at + whole)) & (((<u64> 1) << (<u64> tail << 3)) - 1)) == 0;
}

// URIs that somebody has registered or subscribed to, by their bytes: a scan gives the slot of one, and the binding has its text, whose hash is
// known already. To decode 23 bytes and look up the new text took 145 ns on V8, by its slot it takes 35. What merely arrives is never put in.
import { INPUT, LONGEST_URI, URI_BUCKETS, URI_COUNT, URI_HEADS, URI_LENGTHS, URI_NEXT, URIS } from "./layout.ts";

/** Slots from here on have never been used; those that are free again are chained from `free`. Both are slots plus one, 0 is none. */
let fresh: u32 = 1;
let free: u32 = 0;

/** The slot of a URI plus one, or 0. */
export function findUri(at: usize, length: u32): u32 {
  if (length - 1 >= LONGEST_URI) return 0;
  let known = <u32> load<u16>(URI_HEADS + (<usize> bucketOf(at, length) << 1));
  while (known != 0 && !isUri(known, at, length)) known = <u32> load<u16>(URI_NEXT + (<usize> known << 1));
  return known;
}

/** Puts in the URI in the first bytes of the input, which must not be there yet. Returns its slot plus one, or 0 when it is long or the table full. */
export function addUri(length: u32): u32 {
  if (length - 1 >= LONGEST_URI) return 0;
  const slot = free != 0 ? free : fresh;
  if (slot > URI_COUNT) return 0;
  if (free != 0) free = <u32> load<u16>(URI_NEXT + (<usize> slot << 1));
  else fresh++;
  const head = URI_HEADS + (<usize> bucketOf(INPUT, length) << 1);
  store<u16>(URI_NEXT + (<usize> slot << 1), load<u16>(head));
  store<u16>(head, slot);
  store<u8>(URI_LENGTHS + slot, length);
  memory.copy(cellOf(slot), INPUT, length);
  return slot;
}

/** Takes a URI out, by its slot plus one. */
export function removeUri(slot: u32): void {
  const cell = cellOf(slot);
  let link = URI_HEADS + (<usize> bucketOf(cell, <u32> load<u8>(URI_LENGTHS + slot)) << 1);
  while (<u32> load<u16>(link) != slot) link = URI_NEXT + (<usize> load<u16>(link) << 1);
  const next = URI_NEXT + (<usize> slot << 1);
  store<u16>(link, load<u16>(next));
  store<u16>(next, free);
  free = slot;
}

function cellOf(slot: u32): usize {
  return URIS + <usize> (slot - 1) * LONGEST_URI;
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

function isUri(slot: u32, at: usize, length: u32): bool {
  if (<u32> load<u8>(URI_LENGTHS + slot) != length) return false;
  const cell = cellOf(slot);
  const tail = length & 7;
  const whole = length - tail;
  for (let done: usize = 0; done < whole; done += 8) {
    if (load<u64>(cell + done) != load<u64>(at + done)) return false;
  }
  return ((load<u64>(cell + whole) ^ load<u64>(at + whole)) & (((<u64> 1) << (<u64> tail << 3)) - 1)) == 0;
}

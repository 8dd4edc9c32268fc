// URIs that somebody has registered or subscribed to, by their bytes: a scan gives the slot of one, and the binding has its text, whose hash is
// known already. To decode 23 bytes and look up the new text took 145 ns on V8, by its slot it takes 35. What merely arrives is never put in.
// Patterns have slots of the same kind, and are found by match.ts.
import { FEW_URIS, INPUT, LONGEST_URI, MANY_URIS, URIS } from "./layout.ts";
import { addPattern, patternHead, removePattern } from "./match.ts";

/** How a URI matches that is no pattern. */
const EXACT: u32 = 0;
/** So many share a bucket at most, which by chance they never do: strangers choose them, and a look-up passes all of them. */
const MOST_IN_BUCKET: u32 = 24;
/** How many bytes the table takes for each: see below. */
const BYTES_EACH: u32 = 88;

// Where length and kind are in a record.
const LENGTH: usize = 4;
const KIND: usize = 5;

/** How many there is room for, always a power of two. */
let room: u32 = FEW_URIS;
/**
 * Where the table is: 64 bytes of each; the first slot of each bucket, 4 bytes each, twice as many as there is room for; the same for patterns; a record
 * of each, 8 bytes: what follows it in its bucket, how long it is, how it matches. Of a large table each of these is another line of the cache.
 */
let table: usize = URIS;

/** Slots from here on have never been used; those that are free again are chained from `free`. Slots begin with 1; 0 is none. */
let fresh: u32 = 1;
let free: u32 = 0;

/** The slot of a URI, or 0. */
export function findUri(at: usize, length: u32): u32 {
  if (length - 1 >= LONGEST_URI) return 0;
  let known = load<u32>(headOfUri(at, length));
  while (known != 0 && !isUri(known, at, length)) known = nextOf(known);
  return known;
}

/**
 * Puts in the URI or pattern in the first bytes of the input, which must not be there yet. Returns its slot, or 0 when it is long or the table full.
 */
export function addUri(length: u32, kind: u32): u32 {
  if (kind == EXACT ? length - 1 >= LONGEST_URI : length > LONGEST_URI) return 0;
  if (free == 0 && fresh > room && !enlarge()) return 0;
  if (isCrowded(headOf(kind, INPUT, length)) || kind != EXACT && !addPattern(kind, INPUT, length)) return 0;
  const slot = free != 0 ? free : fresh;
  if (free != 0) free = nextOf(slot);
  else fresh++;
  store<u8>(recordOf(slot), length, LENGTH);
  store<u8>(recordOf(slot), kind, KIND);
  memory.copy(cellOf(slot), INPUT, length);
  link(slot);
  return slot;
}

/** Takes a URI or pattern out, by its slot. */
export function removeUri(slot: u32): void {
  const cell = cellOf(slot);
  const length = lengthOf(slot);
  const kind = kindOf(slot);
  if (kind != EXACT) removePattern(kind, cell, length);
  let at = headOf(kind, cell, length);
  while (load<u32>(at) != slot) at = recordOf(load<u32>(at));
  store<u32>(at, nextOf(slot));
  store<u32>(recordOf(slot), free);
  free = slot;
}

/** Puts what is in a slot into its bucket. */
function link(slot: u32): void {
  const head = headOf(kindOf(slot), cellOf(slot), lengthOf(slot));
  store<u32>(recordOf(slot), load<u32>(head));
  store<u32>(head, slot);
}

/** Makes a larger table, all slots being in use; the memory is all zeros there. Returns whether there is one. */
function enlarge(): bool {
  if (room == MANY_URIS) return false;
  const pages = memory.grow((MANY_URIS * BYTES_EACH + 0xffff) >> 16);
  if (pages < 0) return false;
  const from = table;
  const last = room;
  table = <usize> pages << 16;
  room = MANY_URIS;
  memory.copy(table, from, last << 6);
  memory.copy(recordOf(1), from + last * 80, last << 3);
  for (let slot: u32 = 1; slot <= last; slot++) link(slot);
  return true;
}

function isCrowded(head: usize): bool {
  let left = MOST_IN_BUCKET;
  for (let slot = load<u32>(head); slot != 0; slot = nextOf(slot)) if (--left == 0) return true;
  return false;
}

function headOf(kind: u32, at: usize, length: u32): usize {
  return kind == EXACT ? headOfUri(at, length) : patternHead(kind, at, length);
}

/** Where the chain of the patterns with a hash begins. */
export function headOfPattern(hash: u64): usize {
  return table + <usize> room * 72 + (<usize> (<u32> (hash >> 40) & ((room << 1) - 1)) << 2);
}

export function cellOf(slot: u32): usize {
  return table + (<usize> (slot - 1) << 6);
}

function recordOf(slot: u32): usize {
  return table + <usize> room * 80 + (<usize> (slot - 1) << 3);
}

export function nextOf(slot: u32): u32 {
  return load<u32>(recordOf(slot));
}

export function lengthOf(slot: u32): u32 {
  return <u32> load<u8>(recordOf(slot), LENGTH);
}

export function kindOf(slot: u32): u32 {
  return <u32> load<u8>(recordOf(slot), KIND);
}

/** URIs often differ in their middle only: all words count. */
function headOfUri(at: usize, length: u32): usize {
  let hash: u64 = length;
  const tail = length & 7;
  const end = at + length - tail;
  for (let word = at; word < end; word += 8) hash = rotl<u64>((hash ^ load<u64>(word)) * 0x9e3779b97f4a7c15, 29);
  hash = (hash ^ load<u64>(end) & (((<u64> 1) << (<u64> tail << 3)) - 1)) * 0x9e3779b97f4a7c15;
  return table + <usize> room * 64 + (<usize> (<u32> (hash >> 40) & ((room << 1) - 1)) << 2);
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

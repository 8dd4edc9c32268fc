// Map keys that came before, by their bytes. A key that comes again is a slot on the tape: no text is decoded, and engines make objects faster
// from the very same key. The table is bounded, holds keys only, never values; when it is full it starts again with the next value, so that a
// peer that sends ever new keys costs the others a decoding of theirs, now and then.
import { KEY_COUNT, KEY_LENGTHS, KEY_TABLE, KEY_TABLE_SIZE, KEYS, LONGEST_KEY } from "./layout.ts";

const HIGH_BITS: u64 = 0x8080808080808080;
const MOST_PROBES: u32 = 8;

let used: u32 = 0;
let full: bool = false;
let forgotten: u32 = 0;

export function keysUsed(): u32 {
  return used;
}

export function keysForgotten(): u32 {
  return forgotten;
}

/** To be called between values only: slots on a tape must keep their meaning. */
export function makeRoom(): void {
  if (!full) return;
  memory.fill(KEY_TABLE, 0, <usize> KEY_TABLE_SIZE * 2);
  used = 0;
  full = false;
  forgotten++;
}

/** The slot of a key, or -1: it is empty, long, not ASCII, or the table is full. */
export function keySlot(at: usize, length: u32): i32 {
  if (length - 1 >= LONGEST_KEY) return -1;
  let first = load<u64>(at);
  let last = first;
  if (length < 8) {
    first &= ((<u64> 1) << (<u64> length << 3)) - 1;
    last = first;
  } else last = load<u64>(at + length - 8);
  let place = hash(first, last, length);
  for (let probe: u32 = 0; probe < MOST_PROBES; probe++) {
    const entry = KEY_TABLE + (<usize> place << 1);
    const slot = <u32> load<u16>(entry);
    if (slot == 0) return insert(entry, at, length, first);
    if (isKey(slot - 1, at, length, first, last)) return <i32> (slot - 1);
    place = (place + 1) & (KEY_TABLE_SIZE - 1);
  }
  full = true;
  return -1;
}

function hash(first: u64, last: u64, length: u32): u32 {
  const mixed = (first ^ rotl<u64>(last, 29) ^ length) * 0x9e3779b97f4a7c15;
  return <u32> (mixed >> 48) & (KEY_TABLE_SIZE - 1);
}

function isKey(slot: u32, at: usize, length: u32, first: u64, last: u64): bool {
  if (<u32> load<u8>(KEY_LENGTHS + slot) != length) return false;
  const key = KEYS + (<usize> slot << 5);
  if (load<u64>(key) != first) return false;
  if (length <= 8) return true;
  if (load<u64>(key + length - 8) != last) return false;
  if (length > 16 && load<u64>(key, 8) != load<u64>(at, 8)) return false;
  return length <= 24 || load<u64>(key, 16) == load<u64>(at, 16);
}

function insert(entry: usize, at: usize, length: u32, first: u64): i32 {
  if (used == KEY_COUNT) {
    full = true;
    return -1;
  }
  let bits: u64 = length < 8 ? first : load<u64>(at + length - 8);
  for (let index: u32 = 0; index + 8 <= length; index += 8) bits |= load<u64>(at + index);
  if ((bits & HIGH_BITS) != 0) return -1;
  const slot = used++;
  const key = KEYS + (<usize> slot << 5);
  store<u64>(key, 0);
  memory.copy(key, at, length);
  store<u8>(KEY_LENGTHS + slot, length);
  store<u16>(entry, slot + 1);
  return <i32> slot;
}

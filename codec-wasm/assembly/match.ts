// Prefixes and wildcard patterns that somebody has registered or subscribed to, found by the bytes of a URI in one pass over them: a hash is carried
// from byte to byte and looked up at each length that a prefix has; the hashes of the components, put together with some of them left out, are
// looked up for each set of places that some pattern leaves out (its shape). A tree by character or component would follow a pointer for each; here
// there are as many look-ups as there are lengths and shapes, most often a handful, and no more than there is room for.
import {
  COMPONENTS,
  LONGEST_PREFIX,
  MATCHES,
  MATCHES_END,
  MOST_COMPONENTS,
  MOST_SHAPES,
  PREFIX_LENGTHS,
  SHAPES,
} from "./layout.ts";
import { cellOf, headOfPattern, isUri, kindOf, lengthOf, nextOf } from "./uris.ts";

// How a pattern matches, and what is told of it besides its slot: `Pattern` in src/codec/core.ts.
const PREFIX: u32 = 1;
const WILDCARD: u32 = 2;
const WHOLE_BIT: u32 = 0x100000;
const WILDCARD_BIT: u32 = 0x200000;

const DOT: u32 = 0x2e;
const SEED: u64 = 0x517cc1b727220a95;
/** Stands for a component that may be any. */
const ANY: u64 = 0x2545f4914f6cdd1d;

/** A bit for each length that a prefix has. */
let lengths: u64 = 0;
/** How many shapes there are, those whose first wildcard is farther behind, which are better, before the others. */
let shapes: u32 = 0;
/** Where the next match is put. */
let next: usize = MATCHES;

export function clearMatches(): void {
  next = MATCHES;
}

/** Which of the matches comes next. */
export function matchIndex(): i32 {
  return <i32> (next - MATCHES) >> 2;
}

function mix(hash: u64, value: u64): u64 {
  return (hash ^ value) * 0x9e3779b97f4a7c15;
}

/**
 * Finds the patterns that match a URI: prefixes, the shortest first, then wildcard patterns, the best first. Returns how many, or -1 when that is not
 * known: there are none at all, or more than there is room for.
 */
export function findPatterns(at: usize, length: u32): i32 {
  if (lengths == 0 && shapes == 0) return -1;
  const first = next;
  const components = findPrefixes(at, length);
  for (let shape: u32 = 0; shape < shapes; shape++) {
    const entry = SHAPES + (<usize> shape << 4);
    if (load<u32>(entry, 4) == components) findShape(load<u32>(entry), components);
  }
  if (next <= MATCHES_END) return <i32> (next - first) >> 2;
  next = first;
  return -1;
}

/** Puts what is found; what there is no room for is counted only. */
function put(match: u32): void {
  if (next < MATCHES_END) store<u32>(next, match);
  next += 4;
}

/** Puts the prefixes of a URI, and notes its components; returns how many these are. */
function findPrefixes(at: usize, length: u32): u32 {
  let hash = SEED;
  let part = SEED;
  let begin: u32 = 0;
  let components: u32 = 0;
  let before = DOT;
  let index: u32 = 0;
  while (true) {
    const byte = index < length ? <u32> load<u8>(at + index) : DOT;
    if (index <= LONGEST_PREFIX && (lengths >> index & 1) != 0) {
      putPrefix(hash, at, index, byte == DOT || before == DOT);
    }
    if (byte == DOT) {
      noteComponent(components++, part, <u32> at + begin, <u32> at + index);
      if (index == length) return components;
      begin = index + 1;
      part = SEED;
    } else part = mix(part, byte);
    hash = mix(hash, byte);
    before = byte;
    index++;
  }
}

function putPrefix(hash: u64, at: usize, length: u32, isWhole: bool): void {
  let slot = load<u32>(headOfPattern(hash));
  while (slot != 0 && (kindOf(slot) != PREFIX || !isUri(slot, at, length))) slot = nextOf(slot);
  if (slot != 0) put(isWhole ? slot | WHOLE_BIT : slot);
}

function noteComponent(index: u32, hash: u64, begin: u32, end: u32): void {
  if (index >= MOST_COMPONENTS) return;
  const entry = COMPONENTS + (<usize> index << 4);
  store<u64>(entry, hash);
  store<u32>(entry, begin, 8);
  store<u32>(entry, end, 12);
}

/** Puts the pattern with wildcards at certain places, if there is one; the first component's place is the highest bit. */
function findShape(places: u32, components: u32): void {
  let slot = load<u32>(headOfPattern(shapeHash(places, components)));
  while (slot != 0 && (kindOf(slot) != WILDCARD || !isWildcard(slot, places, components))) slot = nextOf(slot);
  if (slot != 0) put(slot | WILDCARD_BIT);
}

function shapeHash(places: u32, components: u32): u64 {
  let hash = SEED;
  for (let index: u32 = 0; index < components; index++) {
    const isAny = (places << index) >> 31 != 0;
    hash = mix(rotl<u64>(hash, 29), isAny ? ANY : load<u64>(COMPONENTS + (<usize> index << 4)));
  }
  return hash;
}

/** Whether a pattern has wildcards at just these places, and the components that were noted at the others. */
function isWildcard(slot: u32, places: u32, components: u32): bool {
  let at = cellOf(slot);
  const end = at + lengthOf(slot);
  for (let index: u32 = 0; index < components; index++) {
    if ((places << index) >> 31 == 0) {
      const entry = COMPONENTS + (<usize> index << 4);
      let from = <usize> load<u32>(entry, 8);
      const to = <usize> load<u32>(entry, 12);
      if (from == to) return false;
      for (; from < to; from++, at++) if (at >= end || load<u8>(at) != load<u8>(from)) return false;
    }
    if (index + 1 == components) return at == end;
    if (at >= end || <u32> load<u8>(at) != DOT) return false;
    at++;
  }
  return false;
}

/** Where the chain begins that a pattern belongs to. */
export function patternHead(kind: u32, at: usize, length: u32): usize {
  if (kind == WILDCARD) {
    const components = noteComponents(at, length);
    return headOfPattern(shapeHash(placesOf(components), components));
  }
  let hash = SEED;
  for (let index: u32 = 0; index < length; index++) hash = mix(hash, load<u8>(at + index));
  return headOfPattern(hash);
}

/** Notes the components of a pattern; returns how many these are. */
function noteComponents(at: usize, length: u32): u32 {
  const known = lengths;
  lengths = 0;
  const components = findPrefixes(at, length);
  lengths = known;
  return components;
}

/** The places of the wildcards in the pattern whose components were noted. */
function placesOf(components: u32): u32 {
  let places: u32 = 0;
  for (let index: u32 = 0; index < components; index++) {
    const entry = COMPONENTS + (<usize> index << 4);
    if (load<u32>(entry, 8) == load<u32>(entry, 12)) places |= 0x80000000 >> index;
  }
  return places;
}

/** Makes searches look for a pattern like this; returns whether they can. */
export function addPattern(kind: u32, at: usize, length: u32): bool {
  if (kind == PREFIX) {
    if (length > LONGEST_PREFIX) return false;
    const entry = PREFIX_LENGTHS + (<usize> length << 2);
    store<u32>(entry, load<u32>(entry) + 1);
    lengths |= (<u64> 1) << length;
    return true;
  }
  const components = noteComponents(at, length);
  if (components > MOST_COMPONENTS) return false;
  const places = placesOf(components);
  const entry = shapeEntry(places, components);
  if (isShape(entry, places, components)) {
    store<u32>(entry, load<u32>(entry, 8) + 1, 8);
    return true;
  }
  if (shapes == MOST_SHAPES) return false;
  memory.copy(entry + 16, entry, SHAPES + (<usize> shapes << 4) - entry);
  store<u32>(entry, places);
  store<u32>(entry, components, 4);
  store<u32>(entry, 1, 8);
  shapes++;
  return true;
}

/** Takes back what `addPattern` did. */
export function removePattern(kind: u32, at: usize, length: u32): void {
  if (kind == PREFIX) {
    const entry = PREFIX_LENGTHS + (<usize> length << 2);
    const left = load<u32>(entry) - 1;
    store<u32>(entry, left);
    if (left == 0) lengths &= ~((<u64> 1) << length);
    return;
  }
  const components = noteComponents(at, length);
  const entry = shapeEntry(placesOf(components), components);
  const left = load<u32>(entry, 8) - 1;
  store<u32>(entry, left, 8);
  if (left != 0) return;
  shapes--;
  memory.copy(entry, entry + 16, SHAPES + (<usize> shapes << 4) - entry);
}

/** Where a shape is, or belongs: in the order of its places. */
function shapeEntry(places: u32, components: u32): usize {
  let entry = SHAPES;
  const end = SHAPES + (<usize> shapes << 4);
  while (entry < end && isBefore(entry, places, components)) entry += 16;
  return entry;
}

function isBefore(entry: usize, places: u32, components: u32): bool {
  const known = load<u32>(entry);
  return known < places || known == places && load<u32>(entry, 4) < components;
}

function isShape(entry: usize, places: u32, components: u32): bool {
  if (entry == SHAPES + (<usize> shapes << 4)) return false;
  return load<u32>(entry) == places && load<u32>(entry, 4) == components;
}

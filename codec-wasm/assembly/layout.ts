// Where things lie in the core's memory. It is fixed but for one step: when the table of URIs is full, a larger one is put behind the end. Nothing else
// grows, nothing is allocated, and there is no state from one call to the next but the tables of keys and of URIs. The binding has the same numbers.

/** What a decode tells besides: fault, its place, how often keys were forgotten, how many bytes of texts were gathered. */
export const RESULT: usize = 0x1000;
/** The shape of each message type, 8 bytes each, written by the binding from its own table. */
export const PLANS: usize = 0x1100;
/** How many types have one. */
export const PLAN_COUNT: u32 = 96;
/** Open lists and dictionaries, 8 bytes each. */
export const STACK: usize = 0x2000;
/** How many may be open; the binding takes the TypeScript half for those who want more. */
export const STACK_SIZE: i32 = 1024;
/** What a scan found, a row for each message; the slots are `Slot` in src/codec/core.ts. */
export const HEADER: usize = 0x4000;
export const ROW_SIZE: usize = 88;
/** How many messages of a batch are scanned in one call. */
export const ROWS: i32 = 64;
/** Slots of the key table, 2 bytes each. */
export const KEY_TABLE: usize = 0x6000;
export const KEY_TABLE_SIZE: u32 = 1024;
/** The length of each key. */
export const KEY_LENGTHS: usize = 0x6800;
/** The bytes of each key, 32 each. */
export const KEYS: usize = 0x7000;
export const KEY_COUNT: u32 = 512;
export const LONGEST_KEY: u32 = 32;

/** The patterns that match the URIs of what was scanned, 4 bytes each. */
export const MATCHES: usize = 0xb000;
export const MATCHES_END: usize = 0xc000;

/** The frame. */
export const INPUT: usize = 0x10000;
export const INPUT_SIZE: u32 = 0x18000;
/** The tape, 16 bytes an entry. No entry stands for less than one byte of the frame, so it cannot overflow. */
export const TAPE: usize = 0x30000;

/** Short ASCII texts, one behind the other, none across a multiple of `TEXT_CHUNK`. */
export const TEXTS: usize = 0x1b0000;
export const TEXT_CHUNK: usize = 1024;
export const LONGEST_TEXT: u32 = 64;

/** The components of the URI that is looked for among wildcard patterns, 16 bytes each: hash, begin and end. */
export const COMPONENTS: usize = 0x1d0000;
/** Patterns of more are left to the TypeScript half. */
export const MOST_COMPONENTS: u32 = 32;
/** Which places of how many components are wildcards in some pattern, 16 bytes each: places, components, how many such patterns. */
export const SHAPES: usize = 0x1d0200;
export const MOST_SHAPES: u32 = 64;
/** How many prefixes there are of each length, 4 bytes each. */
export const PREFIX_LENGTHS: usize = 0x1d0600;
/** Lengths are bits of 64. */
export const LONGEST_PREFIX: u32 = 63;

/** The table of URIs and patterns (uris.ts), which is the last thing in the memory. */
export const URIS: usize = 0x1d1000;
/** How many it has room for. */
export const FEW_URIS: u32 = 4096;
/** How many the one has room for that takes its place behind the end of the memory when it is full. */
export const MANY_URIS: u32 = 131072;
export const LONGEST_URI: u32 = 64;

// Where things lie in the core's memory. It is fixed: nothing grows, nothing is allocated, and there is no state from one call to the next
// but the tables of keys and of URIs. The binding has the same numbers.

/** What a scan found, 16 floats; the slots are `Slot` in src/codec/core.ts. */
export const HEADER: usize = 0x1000;
/** What a call tells besides: fault, its place, how often keys were forgotten, how many bytes of texts were gathered. */
export const RESULT: usize = 0x1080;
/** The shape of each message type, 8 bytes each, written by the binding from its own table. */
export const PLANS: usize = 0x1100;
/** How many types have one. */
export const PLAN_COUNT: u32 = 96;
/** Open lists and dictionaries, 8 bytes each. */
export const STACK: usize = 0x2000;
/** How many may be open; the binding takes the TypeScript half for those who want more. */
export const STACK_SIZE: i32 = 1024;

/** Slots of the key table, 2 bytes each. */
export const KEY_TABLE: usize = 0x6000;
export const KEY_TABLE_SIZE: u32 = 1024;
/** The length of each key. */
export const KEY_LENGTHS: usize = 0x6800;
/** The bytes of each key, 32 each. */
export const KEYS: usize = 0x7000;
export const KEY_COUNT: u32 = 512;
export const LONGEST_KEY: u32 = 32;

/** The frame. */
export const INPUT: usize = 0x10000;
export const INPUT_SIZE: u32 = 0x18000;
/** The tape, 16 bytes an entry. No entry stands for less than one byte of the frame, so it cannot overflow. */
export const TAPE: usize = 0x30000;

/** Short ASCII texts, one behind the other, none across a multiple of `TEXT_CHUNK`. */
export const TEXTS: usize = 0x1b0000;
export const TEXT_CHUNK: usize = 1024;
export const LONGEST_TEXT: u32 = 64;

/** The first slot of each bucket of URIs, 2 bytes each; what follows a slot; the length of each; 64 bytes of each. Slots begin with 1. */
export const URI_HEADS: usize = 0x1d0000;
export const URI_BUCKETS: u32 = 8192;
export const URI_NEXT: usize = 0x1d4000;
export const URI_LENGTHS: usize = 0x1d8000;
export const URIS: usize = 0x1da000;
export const URI_COUNT: u32 = 4096;
export const LONGEST_URI: u32 = 64;

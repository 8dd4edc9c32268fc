/**
 * What the two halves of the codec, TypeScript and WASM, have in common: bytes in, integers out.
 *
 * A core knows one binary format. It never makes a JavaScript value but numbers: a scan fills a fixed header, a decode a flat tape, and one
 * materializer turns the tape and the bytes of the frame into values, whichever half wrote it. Nothing that a core hands out survives its next call.
 */
export interface CodecCore {
  /** The binary format that it knows. */
  readonly format: "msgpack" | "cbor";
  /** Which half it is. */
  readonly backend: CodecBackend;
  /** The URIs that it knows by their bytes, by the slots that its scans give. */
  readonly uris: readonly string[];

  /**
   * Reads the head of a message and checks all of it.
   *
   * @param bytes What the message lies in.
   * @param start Where it begins.
   * @param end Where it ends.
   * @returns What it found, valid until the next call; when `Slot.fault` is not 0, only that, `Slot.faultAt` and `Slot.type` mean something.
   */
  scan(bytes: Uint8Array, start: number, end: number): Header;

  /**
   * Reads the heads of the messages of a batch, each behind its length in four bytes, checking all of each.
   *
   * @param bytes What the batch lies in.
   * @param start Where the length of the first message is.
   * @param end Where the batch ends.
   * @returns What it found, valid until the next call, of as many messages as it can take at once: none where the first of them is for `scan`
   * alone, because it is long, or for it and others to say what is wrong.
   */
  scanBatch(bytes: Uint8Array, start: number, end: number): Header;

  /**
   * Reads one value.
   *
   * @param bytes What the value lies in.
   * @param start Where it begins.
   * @param end Where it ends; there must be nothing behind the value.
   * @returns The tape, valid until the next call.
   */
  decode(bytes: Uint8Array, start: number, end: number): Tape;
}

/** The two halves of the codec. */
export type CodecBackend = "wasm" | "typescript";

/** What scans find: a row of integers for each message, whose two ids are floats, since they may have 53 bits. */
export interface Header {
  /** The integers, {@linkcode ROW} for each message, of which {@linkcode Slot} says the meaning. */
  readonly words: Int32Array;
  /** The same memory as floats. */
  readonly numbers: Float64Array;
  /** How many messages there are. */
  readonly count: number;
  /** The patterns that match the URIs of the messages; `Slot.patternsAt` and `Slot.patterns` say which of them are whose. */
  readonly patterns: Uint32Array;
  /** Another one whenever a URI has been taken out, or a pattern put in or taken out: what was found before says nothing any more. */
  readonly version: number;
}

/** How many words a message has in a {@linkcode Header}. */
export const ROW = 22;

/** The words of a message in a header; offsets are into the bytes that the scan was given. */
export const Slot = {
  /** What is wrong, one of `Fault`; 0 when nothing is. */
  fault: 0,
  /** Where that is. */
  faultAt: 1,
  /** The message type code; of an extension message, this alone. */
  type: 2,
  /** Of ERROR, the type of the request that failed. */
  requestType: 3,
  /** Where the characters of the URI begin, and end. */
  uriStart: 4,
  uriEnd: 5,
  /** Which of the core's `uris` it is; 0 when it is none of them. */
  uriSlot: 6,
  /** Bits of {@linkcode Flag}. */
  flags: 7,
  /** Where Options or Details begin, and end; equal when they are empty. */
  optionsStart: 8,
  optionsEnd: 9,
  /** Where args begin, and end; -1 when there are none. */
  argsStart: 10,
  argsEnd: 11,
  /** Where kwargs begin, and end; -1 when there are none. */
  kwargsStart: 12,
  kwargsEnd: 13,
  /** Where the message begins, and ends. */
  start: 14,
  end: 15,
  /** How many patterns match the URI; -1 when nobody has looked. */
  patterns: 16,
  /** Where the first of them is. */
  patternsAt: 17,
} as const;

/** The two ids of a message, among the floats of a header: these are behind `ROW / 2` times the index of the message. */
export const Id = { first: 9, second: 10 } as const;

/**
 * What a pattern among those of a header is: its slot, and how it matches. Prefixes come first, the shortest of them before the others, then wildcard
 * patterns, the best of them before the others.
 */
export const Pattern = {
  /** The bits of its slot. */
  slot: 0xfffff,
  /** It is a prefix that ends where a component of the URI does. */
  whole: 0x100000,
  /** It is a wildcard pattern. */
  wildcard: 0x200000,
} as const;

/** The bits of `Slot.flags`. */
export const Flag = {
  /** The URI is in chunks (CBOR): its slots hold the range of the whole value, to be decoded. */
  chunkedUri: 1,
  /** Args are one string or one piece of binary, which is for the caller to allow or not. */
  opaque: 2,
} as const;

/**
 * A decoded value as integers: 16 bytes an entry, containers before their elements.
 *
 * An entry is four words: tag, length, offset, extra; or tag, length and one 64-bit float in place of the last two.
 *
 * | tag | length | the rest |
 * |---|---|---|
 * | number, date | | the number; of a date, milliseconds |
 * | uint64, int64, negative64 | | low and high word; `negative64` is -1 minus the unsigned value |
 * | text, binary | bytes | offset of the first; extra of a key is its slot in `keys`, of another text its place in `texts`, or -1 |
 * | extension | bytes | offset of the first, extra is the type |
 * | list, dict, textChunks, binaryChunks | elements, pairs, chunks | |
 * | tagged | | the number of the tag; the tagged value follows |
 */
export interface Tape {
  /** The entries as words. */
  readonly words: Int32Array;
  /** The same memory as floats. */
  readonly numbers: Float64Array;
  /** The interned map keys. */
  readonly keys: readonly string[];
  /** Short ASCII texts, gathered so that many are decoded at once; none lies across a multiple of {@linkcode TEXT_CHUNK}. */
  readonly texts: Uint8Array;
  /** Views of the first of them, by their size, for whoever makes one to find it again; they go when `texts` becomes another. */
  readonly views: (Uint8Array | undefined)[];
  /** Where the last of them ends. */
  readonly textsEnd: number;
  /** What is wrong, one of `Fault`; then there are no entries. */
  readonly fault: number;
  /** Where that is. */
  readonly faultAt: number;
  /** Says that values have been made of it: large memory is given back. */
  release(): void;
}

/** How many bytes of gathered texts become one string at a time: a value that is kept may keep that many others. */
export const TEXT_CHUNK = 1024;

/** The tags of a {@linkcode Tape}. */
export const Tag = {
  null: 0,
  undefined: 1,
  false: 2,
  true: 3,
  number: 4,
  uint64: 5,
  int64: 6,
  negative64: 7,
  text: 8,
  binary: 9,
  list: 10,
  dict: 11,
  extension: 12,
  date: 13,
  tagged: 14,
  textChunks: 15,
  binaryChunks: 16,
} as const;

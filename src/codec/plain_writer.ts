import { isJavaScriptCore } from "./engine.ts";

const textEncoder = new TextEncoder();

/** What a writer returns in place of the next position: the value is not plain, or nested too deep. */
export const NOT_PLAIN = -1;
/** What a writer returns in place of the next position: there is not enough room. */
export const NO_ROOM = -2;

/** The least memory that is made where it grows. */
const LEAST_GROWN = 32 * 1024;
/** From this length on the runtime's encoder is faster than a loop. */
const LONG_TEXT = 48;
/** No number, and no head, is longer. */
export const LONGEST_HEAD = 9;
/** Which half of a float in memory is the upper one. */
const HIGH_WORD = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;
const MOST_SAFE = Number.MAX_SAFE_INTEGER;

/** What heads are written for, at the index of their major type in CBOR: the first byte in MessagePack, short and with a length of two bytes. */
const kinds = [
  { short: 0, shortest: 0, long: 0 },
  { short: 0, shortest: 0, long: 0 },
  { short: 0, shortest: -1, long: 0xc5 },
  { short: 0xa0, shortest: 31, long: 0xda },
  { short: 0x90, shortest: 15, long: 0xdc },
  { short: 0x80, shortest: 15, long: 0xde },
] as const;
const BINARY = 2;
const TEXT = 3;
/** The kind of the head of a list. */
export const LIST = 4;
/** The kind of the head of a dictionary. */
export const DICT = 5;

/**
 * Writes plain values as MessagePack or CBOR, fast: texts, numbers, booleans, null, bytes, lists and dictionaries of these. What else there is,
 * and all that needs to be said about what cannot be written, is for `writeValue`.
 *
 * Strings would have to cross into WASM, one by one: there is no core for this. What makes it fast instead: entries of dictionaries are
 * enumerated, not listed, so that V8 reads them by their index; their number is filled in behind them; texts are written by a loop until that is
 * slower than the runtime; nothing is kept for error texts. A 64 KB result takes 60 to 80 % of what msgpackr takes on V8, 65 to 100 % on JavaScriptCore, by what ran before.
 */
export class PlainWriter {
  readonly #isCbor: boolean;
  #bytes!: Uint8Array<ArrayBuffer>;
  // JavaScriptCore takes back, time and again, its compiled code for a DataView on memory that changes; V8 is half as fast without.
  #view!: DataView;
  #grows = false;
  #numbersEnd = 0;
  readonly #float64 = new Float64Array(1);
  readonly #float32 = new Float32Array(this.#float64.buffer);
  readonly #words = new Uint32Array(this.#float64.buffer);

  /** @param isCbor Whether it writes CBOR, not MessagePack. */
  constructor(isCbor: boolean) {
    this.#isCbor = isCbor;
  }

  /**
   * Says where to write.
   *
   * @param bytes All of the memory.
   * @param grows Whether larger memory takes its place where it is too small (default not).
   */
  aim(bytes: Uint8Array<ArrayBuffer>, grows: boolean = false): void {
    this.#grows = grows;
    if (bytes === this.#bytes) return;
    this.#bytes = bytes;
    if (!isJavaScriptCore) this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** The memory that was written to last. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /**
   * Writes a value.
   *
   * @param at Where to begin.
   * @param value The value.
   * @param levels How many levels of lists and dictionaries it may have.
   * @returns Where it ends, {@linkcode NOT_PLAIN} or {@linkcode NO_ROOM}.
   */
  write(at: number, value: unknown, levels: number): number {
    switch (typeof value) {
      case "string":
        return this.#text(at, value);
      case "number":
        return this.#number(at, value);
      case "object":
        if (value === null) return this.#byte(at, this.#isCbor ? 0xf6 : 0xc0);
        return Array.isArray(value) ? this.#list(at, value, levels) : this.#object(at, value, levels);
      case "boolean":
        return this.#byte(at, (this.#isCbor ? 0xf4 : 0xc2) + (value ? 1 : 0));
      case "undefined":
        return this.#byte(at, this.#isCbor ? 0xf6 : 0xc0);
      default:
        return NOT_PLAIN;
    }
  }

  /**
   * Writes an integer of a header.
   *
   * @param at Where to begin; there is room for {@linkcode LONGEST_HEAD} bytes.
   * @param value The integer, from 0 to 2^53.
   * @returns Where it ends.
   */
  integer(at: number, value: number): number {
    if (this.#isCbor) return this.#argument(at, 0, value);
    return value < 0x1_0000_0000 ? this.#unsigned(at, value) : this.#wide(at, value);
  }

  /**
   * Writes the head of a list or dictionary.
   *
   * @param at Where to begin; there is room for {@linkcode LONGEST_HEAD} bytes.
   * @param kind {@linkcode LIST} or {@linkcode DICT}.
   * @param length How many elements or entries will follow.
   * @returns Where it ends.
   */
  head(at: number, kind: number, length: number): number {
    return this.#head(at, kind, length);
  }

  /** Makes room up to there, if it may. To begin anew instead took eight times as long for a dictionary of 900,000 entries, which V8 lists each time. */
  #grow(end: number): boolean {
    if (!this.#grows) return false;
    const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2, LEAST_GROWN));
    larger.set(this.#bytes);
    this.aim(larger, true);
    return true;
  }

  /** Goes on with a text or a number that takes so many bytes at most. V8 writes 64 KB a tenth slower where growing stands among what is fast. */
  #more(at: number, value: string | number, size: number): number {
    return this.#grow(at + size) ? this.write(at, value, 0) : NO_ROOM;
  }

  #byte(at: number, byte: number): number {
    if (at >= this.#bytes.length && !this.#grow(at + 1)) return NO_ROOM;
    this.#bytes[at] = byte;
    return at + 1;
  }

  #number(at: number, value: number): number {
    if (at + LONGEST_HEAD > this.#bytes.length) return this.#more(at, value, LONGEST_HEAD);
    if (Math.trunc(value) !== value || value > MOST_SAFE || value < -MOST_SAFE) return this.#float(at, value);
    if (value < 0) return this.#isCbor ? this.#argument(at, 0x20, -1 - value) : this.#wide(at, value);
    if (value === 0 && 1 / value < 0) return this.#float(at, value);
    return this.integer(at, value);
  }

  #unsigned(at: number, value: number): number {
    const bytes = this.#bytes;
    if (value < 0x80) {
      bytes[at] = value;
      return at + 1;
    }
    if (value < 0x100) {
      bytes[at] = 0xcc;
      bytes[at + 1] = value;
      return at + 2;
    }
    bytes[at] = value < 0x10000 ? 0xcd : 0xce;
    if (value < 0x10000) {
      this.#uint16(at + 1, value);
      return at + 3;
    }
    this.#uint32(at + 1, value);
    return at + 5;
  }

  /** MessagePack's integers below zero, and those of more than 32 bits. */
  #wide(at: number, value: number): number {
    const bytes = this.#bytes;
    if (value >= -0x20 && value < 0) {
      bytes[at] = value;
      return at + 1;
    }
    if (value >= -0x80 && value < 0) {
      bytes[at] = 0xd0;
      bytes[at + 1] = value;
      return at + 2;
    }
    if (value >= -0x8000 && value < 0) {
      bytes[at] = 0xd1;
      this.#uint16(at + 1, value);
      return at + 3;
    }
    if (value >= -0x8000_0000 && value < 0) {
      bytes[at] = 0xd2;
      this.#uint32(at + 1, value);
      return at + 5;
    }
    bytes[at] = value < 0 ? 0xd3 : 0xcf;
    this.#uint32(at + 1, Math.floor(value / 0x1_0000_0000));
    this.#uint32(at + 5, value);
    return at + 9;
  }

  #float(at: number, value: number): number {
    const first = this.#isCbor ? 0xfa : 0xca;
    if (Math.fround(value) === value || value !== value) {
      // Minus zero is none in MessagePack, where it would be the only integer with a point.
      if (value === 0 && !this.#isCbor) return this.#byte(at, 0);
      this.#bytes[at] = first;
      this.#float32[0] = value;
      this.#uint32(at + 1, this.#words[0] as number);
      return at + 5;
    }
    this.#bytes[at] = first + 1;
    if (isJavaScriptCore) {
      this.#float64[0] = value;
      this.#uint32(at + 1, this.#words[HIGH_WORD] as number);
      this.#uint32(at + 5, this.#words[1 - HIGH_WORD] as number);
    } else this.#view.setFloat64(at + 1, value);
    return at + 9;
  }

  #uint16(at: number, value: number): void {
    const bytes = this.#bytes;
    bytes[at] = value >>> 8;
    bytes[at + 1] = value;
  }

  #uint32(at: number, value: number): void {
    const bytes = this.#bytes;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
  }

  /** CBOR's argument of a first byte. */
  #argument(at: number, first: number, value: number): number {
    const bytes = this.#bytes;
    if (value < 24) {
      bytes[at] = first | value;
      return at + 1;
    }
    if (value < 0x100) {
      bytes[at] = first | 24;
      bytes[at + 1] = value;
      return at + 2;
    }
    if (value < 0x10000) {
      bytes[at] = first | 25;
      this.#uint16(at + 1, value);
      return at + 3;
    }
    if (value < 0x1_0000_0000) {
      bytes[at] = first | 26;
      this.#uint32(at + 1, value);
      return at + 5;
    }
    bytes[at] = first | 27;
    this.#uint32(at + 1, Math.floor(value / 0x1_0000_0000));
    this.#uint32(at + 5, value);
    return at + 9;
  }

  #head(at: number, kind: number, length: number): number {
    if (this.#isCbor) return this.#argument(at, kind << 5, length);
    const { short, shortest, long } = kinds[kind] as typeof kinds[number];
    const bytes = this.#bytes;
    if (length <= shortest) {
      bytes[at] = short | length;
      return at + 1;
    }
    if (length < 0x100 && kind < LIST) {
      bytes[at] = long - 1;
      bytes[at + 1] = length;
      return at + 2;
    }
    if (length < 0x10000) {
      bytes[at] = long;
      this.#uint16(at + 1, length);
      return at + 3;
    }
    bytes[at] = long + 1;
    this.#uint32(at + 1, length);
    return at + 5;
  }

  /** How many bytes the head of a text has. */
  #textHead(length: number): number {
    return length < (this.#isCbor ? 24 : 32) ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : 5;
  }

  #text(at: number, text: string): number {
    const bytes = this.#bytes;
    const { length } = text;
    if (at + length * 3 + LONGEST_HEAD > bytes.length) return this.#more(at, text, length * 3 + LONGEST_HEAD);
    if (length >= LONG_TEXT) return this.#longText(at, text);
    const start = at + this.#textHead(length);
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) return this.#mixedText(at, start, index, text);
      bytes[start + index] = code;
    }
    this.#head(at, TEXT, length);
    return start + length;
  }

  /** Goes on with a text in which a character has come up that is not ASCII; what is half of a pair becomes U+FFFD. */
  #mixedText(at: number, start: number, index: number, text: string): number {
    const bytes = this.#bytes;
    let to = start + index;
    for (; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code < 0x80) bytes[to++] = code;
      else if (code < 0x800) {
        bytes[to++] = code >> 6 | 0xc0;
        bytes[to++] = code & 0x3f | 0x80;
      } else {
        let character = code;
        if ((code & 0xf800) === 0xd800) {
          character = text.codePointAt(index) as number;
          if (character > 0xffff) index++;
          else if (code <= 0xdfff) character = 0xfffd;
        }
        if (character > 0xffff) {
          bytes[to++] = character >> 18 | 0xf0;
          bytes[to++] = character >> 12 & 0x3f | 0x80;
        } else bytes[to++] = character >> 12 | 0xe0;
        bytes[to++] = character >> 6 & 0x3f | 0x80;
        bytes[to++] = character & 0x3f | 0x80;
      }
    }
    return this.#fitHead(at, start, to - start);
  }

  #longText(at: number, text: string): number {
    // What begins with a character of three bytes mostly goes on like that.
    const start = at + this.#textHead(text.charCodeAt(0) < 0x800 ? text.length : text.length * 3);
    return this.#fitHead(at, start, textEncoder.encodeInto(text, this.#bytes.subarray(start)).written);
  }

  /** Writes the head of a text that has been written where the head ends as was guessed. */
  #fitHead(at: number, start: number, length: number): number {
    const actual = at + this.#textHead(length);
    if (actual !== start) this.#bytes.copyWithin(actual, start, start + length);
    this.#head(at, TEXT, length);
    return actual + length;
  }

  #list(at: number, list: readonly unknown[], levels: number): number {
    if (levels <= 0 || typeof (list as { toJSON?: unknown }).toJSON === "function") return NOT_PLAIN;
    if (at + LONGEST_HEAD > this.#bytes.length && !this.#grow(at + LONGEST_HEAD)) return NO_ROOM;
    const { length } = list;
    at = this.#head(at, LIST, length);
    let index = 0;
    if (typeof list[0] === "number" && !isJavaScriptCore) {
      at = this.#numbers(at, list);
      if (at < 0) return at;
      index = this.#numbersEnd;
    }
    for (; index < length; index++) {
      const item = list[index];
      at = typeof item === "number" ? this.#number(at, item) : this.write(at, item, levels - 1);
      if (at < 0) return at;
    }
    return at;
  }

  /** Writes the numbers that a list begins with, to `#numbersEnd`: V8 needs not box floats where no other values pass. */
  #numbers(at: number, list: readonly unknown[]): number {
    let bytes = this.#bytes;
    let view = this.#view;
    const first = this.#isCbor ? 0xfb : 0xcb;
    let last = bytes.length - LONGEST_HEAD;
    let index = 0;
    for (; index < list.length && at >= 0; index++) {
      const item = list[index];
      if (typeof item !== "number") break;
      if (at > last) {
        if (!this.#grow(at + LONGEST_HEAD)) return NO_ROOM;
        bytes = this.#bytes;
        view = this.#view;
        last = bytes.length - LONGEST_HEAD;
      }
      const isFloat64 = Math.trunc(item) !== item && Math.fround(item) !== item && item === item;
      if (!isFloat64) at = this.#number(at, item);
      else {
        bytes[at] = first;
        view.setFloat64(at + 1, item);
        at += LONGEST_HEAD;
      }
    }
    this.#numbersEnd = index;
    return at;
  }

  #object(at: number, value: object, levels: number): number {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      return value instanceof Uint8Array ? this.#binary(at, value) : NOT_PLAIN;
    }
    if (levels <= 0 || typeof (value as { toJSON?: unknown }).toJSON === "function") return NOT_PLAIN;
    return this.#dict(at, value as Record<string, unknown>, levels);
  }

  #dict(start: number, dict: Record<string, unknown>, levels: number): number {
    let at = start + 1;
    let count = 0;
    for (const key in dict) {
      const value = dict[key];
      if (value === undefined) continue;
      at = this.#text(at, key);
      if (at < 0) return at;
      at = typeof value === "number" ? this.#number(at, value) : this.write(at, value, levels - 1);
      if (at < 0) return at;
      count++;
    }
    if (at + LONGEST_HEAD > this.#bytes.length && !this.#grow(at + LONGEST_HEAD)) return NO_ROOM;
    if (count < 16) {
      this.#bytes[start] = (this.#isCbor ? 0xa0 : 0x80) | count;
      return at;
    }
    return this.#widenHead(start, at, count);
  }

  #widenHead(start: number, end: number, count: number): number {
    const bytes = this.#bytes;
    const size = this.#isCbor && count < 24 ? 1 : this.#isCbor && count < 0x100 ? 2 : count < 0x10000 ? 3 : 5;
    bytes.copyWithin(start + size, start + 1, end);
    this.#head(start, DICT, count);
    return end + size - 1;
  }

  #binary(at: number, value: Uint8Array): number {
    const { length } = value;
    if (at + length + LONGEST_HEAD > this.#bytes.length && !this.#grow(at + length + LONGEST_HEAD)) return NO_ROOM;
    const start = this.#head(at, BINARY, length);
    this.#bytes.set(value, start);
    return start + length;
  }
}

import type { WampValue } from "../wire/values.ts";
import { Tag, TEXT_CHUNK } from "./core.ts";
import type { Tape } from "./core.ts";
import { Extension } from "./extension.ts";
import { KeyCache } from "./key_cache.ts";
import { decodeText, MANY_TEXTS, readPlainText, readText } from "./utf8.ts";

/** What becomes of a dictionary with keys that are not strings: an object with the keys as strings, or a Map. */
export type MapKeys = "stringify" | "map";

/** The only key that an assignment to an object would not store. */
const PROTO = "__proto__";
const VIEW_STEP = 32;
const none = new Uint8Array(0);
/** No shorter frame makes a tape that is worth a thought. */
const LARGE_FRAME = 64 * 1024;
/** From this length on copying binary is worth avoiding. */
const LARGE_BINARY = 4096;

/**
 * Makes values from a tape and the bytes that it was written from.
 *
 * Binary is copied, since a few bytes should not keep all of a frame alive, or of a buffer that a transport shares between frames; a large piece
 * that is most of what it lies in is taken as it lies there (a frame is never changed), which is thirty times faster.
 */
export class Materializer {
  readonly #mapKeys: MapKeys;
  readonly #keys = new KeyCache();
  #tape!: Tape;
  #words!: Int32Array;
  #numbers!: Float64Array;
  #bytes!: Uint8Array<ArrayBuffer>;
  #index = 0;
  /** The gathered texts that were decoded last, and which these are. */
  #chunk = "";
  #chunkStart = -1;
  #isGathered = false;

  /** @param mapKeys What becomes of a dictionary with keys that are not strings. */
  constructor(mapKeys: MapKeys) {
    this.#mapKeys = mapKeys;
  }

  /**
   * Makes the value.
   *
   * @param tape The tape, without a fault.
   * @param bytes The bytes that it was written from.
   * @returns The value.
   * @throws {TypeError} When a text in it is not UTF-8.
   */
  make(tape: Tape, bytes: Uint8Array<ArrayBuffer>): WampValue {
    this.#tape = tape;
    this.#words = tape.words;
    this.#numbers = tape.numbers;
    this.#bytes = bytes;
    this.#index = 0;
    this.#chunkStart = -1;
    this.#isGathered = tape.textsEnd >= MANY_TEXTS;
    const value = this.#value();
    // Neither the frame nor a large tape is kept until something else comes.
    this.#bytes = none;
    if (bytes.length > LARGE_FRAME) {
      tape.release();
      this.#words = tape.words;
      this.#numbers = tape.numbers;
    }
    return value;
  }

  #value(): WampValue {
    const words = this.#words;
    const index = this.#index++;
    const at = index * 4;
    switch (words[at]) {
      case Tag.number:
        return this.#numbers[index * 2 + 1] as number;
      case Tag.text:
        return this.#text(at);
      case Tag.list:
        return this.#list(words[at + 1] as number);
      case Tag.dict:
        return this.#dict(words[at + 1] as number);
      case Tag.null:
        return null;
      case Tag.true:
        return true;
      case Tag.false:
        return false;
      case Tag.undefined:
        return undefined;
      case Tag.binary:
        return this.#binary(words[at + 2] as number, words[at + 1] as number);
      case Tag.uint64:
        return this.#unsigned(at);
      case Tag.int64:
        return BigInt.asIntN(64, this.#unsigned(at));
      case Tag.negative64:
        return -1n - this.#unsigned(at);
      case Tag.date:
        return new Date(this.#numbers[index * 2 + 1] as number);
      case Tag.extension:
        return this.#extension(words[at + 3] as number, this.#binary(words[at + 2] as number, words[at + 1] as number));
      case Tag.tagged:
        return untag(this.#numbers[index * 2 + 1] as number, this.#value());
      case Tag.textChunks:
        return this.#textChunks(words[at + 1] as number);
      default:
        return this.#binaryChunks(words[at + 1] as number);
    }
  }

  #extension(type: number, data: Uint8Array<ArrayBuffer>): WampValue {
    // msgpackr, and so wampy.js 8.0.2 for each option that is not given, writes undefined as an extension of its own.
    if (type === 0 && data.length === 1 && data[0] === 0) return undefined as unknown as WampValue;
    return new Extension(type, data) as unknown as WampValue;
  }

  #text(at: number): string {
    const words = this.#words;
    const place = words[at + 3] as number;
    const length = words[at + 1] as number;
    if (place < 0 || !this.#isGathered) {
      const start = words[at + 2] as number;
      return place < 0
        ? readText(this.#bytes, start, start + length)
        : readPlainText(this.#bytes, start, start + length);
    }
    if (this.#chunkStart !== (place & -TEXT_CHUNK)) this.#readChunk(place & -TEXT_CHUNK);
    const start = place - this.#chunkStart;
    return this.#chunk.substring(start, start + length);
  }

  #readChunk(start: number): void {
    this.#chunkStart = start;
    const { texts, textsEnd, views } = this.#tape;
    if (start > 0) this.#chunk = readText(texts, start, Math.min(start + TEXT_CHUNK, textsEnd));
    else {
      // To make a view takes as long as to decode what most messages have: these are kept. What is behind the texts is ASCII, too.
      const size = Math.min(textsEnd + VIEW_STEP - 1, TEXT_CHUNK) & -VIEW_STEP;
      this.#chunk = decodeText(views[size] ??= texts.subarray(0, size));
    }
  }

  #list(length: number): WampValue[] {
    if (this.#areNumbers(length)) return this.#numberList(length);
    const list: WampValue[] = [];
    for (let left = length; left > 0; left--) list.push(this.#value());
    return list;
  }

  #areNumbers(length: number): boolean {
    const words = this.#words;
    const end = (this.#index + length) * 4;
    for (let at = this.#index * 4; at < end; at += 4) if (words[at] !== Tag.number) return false;
    return true;
  }

  /** Lists of numbers are made where no others are: V8 keeps their elements as bare floats then, at a third of the cost. */
  #numberList(length: number): number[] {
    const numbers = this.#numbers;
    const list = new Array<number>(length);
    const first = this.#index * 2 + 1;
    for (let at = 0; at < length; at++) list[at] = numbers[first + at * 2] as number;
    this.#index += length;
    return list;
  }

  #dict(length: number): WampValue {
    const dict: Record<string, WampValue> = {};
    for (let at = 0; at < length; at++) {
      if (this.#words[this.#index * 4] !== Tag.text) return this.#oddDict(dict, length - at);
      set(dict, this.#key(), this.#value());
    }
    return dict;
  }

  #key(): string {
    const at = this.#index++ * 4;
    const slot = this.#words[at + 3] as number;
    return slot < 0
      ? this.#keys.read(this.#bytes, this.#words[at + 2] as number, this.#words[at + 1] as number)
      : this.#tape.keys[slot] as string;
  }

  /** Goes on with a dictionary when a key has come up that is no plain text. */
  #oddDict(dict: Record<string, WampValue>, left: number): WampValue {
    const entries: [WampValue, WampValue][] = Object.entries(dict);
    for (; left > 0; left--) {
      const isText = this.#words[this.#index * 4] === Tag.text;
      entries.push([isText ? this.#key() : this.#value(), this.#value()]);
    }
    const texts = entries.map(([key]) => keyText(key));
    if (this.#mapKeys === "map" && !entries.every(([key]) => typeof key === "string") || texts.includes(undefined)) {
      return new Map(entries);
    }
    const object: Record<string, WampValue> = {};
    entries.forEach(([, value], at) => set(object, texts[at] as string, value));
    return object;
  }

  #binary(start: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes;
    if (length >= LARGE_BINARY && length * 2 >= bytes.buffer.byteLength) {
      return new Uint8Array(bytes.buffer, bytes.byteOffset + start, length);
    }
    const copy = new Uint8Array(length);
    copy.set(bytes.subarray(start, start + length));
    return copy;
  }

  #unsigned(at: number): bigint {
    const words = this.#words;
    return BigInt.asUintN(64, BigInt(words[at + 3] as number) << 32n | BigInt((words[at + 2] as number) >>> 0));
  }

  #textChunks(count: number): string {
    let text = "";
    for (; count > 0; count--) text += this.#value() as string;
    return text;
  }

  #binaryChunks(count: number): Uint8Array<ArrayBuffer> {
    const chunks = Array.from({ length: count }, () => this.#value() as Uint8Array);
    const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }
}

function set(dict: Record<string, WampValue>, key: string, value: WampValue): void {
  if (key !== PROTO) dict[key] = value;
  else Object.defineProperty(dict, key, { value, writable: true, enumerable: true, configurable: true });
}

/** A key as text; undefined for one that has no obvious text, whose dictionary is then a Map whatever the option says. */
function keyText(key: WampValue): string | undefined {
  if (typeof key === "string") return key;
  return typeof key === "object" && key !== null ? undefined : String(key);
}

/**
 * Gives a tagged CBOR value its meaning: dates, big integers, decimal and binary fractions.
 *
 * What does not fit its tag, and what has another tag, is taken as it stands.
 */
function untag(tag: number, value: WampValue): WampValue {
  switch (tag) {
    case 0:
      return typeof value === "string" ? toDate(Date.parse(value), value) : value;
    case 1:
      return typeof value === "number" ? toDate(Math.round(value * 1000), value) : value;
    case 2:
      return isBignum(value) ? toBigInt(value) : value;
    case 3:
      return isBignum(value) ? -1n - toBigInt(value) : value;
    case 4:
      return isFraction(value) ? Number(`${value[1]}e${value[0]}`) : value;
    case 5:
      return isFraction(value) ? Number(value[1]) * 2 ** Number(value[0]) : value;
    default:
      return value;
  }
}

function toDate(milliseconds: number, otherwise: WampValue): WampValue {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? otherwise : date;
}

/** JavaScriptCore ends at a million bits; what is near that is no number that anyone would send. */
const LONGEST_BIGNUM = 8192;

function isBignum(value: WampValue): value is Uint8Array {
  return value instanceof Uint8Array && value.length <= LONGEST_BIGNUM;
}

function toBigInt(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  let digits = "0x";
  for (const byte of bytes) digits += byte.toString(16).padStart(2, "0");
  return BigInt(digits);
}

const LARGEST_MANTISSA = 2n ** 1024n;

function isFraction(value: WampValue): value is [number, number | bigint] {
  if (!Array.isArray(value) || value.length !== 2 || !Number.isSafeInteger(value[0])) return false;
  const mantissa: unknown = value[1];
  return typeof mantissa === "bigint"
    ? mantissa < LARGEST_MANTISSA && mantissa > -LARGEST_MANTISSA
    : Number.isSafeInteger(mantissa);
}

import { ByteBuffer } from "./byte_buffer.ts";
import { Major } from "./cbor_grammar.ts";
import { writeUint32 } from "./big_endian.ts";
import { Trail } from "./unserializable.ts";
import type { AnyEncoder } from "./value_encoder.ts";
import { writeText } from "./utf8.ts";
import { writeValue } from "./value_writer.ts";
import type { ValueSink } from "./value_writer.ts";

const MOST_UINT64 = 2n ** 64n - 1n;
const LONGEST_HEAD = 9;
const EPOCH_DATE = 0xc1;
const POSITIVE_BIGNUM = 0xc2;
const NEGATIVE_BIGNUM = 0xc3;

/**
 * Writes values as CBOR: shortest integers, floats of 32 bits where that is exact, dates as tag 1, integers beyond 64 bits as tags 2 and 3.
 */
export class CborEncoder implements AnyEncoder {
  readonly #maxDepth: number;
  #idle: CborSink | undefined = new CborSink();

  /** @param maxDepth How many levels of lists and dictionaries a value may have. */
  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  /**
   * Encodes a value.
   *
   * @param value The value.
   * @param name What it is called in error texts.
   * @returns The bytes, in an array of their own.
   * @throws {WampError} `unserializable`
   */
  encode(value: unknown, name: string): Uint8Array<ArrayBuffer> {
    // A getter or toJSON may encode another message meanwhile: that one gets a sink of its own.
    const sink = this.#idle ?? new CborSink();
    this.#idle = undefined;
    try {
      sink.reset();
      writeValue(sink, value, new Trail("CBOR", name, value), 0, this.#maxDepth);
      return sink.copy();
    } finally {
      this.#idle = sink;
    }
  }
}

/**
 * Writes the head of a CBOR value.
 *
 * @param bytes Where to; there is room for nine bytes.
 * @param at Where to begin.
 * @param major The major type.
 * @param argument The argument, from 0 to 2^53.
 * @returns Where it ends.
 */
export function writeHead(bytes: Uint8Array, at: number, major: number, argument: number): number {
  const first = major << 5;
  if (argument < 24) {
    bytes[at] = first | argument;
    return at + 1;
  }
  if (argument < 0x100) {
    bytes[at] = first | 24;
    bytes[at + 1] = argument;
    return at + 2;
  }
  if (argument < 0x10000) {
    bytes[at] = first | 25;
    bytes[at + 1] = argument >>> 8;
    bytes[at + 2] = argument;
    return at + 3;
  }
  if (argument < 0x1_0000_0000) {
    bytes[at] = first | 26;
    return writeUint32(bytes, at + 1, argument);
  }
  bytes[at] = first | 27;
  return writeUint32(bytes, writeUint32(bytes, at + 1, Math.floor(argument / 0x1_0000_0000)), argument);
}

/**
 * Writes a text, where there is room for five bytes and three a UTF-16 unit.
 *
 * @param bytes Where to.
 * @param at Where to begin.
 * @param text The text.
 * @returns Where it ends.
 */
export function writeCborText(bytes: Uint8Array, at: number, text: string): number {
  // Most texts are ASCII, and so as many bytes long as they have units: the others are moved when their head turns out longer.
  const guess = headSize(text.length);
  const end = writeText(bytes, at + guess, text);
  const length = end - at - guess;
  const head = headSize(length);
  if (head !== guess) bytes.copyWithin(at + head, at + guess, end);
  writeHead(bytes, at, Major.text, length);
  return at + head + length;
}

function headSize(argument: number): number {
  return argument < 24 ? 1 : argument < 0x100 ? 2 : argument < 0x10000 ? 3 : 5;
}

class CborSink extends ByteBuffer implements ValueSink {
  readonly #floats = new DataView(new ArrayBuffer(8));

  null(): void {
    this.#byte(0xf6);
  }

  undefined(): void {
    this.#byte(0xf6);
  }

  boolean(value: boolean): void {
    this.#byte(value ? 0xf5 : 0xf4);
  }

  number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) this.#float(value);
    else if (value >= 0) this.#head(Major.unsigned, value);
    else this.#head(Major.negative, -1 - value);
  }

  bigint(value: bigint): undefined {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return this.number(number) as undefined;
    const negative = value < 0n;
    const argument = negative ? -1n - value : value;
    if (argument > MOST_UINT64) return this.#bignum(argument, negative) as undefined;
    this.ensure(LONGEST_HEAD);
    this.bytes[this.length] = negative ? 0x3b : 0x1b;
    writeUint32(this.bytes, this.length + 1, Number(argument >> 32n));
    writeUint32(this.bytes, this.length + 5, Number(argument & 0xffff_ffffn));
    this.length += LONGEST_HEAD;
    return undefined;
  }

  text(value: string): void {
    this.ensure(5 + value.length * 3);
    this.length = writeCborText(this.bytes, this.length, value);
  }

  binary(value: Uint8Array): void {
    this.#head(Major.binary, value.length);
    this.append(value);
  }

  date(value: Date): void {
    this.#byte(EPOCH_DATE);
    this.number(value.getTime() / 1000);
  }

  extension(): boolean {
    return false;
  }

  list(count: number): void {
    this.#head(Major.list, count);
  }

  dict(count: number): void {
    this.#head(Major.dict, count);
  }

  fixDict(start: number, count: number, actual: number): void {
    const surplus = headSize(count) - headSize(actual);
    const { length } = this;
    this.length = start;
    this.dict(actual);
    this.length = length;
    if (surplus > 0) this.remove(start + headSize(actual), surplus);
  }

  #byte(byte: number): void {
    this.ensure(1);
    this.bytes[this.length++] = byte;
  }

  #head(major: number, argument: number): void {
    this.ensure(LONGEST_HEAD);
    this.length = writeHead(this.bytes, this.length, major, argument);
  }

  #float(value: number): void {
    this.ensure(LONGEST_HEAD);
    const floats = this.#floats;
    const size = Number.isNaN(value) || Math.fround(value) === value ? 4 : 8;
    if (size === 4) floats.setFloat32(0, value);
    else floats.setFloat64(0, value);
    this.bytes[this.length++] = size === 4 ? 0xfa : 0xfb;
    for (let at = 0; at < size; at++) this.bytes[this.length++] = floats.getUint8(at);
  }

  #bignum(argument: bigint, negative: boolean): void {
    const digits = argument.toString(16);
    const even = digits.length % 2 === 0 ? digits : `0${digits}`;
    const bytes = new Uint8Array(even.length / 2);
    for (let at = 0; at < bytes.length; at++) bytes[at] = parseInt(even.slice(at * 2, at * 2 + 2), 16);
    this.#byte(negative ? NEGATIVE_BIGNUM : POSITIVE_BIGNUM);
    this.binary(bytes);
  }
}

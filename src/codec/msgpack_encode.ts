import { Encoder, ExtData } from "@msgpack/msgpack";
import { WampError } from "../wire/errors.ts";
import { ByteBuffer } from "./byte_buffer.ts";
import type { Extension } from "./extension.ts";
import { Trail } from "./unserializable.ts";
import { writeValue } from "./value_writer.ts";
import type { ValueSink } from "./value_writer.ts";

const LEAST_INT64 = -(2n ** 63n);
const MOST_UINT64 = 2n ** 64n - 1n;

/**
 * Writes values as MessagePack with `@msgpack/msgpack`.
 *
 * The library has its ways: it writes lone surrogates as bytes that are not UTF-8, a Map as an empty one, integers beyond 32 bits as floats when
 * bigint is on, and it says neither what nor where it refused. So a value goes to it whole only when it is plain; of another one it
 * writes the parts.
 */
export class MsgpackEncoder {
  readonly #maxDepth: number;
  readonly #whole: Encoder;
  readonly #bigints = new Encoder({ useBigInt64: true });

  /** @param maxDepth How many levels of lists and dictionaries a value may have. */
  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
    this.#whole = new Encoder({ ignoreUndefined: true, maxDepth: maxDepth + 1 });
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
    if (isPlain(value, this.#maxDepth)) return this.#encodeWhole(value, name);
    const sink = new MsgpackSink(this.#whole, this.#bigints);
    writeValue(sink, value, new Trail("MessagePack", name, value), 0, this.#maxDepth);
    return sink.copy();
  }

  #encodeWhole(value: unknown, name: string): Uint8Array<ArrayBuffer> {
    try {
      return this.#whole.encode(value);
    } catch (cause) {
      // A getter gave one value to the check and another one, or an error, to the library.
      throw new WampError("unserializable", `Cannot encode ${name} as MessagePack: ${cause}`, { cause });
    }
  }
}

/** Whether the library writes the value as it should be. */
function isPlain(value: unknown, levels: number): boolean {
  switch (typeof value) {
    case "string":
      return value.isWellFormed();
    case "number":
    case "boolean":
    case "undefined":
      return true;
    case "object":
      return value === null || isPlainObject(value, levels);
    default:
      return false;
  }
}

function isPlainObject(value: object, levels: number): boolean {
  if (Array.isArray(value)) {
    if (levels <= 0) return false;
    for (let at = 0; at < value.length; at++) {
      if (!isPlain(value[at], levels - 1)) return false;
    }
    return true;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value instanceof Uint8Array;
  if (levels <= 0 || typeof (value as { toJSON?: unknown }).toJSON === "function") return false;
  for (const key in value) {
    if (!key.isWellFormed() || !isPlain((value as Record<string, unknown>)[key], levels - 1)) return false;
  }
  return true;
}

class MsgpackSink extends ByteBuffer implements ValueSink {
  readonly #encoder: Encoder;
  readonly #bigints: Encoder;

  constructor(encoder: Encoder, bigints: Encoder) {
    super();
    this.#encoder = encoder;
    this.#bigints = bigints;
  }

  null(): void {
    this.#add(null);
  }

  undefined(): void {
    this.#add(null);
  }

  boolean(value: boolean): void {
    this.#add(value);
  }

  number(value: number): void {
    this.#add(value);
  }

  bigint(value: bigint): string | undefined {
    if (value < LEAST_INT64 || value > MOST_UINT64) return "an integer of more than 64 bits";
    const number = Number(value);
    if (Number.isSafeInteger(number)) this.#add(number);
    else this.append(this.#bigints.encodeSharedRef(value));
    return undefined;
  }

  text(value: string): void {
    this.#add(value.toWellFormed());
  }

  binary(value: Uint8Array): void {
    this.#add(value);
  }

  date(value: Date): void {
    this.#add(value);
  }

  extension(value: Extension): boolean {
    this.#add(new ExtData(value.type, value.data));
    return true;
  }

  list(count: number): void {
    this.#head(0x90, 0xdc, count);
  }

  dict(count: number): void {
    this.#head(0x80, 0xde, count);
  }

  fixDict(start: number, count: number, actual: number): void {
    const surplus = headSize(count) - headSize(actual);
    const { length } = this;
    this.length = start;
    this.dict(actual);
    this.length = length;
    if (surplus > 0) this.remove(start + headSize(actual), surplus);
  }

  #add(value: unknown): void {
    this.append(this.#encoder.encodeSharedRef(value));
  }

  #head(short: number, long: number, count: number): void {
    this.ensure(5);
    const { bytes } = this;
    if (count < 16) bytes[this.length++] = short | count;
    else if (count < 0x10000) {
      bytes[this.length++] = long;
      bytes[this.length++] = count >>> 8;
      bytes[this.length++] = count;
    } else {
      bytes[this.length++] = long + 1;
      bytes[this.length++] = count >>> 24;
      bytes[this.length++] = count >>> 16;
      bytes[this.length++] = count >>> 8;
      bytes[this.length++] = count;
    }
  }
}

function headSize(count: number): number {
  return count < 16 ? 1 : count < 0x10000 ? 3 : 5;
}

import { writeUint32 } from "./big_endian.ts";
import { ByteBuffer } from "./byte_buffer.ts";
import type { Extension } from "./extension.ts";
import { PlainWriter } from "./plain_writer.ts";
import { Trail } from "./unserializable.ts";
import type { AnyEncoder } from "./value_encoder.ts";
import { writeValue } from "./value_writer.ts";
import type { ValueSink } from "./value_writer.ts";

const LEAST_INT64 = -(2n ** 63n);
const MOST_UINT64 = 2n ** 64n - 1n;
const LONGEST_HEAD = 9;
const TIMESTAMP = -1;

/**
 * Writes any values as MessagePack: shortest integers, floats of 32 bits where that is exact, dates as timestamps.
 *
 * `@msgpack/msgpack` did this once. It writes lone surrogates as bytes that are not UTF-8, a Map as an empty one, integers beyond 32 bits as floats
 * when bigint is on, says neither what nor where it refused, and took one and a half to three times as long as {@linkcode PlainWriter}.
 */
export class MsgpackEncoder implements AnyEncoder {
  readonly #maxDepth: number;

  /** @param maxDepth How many levels of lists and dictionaries a value may have. */
  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  encode(value: unknown, name: string): Uint8Array<ArrayBuffer> {
    const sink = new MsgpackSink();
    writeValue(sink, value, new Trail("MessagePack", name, value), 0, this.#maxDepth);
    return sink.copy();
  }
}

class MsgpackSink extends ByteBuffer implements ValueSink {
  readonly #writer = new PlainWriter(false);

  null(): void {
    this.#plain(null, 1);
  }

  undefined(): void {
    this.#plain(null, 1);
  }

  boolean(value: boolean): void {
    this.#plain(value, 1);
  }

  number(value: number): void {
    this.#plain(value, LONGEST_HEAD);
  }

  bigint(value: bigint): string | undefined {
    if (value < LEAST_INT64 || value > MOST_UINT64) return "an integer of more than 64 bits";
    const number = Number(value);
    if (Number.isSafeInteger(number)) this.number(number);
    else this.#bigint(value);
    return undefined;
  }

  text(value: string): void {
    this.#plain(value, LONGEST_HEAD + value.length * 3);
  }

  binary(value: Uint8Array): void {
    this.#plain(value, LONGEST_HEAD + value.length);
  }

  date(value: Date): void {
    const milliseconds = value.getTime();
    const seconds = Math.floor(milliseconds / 1000);
    const nanoseconds = (milliseconds - seconds * 1000) * 1e6;
    const high = Math.floor(seconds / 0x1_0000_0000);
    if (nanoseconds === 0 && high === 0) this.#extensionHead(TIMESTAMP, 4);
    else if (high >= 0 && high < 4) {
      this.#extensionHead(TIMESTAMP, 8);
      this.#uint32(nanoseconds * 4 + high);
    } else {
      this.#extensionHead(TIMESTAMP, 12);
      this.#uint32(nanoseconds);
      this.#uint32(high);
    }
    this.#uint32(seconds);
  }

  extension(value: Extension): boolean {
    this.#extensionHead(value.type, value.data.length);
    this.append(value.data);
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

  #plain(value: unknown, size: number): void {
    this.ensure(size + LONGEST_HEAD);
    this.#writer.aim(this.bytes);
    this.length = this.#writer.write(this.length, value, 0);
  }

  #bigint(value: bigint): void {
    this.#byte(value < 0n ? 0xd3 : 0xcf);
    this.#uint32(Number(BigInt.asUintN(32, value >> 32n)));
    this.#uint32(Number(BigInt.asUintN(32, value)));
  }

  #extensionHead(type: number, length: number): void {
    const fixed = [1, 2, 4, 8, 16].indexOf(length);
    if (fixed >= 0) this.#byte(0xd4 + fixed);
    else if (length < 0x100) {
      this.#byte(0xc7);
      this.#byte(length);
    } else if (length < 0x10000) {
      this.#byte(0xc8);
      this.#byte(length >>> 8);
      this.#byte(length);
    } else {
      this.#byte(0xc9);
      this.#uint32(length);
    }
    this.#byte(type);
  }

  #byte(byte: number): void {
    this.ensure(1);
    this.bytes[this.length++] = byte;
  }

  #uint32(value: number): void {
    this.ensure(4);
    this.length = writeUint32(this.bytes, this.length, value);
  }

  #head(short: number, long: number, count: number): void {
    if (count < 16) this.#byte(short | count);
    else if (count < 0x10000) {
      this.#byte(long);
      this.#byte(count >>> 8);
      this.#byte(count);
    } else {
      this.#byte(long + 1);
      this.#uint32(count);
    }
  }
}

function headSize(count: number): number {
  return count < 16 ? 1 : count < 0x10000 ? 3 : 5;
}

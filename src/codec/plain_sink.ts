import { writeUint32 } from "./big_endian.ts";
import { ByteBuffer } from "./byte_buffer.ts";
import type { Extension } from "./extension.ts";
import { DICT, LONGEST_HEAD, PlainWriter } from "./plain_writer.ts";
import { Trail } from "./unserializable.ts";
import type { AnyEncoder } from "./value_encoder.ts";
import { writeValue } from "./value_writer.ts";
import type { ValueSink } from "./value_writer.ts";

/** Takes values piece by piece and writes what is plain by a {@linkcode PlainWriter}; the rest is for each format. */
export abstract class PlainSink extends ByteBuffer implements ValueSink {
  readonly #writer: PlainWriter;

  /** @param isCbor Whether the format is CBOR, not MessagePack. */
  constructor(isCbor: boolean) {
    super();
    this.#writer = new PlainWriter(isCbor);
  }

  abstract bigint(value: bigint): string | undefined;
  abstract date(value: Date): void;
  abstract extension(value: Extension): boolean;

  plain(value: unknown, size: number): void {
    this.ensure(size + LONGEST_HEAD);
    this.#writer.aim(this.bytes);
    this.length = this.#writer.write(this.length, value, 0);
  }

  head(kind: number, count: number): void {
    this.ensure(LONGEST_HEAD);
    this.#writer.aim(this.bytes);
    this.length = this.#writer.head(this.length, kind, count);
  }

  fixDict(start: number, count: number, actual: number): void {
    const end = this.length;
    this.length = start;
    this.head(DICT, count);
    const before = this.length;
    this.length = start;
    this.head(DICT, actual);
    const after = this.length;
    this.length = end;
    if (after < before) this.remove(after, before - after);
  }

  /**
   * Appends a byte.
   *
   * @param byte The byte.
   */
  byte(byte: number): void {
    this.ensure(1);
    this.bytes[this.length++] = byte;
  }

  /**
   * Appends the low 32 bits of an integer.
   *
   * @param value The integer.
   */
  uint32(value: number): void {
    this.ensure(4);
    this.length = writeUint32(this.bytes, this.length, value);
  }
}

/** The largest sink that is kept for the next value. */
const LARGEST_KEPT = 256 * 1024;

/** Encodes any value by a sink. */
export class SinkEncoder implements AnyEncoder {
  readonly #label: string;
  readonly #maxDepth: number;
  readonly #makeSink: () => PlainSink;
  #idle: PlainSink | undefined;

  /**
   * @param label The format, for error texts.
   * @param maxDepth How many levels of lists and dictionaries a value may have.
   * @param makeSink Makes what writes the format.
   */
  constructor(label: string, maxDepth: number, makeSink: () => PlainSink) {
    this.#label = label;
    this.#maxDepth = maxDepth;
    this.#makeSink = makeSink;
  }

  encode(value: unknown, name: string): Uint8Array<ArrayBuffer> {
    // A getter or toJSON may encode another message meanwhile: that one gets a sink of its own.
    const sink = this.#idle ?? this.#makeSink();
    this.#idle = undefined;
    try {
      sink.length = 0;
      writeValue(sink, value, new Trail(this.#label, name, this.#maxDepth), 0);
      return sink.copy();
    } finally {
      if (sink.bytes.length <= LARGEST_KEPT) this.#idle = sink;
    }
  }
}

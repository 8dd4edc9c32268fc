import { readUint16, readUint32 } from "./big_endian.ts";
import type { CodecCore, Tape } from "./core.ts";
import { Fault, Tag } from "./core.ts";
import { fault } from "./fault.ts";
import { fixedLength, msgpackGrammar, readLength } from "./msgpack_grammar.ts";
import { scanMessage } from "./scan_message.ts";
import { TapeWriter } from "./tape_writer.ts";

const TIMESTAMP = -1;
/** The farthest from 1970 that a Date can be, in milliseconds. */
const FARTHEST = 8.64e15;

/** The TypeScript half of the codec for MessagePack. */
export class MsgpackCore implements CodecCore {
  readonly format = "msgpack";
  readonly backend = "typescript";
  readonly uris: readonly string[] = [];
  readonly #maxDepth: number;
  readonly #tape = new TapeWriter();
  readonly #floats = new DataView(new ArrayBuffer(8));

  /** @param maxDepth How many levels of lists and dictionaries a message may have. */
  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  scan(bytes: Uint8Array, start: number, end: number, header: Float64Array): void {
    scanMessage(msgpackGrammar, bytes, start, end, this.#maxDepth, header);
  }

  decode(bytes: Uint8Array, start: number, end: number): Tape {
    const tape = this.#tape;
    tape.reset();
    const last = this.#value(bytes, start, end, this.#maxDepth);
    if (last < 0) tape.fail(last);
    else if (last !== end) tape.fail(fault(Fault.trailing, last));
    return tape;
  }

  #value(bytes: Uint8Array, at: number, end: number, levels: number): number {
    if (at >= end) return fault(Fault.truncated, at);
    const byte = bytes[at] as number;
    if (byte < 0x80) return this.#number(byte, at + 1);
    if (byte >= 0xe0) return this.#number(byte - 0x100, at + 1);
    if (byte >= 0xa0 && byte < 0xc0) return this.#span(Tag.text, at + 1, byte & 0x1f, end);
    if (byte < 0x90) return this.#items(Tag.dict, bytes, at, at + 1, end, byte & 0x0f, levels);
    if (byte < 0xa0) return this.#items(Tag.list, bytes, at, at + 1, end, byte & 0x0f, levels);
    const length = fixedLength(byte);
    if (length < 0) return this.#long(bytes, at, end, levels, byte);
    return at + length <= end ? this.#fixed(bytes, at, byte, at + length) : fault(Fault.truncated, end);
  }

  #fixed(bytes: Uint8Array, at: number, byte: number, next: number): number {
    switch (byte) {
      case 0xc0:
        this.#tape.push(Tag.null);
        return next;
      case 0xc2:
        this.#tape.push(Tag.false);
        return next;
      case 0xc3:
        this.#tape.push(Tag.true);
        return next;
      case 0xca:
      case 0xcb:
        return this.#number(this.#float(bytes, at + 1, next - at - 1), next);
      case 0xcc:
        return this.#number(bytes[at + 1] as number, next);
      case 0xcd:
        return this.#number(readUint16(bytes, at + 1), next);
      case 0xce:
        return this.#number(readUint32(bytes, at + 1), next);
      case 0xcf:
      case 0xd3:
        this.#tape.pushInteger(
          byte === 0xcf ? Tag.uint64 : Tag.int64,
          readUint32(bytes, at + 1),
          readUint32(bytes, at + 5),
        );
        return next;
      case 0xd0:
        return this.#number((bytes[at + 1] as number) << 24 >> 24, next);
      case 0xd1:
        return this.#number(readUint16(bytes, at + 1) << 16 >> 16, next);
      case 0xd2:
        return this.#number(readUint32(bytes, at + 1) | 0, next);
      default:
        return this.#extension(bytes, at + 1, at + 2, next);
    }
  }

  #long(bytes: Uint8Array, at: number, end: number, levels: number, byte: number): number {
    const size = msgpackGrammar.textHead(bytes, at) - 1;
    const next = at + 1 + size;
    if (size === 0) return fault(Fault.badByte, at);
    if (next > end) return fault(Fault.truncated, end);
    const length = readLength(bytes, at + 1, size);
    if (byte >= 0xde) return this.#items(Tag.dict, bytes, at, next, end, length, levels);
    if (byte >= 0xdc) return this.#items(Tag.list, bytes, at, next, end, length, levels);
    if (byte >= 0xd9) return this.#span(Tag.text, next, length, end);
    if (byte < 0xc7) return this.#span(Tag.binary, next, length, end);
    return next + 1 + length <= end
      ? this.#extension(bytes, next, next + 1, next + 1 + length)
      : fault(Fault.truncated, end);
  }

  #number(value: number, next: number): number {
    this.#tape.pushNumber(Tag.number, value);
    return next;
  }

  #span(tag: number, at: number, length: number, end: number): number {
    if (at + length > end) return fault(Fault.truncated, end);
    this.#tape.push(tag, length, at);
    return at + length;
  }

  #items(
    tag: number,
    bytes: Uint8Array,
    head: number,
    at: number,
    end: number,
    count: number,
    levels: number,
  ): number {
    const values = tag === Tag.dict ? count * 2 : count;
    if (levels <= 0) return fault(Fault.tooDeep, head);
    if (values > end - at) return fault(Fault.tooMany, head);
    this.#tape.push(tag, count);
    for (let left = values; left > 0; left--) {
      at = this.#value(bytes, at, end, levels - 1);
      if (at < 0) return at;
    }
    return at;
  }

  #float(bytes: Uint8Array, at: number, size: number): number {
    const floats = this.#floats;
    for (let index = 0; index < size; index++) floats.setUint8(index, bytes[at + index] as number);
    return size === 4 ? floats.getFloat32(0) : floats.getFloat64(0);
  }

  #extension(bytes: Uint8Array, typeAt: number, at: number, next: number): number {
    const type = (bytes[typeAt] as number) << 24 >> 24;
    const milliseconds = type === TIMESTAMP ? timestamp(bytes, at, next - at) : NaN;
    if (Math.abs(milliseconds) <= FARTHEST) this.#tape.pushNumber(Tag.date, milliseconds);
    else this.#tape.push(Tag.extension, next - at, at, type);
    return next;
  }
}

/** The time in milliseconds of a timestamp's 4, 8 or 12 bytes; NaN where it is none. */
function timestamp(bytes: Uint8Array, at: number, length: number): number {
  switch (length) {
    case 4:
      return readUint32(bytes, at) * 1000;
    case 8: {
      const high = readUint32(bytes, at);
      const seconds = (high & 3) * 0x1_0000_0000 + readUint32(bytes, at + 4);
      return seconds * 1000 + Math.floor((high >>> 2) / 1e6);
    }
    case 12: {
      const seconds = (readUint32(bytes, at + 4) | 0) * 0x1_0000_0000 + readUint32(bytes, at + 8);
      return seconds * 1000 + Math.floor(readUint32(bytes, at) / 1e6);
    }
    default:
      return NaN;
  }
}

import { readUint16, readUint32 } from "./big_endian.ts";
import { Tag } from "./core.ts";
import { fault } from "./fault.ts";
import * as Fault from "./fault_code.ts";
import { fixedLength, msgpackGrammar, readLength } from "./msgpack_grammar.ts";
import { TwinCore } from "./twin_core.ts";

const TIMESTAMP = -1;
/** The farthest from 1970 that a Date can be, in milliseconds. */
const FARTHEST = 8.64e15;

/** The TypeScript half of the codec for MessagePack. */
export class MsgpackCore extends TwinCore {
  readonly format = "msgpack";

  /** @param maxDepth How many levels of lists and dictionaries a message may have. */
  constructor(maxDepth: number) {
    super(msgpackGrammar, maxDepth);
  }

  protected override value(bytes: Uint8Array, at: number, end: number, levels: number): number {
    if (at >= end) return fault(Fault.truncated, at);
    const byte = bytes[at] as number;
    if (byte < 0x80) return this.#number(byte, at + 1);
    if (byte >= 0xe0) return this.#number(byte - 0x100, at + 1);
    if (byte >= 0xa0 && byte < 0xc0) return this.span(Tag.text, at + 1, byte & 0x1f, end);
    if (byte < 0x90) return this.items(Tag.dict, bytes, at, at + 1, end, byte & 0x0f, levels);
    if (byte < 0xa0) return this.items(Tag.list, bytes, at, at + 1, end, byte & 0x0f, levels);
    const length = fixedLength(byte);
    if (length < 0) return this.#long(bytes, at, end, levels, byte);
    return at + length <= end ? this.#fixed(bytes, at, byte, at + length) : fault(Fault.truncated, end);
  }

  #fixed(bytes: Uint8Array, at: number, byte: number, next: number): number {
    switch (byte) {
      case 0xc0:
        this.tape.push(Tag.null);
        return next;
      case 0xc2:
        this.tape.push(Tag.false);
        return next;
      case 0xc3:
        this.tape.push(Tag.true);
        return next;
      case 0xca:
      case 0xcb:
        return this.#number(this.float(bytes, at + 1, next - at - 1), next);
      case 0xcc:
        return this.#number(bytes[at + 1] as number, next);
      case 0xcd:
        return this.#number(readUint16(bytes, at + 1), next);
      case 0xce:
        return this.#number(readUint32(bytes, at + 1), next);
      case 0xcf:
      case 0xd3:
        this.tape.pushInteger(
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
    if (byte >= 0xde) return this.items(Tag.dict, bytes, at, next, end, length, levels);
    if (byte >= 0xdc) return this.items(Tag.list, bytes, at, next, end, length, levels);
    if (byte >= 0xd9) return this.span(Tag.text, next, length, end);
    if (byte < 0xc7) return this.span(Tag.binary, next, length, end);
    return next + 1 + length <= end
      ? this.#extension(bytes, next, next + 1, next + 1 + length)
      : fault(Fault.truncated, end);
  }

  #number(value: number, next: number): number {
    this.tape.pushNumber(Tag.number, value);
    return next;
  }

  #extension(bytes: Uint8Array, typeAt: number, at: number, next: number): number {
    const type = (bytes[typeAt] as number) << 24 >> 24;
    const milliseconds = type === TIMESTAMP ? timestamp(bytes, at, next - at) : NaN;
    if (Math.abs(milliseconds) <= FARTHEST) this.tape.pushNumber(Tag.date, milliseconds);
    else this.tape.push(Tag.extension, next - at, at, type);
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

import { argumentSize, BREAK, cborGrammar, INDEFINITE, Major, readArgument } from "./cbor_grammar.ts";
import { Tag } from "./core.ts";
import { fault } from "./fault.ts";
import { readUint16, readUint32 } from "./big_endian.ts";
import * as Fault from "./fault_code.ts";
import { TwinCore } from "./twin_core.ts";

/** The TypeScript half of the codec for CBOR. */
export class CborCore extends TwinCore {
  readonly format = "cbor";

  /** @param maxDepth How many levels of lists and dictionaries and tags a message may have. */
  constructor(maxDepth: number) {
    super(cborGrammar, maxDepth);
  }

  protected override value(bytes: Uint8Array, at: number, end: number, levels: number): number {
    if (at >= end) return fault(Fault.truncated, at);
    const byte = bytes[at] as number;
    const major = byte >> 5;
    const info = byte & 0x1f;
    const size = argumentSize(info);
    if (size < 0) {
      return info === INDEFINITE ? this.#indefinite(bytes, at, end, levels, major) : fault(Fault.badByte, at);
    }
    const next = at + 1 + size;
    if (next > end) return fault(Fault.truncated, end);
    switch (major) {
      case Major.unsigned:
      case Major.negative:
        return this.#integer(bytes, at, next, major, info);
      case Major.binary:
        return this.span(Tag.binary, next, readArgument(bytes, at, info), end);
      case Major.text:
        return this.span(Tag.text, next, readArgument(bytes, at, info), end);
      case Major.list:
        return this.items(Tag.list, bytes, at, next, end, readArgument(bytes, at, info), levels);
      case Major.dict:
        return this.items(Tag.dict, bytes, at, next, end, readArgument(bytes, at, info), levels);
      case Major.tag:
        if (levels <= 0) return fault(Fault.tooDeep, at);
        this.tape.pushNumber(Tag.tagged, readArgument(bytes, at, info));
        return this.value(bytes, next, end, levels - 1);
      default:
        return this.#simple(bytes, at, next, info);
    }
  }

  #integer(bytes: Uint8Array, at: number, next: number, major: number, info: number): number {
    if (info === 27) {
      const tag = major === Major.unsigned ? Tag.uint64 : Tag.negative64;
      this.tape.pushInteger(tag, readUint32(bytes, at + 1), readUint32(bytes, at + 5));
    } else {
      const value = readArgument(bytes, at, info);
      this.tape.pushNumber(Tag.number, major === Major.unsigned ? value : -1 - value);
    }
    return next;
  }

  #indefinite(bytes: Uint8Array, head: number, end: number, levels: number, major: number): number {
    if (major < Major.binary || major > Major.dict) return fault(Fault.badByte, head);
    if (levels <= 0) return fault(Fault.tooDeep, head);
    const entry = this.tape.push(indefiniteTags[major] as number);
    let at = head + 1;
    for (let items = 0;; items++) {
      if (at >= end) return fault(Fault.truncated, at);
      const byte = bytes[at] as number;
      if (byte === BREAK) {
        if (major === Major.dict && items % 2 === 1) return fault(Fault.badByte, at);
        this.tape.setLength(entry, major === Major.dict ? items / 2 : items);
        return at + 1;
      }
      if (major < Major.list && (byte >> 5 !== major || (byte & 0x1f) === INDEFINITE)) return fault(Fault.badChunk, at);
      at = this.value(bytes, at, end, levels - 1);
      if (at < 0) return at;
    }
  }

  #simple(bytes: Uint8Array, at: number, next: number, info: number): number {
    switch (info) {
      case 20:
        this.tape.push(Tag.false);
        return next;
      case 21:
        this.tape.push(Tag.true);
        return next;
      case 22:
        this.tape.push(Tag.null);
        return next;
      case 25:
        this.tape.pushNumber(Tag.number, halfFloat(readUint16(bytes, at + 1)));
        return next;
      case 26:
      case 27:
        this.tape.pushNumber(Tag.number, this.float(bytes, at + 1, next - at - 1));
        return next;
      default:
        if (info === 24 && (bytes[at + 1] as number) < 32) return fault(Fault.badByte, at);
        // A simple value without a meaning is as good as none.
        this.tape.push(Tag.undefined);
        return next;
    }
  }
}

const indefiniteTags: readonly number[] = [0, 0, Tag.binaryChunks, Tag.textChunks, Tag.list, Tag.dict];

function halfFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = half >> 10 & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

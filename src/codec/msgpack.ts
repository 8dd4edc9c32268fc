import { writeUint32 } from "./big_endian.ts";
import { coreOf, memoryOf } from "./backend.ts";
import type { BackendOptions } from "./backend.ts";
import type { BinaryFormat } from "./binary_serializer.ts";
import { binarySerializer } from "./binary_serializer.ts";
import { depthOf } from "./limits.ts";
import type { MapKeys } from "./materialize.ts";
import { MsgpackCore } from "./msgpack_core.ts";
import { MsgpackEncoder } from "./msgpack_encode.ts";
import type { Serializer } from "./serializer.ts";
import { writeText } from "./utf8.ts";
import { ValueEncoder } from "./value_encoder.ts";
import type { WasmMemory } from "./wasm_memory.ts";

/** What a serializer for a binary format can be told. */
export interface BinaryOptions extends BackendOptions {
  /** How many levels of lists and dictionaries a message may have, itself counted (default 128, at most 1,000). */
  readonly maxDepth?: number;
  /**
   * What becomes of a dictionary with keys that are not strings: an object with the keys as strings, or a Map (default `"stringify"`).
   * One with lists or dictionaries for keys is a Map in any case.
   */
  readonly mapKeys?: MapKeys;
}

/**
 * Makes a serializer for MessagePack.
 *
 * @param options Limits, and which half of the codec reads.
 * @returns The serializer; any number of sessions may share it.
 * @throws {WampError} `invalid_argument` when `module` is not the WASM core of this version.
 *
 * @see WAMP basic profile, "Serializers"; MessagePack specification
 */
export function createMsgpack(options: BinaryOptions = {}): Serializer {
  return msgpackOn(memoryOf(options), options);
}

/**
 * Makes a serializer for MessagePack on an instance of the WASM core.
 *
 * @param memory The instance; without it, TypeScript reads.
 * @param options Limits.
 * @returns The serializer.
 */
export function msgpackOn(memory: WasmMemory | undefined, options: BinaryOptions): Serializer {
  const maxDepth = depthOf(options);
  const format: BinaryFormat = {
    name: "msgpack",
    label: "MessagePack",
    emptyDict: 0x80,
    list(bytes, at, count) {
      bytes[at] = 0x90 | count;
      return at + 1;
    },
    integer: writeInteger,
    text: writeShortText,
    values: new ValueEncoder(false, maxDepth - 1, new MsgpackEncoder(maxDepth - 1)),
  };
  return binarySerializer(format, coreOf(memory, new MsgpackCore(maxDepth), maxDepth), options.mapKeys ?? "stringify");
}

/** MessagePack, with the default limits. */
export const msgpack: Serializer = createMsgpack();

function writeInteger(bytes: Uint8Array, at: number, value: number): number {
  if (value < 0x80) {
    bytes[at] = value;
    return at + 1;
  }
  if (value < 0x100) {
    bytes[at] = 0xcc;
    bytes[at + 1] = value;
    return at + 2;
  }
  if (value < 0x10000) {
    bytes[at] = 0xcd;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value;
    return at + 3;
  }
  if (value < 0x1_0000_0000) {
    bytes[at] = 0xce;
    return writeUint32(bytes, at + 1, value);
  }
  bytes[at] = 0xcf;
  return writeUint32(bytes, writeUint32(bytes, at + 1, Math.floor(value / 0x1_0000_0000)), value);
}

function writeShortText(bytes: Uint8Array, at: number, text: string): number {
  // Most texts are ASCII, and so as many bytes long as they have units: the others are moved when their head turns out longer.
  const guess = headSize(text.length);
  const end = writeText(bytes, at + guess, text);
  const length = end - at - guess;
  const head = headSize(length);
  if (head !== guess) bytes.copyWithin(at + head, at + guess, end);
  if (head === 1) bytes[at] = 0xa0 | length;
  else if (head === 2) {
    bytes[at] = 0xd9;
    bytes[at + 1] = length;
  } else if (head === 3) {
    bytes[at] = 0xda;
    bytes[at + 1] = length >>> 8;
    bytes[at + 2] = length;
  } else {
    bytes[at] = 0xdb;
    writeUint32(bytes, at + 1, length);
  }
  return at + head + length;
}

function headSize(length: number): number {
  return length < 32 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : 5;
}

import { coreOf, memoryOf, ownMemory } from "./backend.ts";
import type { BackendOptions } from "./backend.ts";
import { binarySerializer } from "./binary_serializer.ts";
import { checkCodecOptions } from "./codec_options.ts";
import { depthOf } from "./limits.ts";
import type { MapKeys } from "./materialize.ts";
import { MsgpackCore } from "./msgpack_core.ts";
import { MsgpackSink } from "./msgpack_sink.ts";
import { SinkEncoder } from "./plain_sink.ts";
import type { Serializer } from "./serializer.ts";
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
 * @throws {WampError} `invalid_argument` when an option is not what it has to be, or `module` not the WASM core of this version.
 *
 * @see WAMP basic profile, "Serializers"; MessagePack specification
 */
export function createMsgpack(options: BinaryOptions = {}): Serializer {
  checkCodecOptions(options, true);
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
  const any = new SinkEncoder("MessagePack", maxDepth - 1, () => new MsgpackSink());
  const format = { name: "msgpack", label: "MessagePack", values: new ValueEncoder(false, maxDepth - 1, any) } as const;
  return binarySerializer(format, coreOf(memory, new MsgpackCore(maxDepth), maxDepth), options.mapKeys ?? "stringify");
}

/** MessagePack, with the default limits. */
export const msgpack: Serializer = msgpackOn(ownMemory, {});

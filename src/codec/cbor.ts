import { coreOf, memoryOf, ownMemory } from "./backend.ts";
import { binarySerializer } from "./binary_serializer.ts";
import { CborCore } from "./cbor_core.ts";
import { CborSink } from "./cbor_sink.ts";
import { checkCodecOptions } from "./codec_options.ts";
import { depthOf } from "./limits.ts";
import type { BinaryOptions } from "./msgpack.ts";
import { SinkEncoder } from "./plain_sink.ts";
import type { Serializer } from "./serializer.ts";
import { ValueEncoder } from "./value_encoder.ts";
import type { WasmMemory } from "./wasm_memory.ts";

/**
 * Makes a serializer for CBOR.
 *
 * @param options Limits, and which half of the codec reads.
 * @returns The serializer; any number of sessions may share it.
 * @throws {WampError} `invalid_argument` when an option is not what it has to be, or `module` not the WASM core of this version.
 *
 * @see WAMP advanced profile, "Serializers"; RFC 8949
 */
export function createCbor(options: BinaryOptions = {}): Serializer {
  checkCodecOptions(options, true);
  return cborOn(memoryOf(options), options);
}

/**
 * Makes a serializer for CBOR on an instance of the WASM core.
 *
 * @param memory The instance; without it, TypeScript reads.
 * @param options Limits.
 * @returns The serializer.
 */
export function cborOn(memory: WasmMemory | undefined, options: BinaryOptions): Serializer {
  const maxDepth = depthOf(options);
  const any = new SinkEncoder("CBOR", maxDepth - 1, () => new CborSink());
  const format = { name: "cbor", label: "CBOR", values: new ValueEncoder(true, maxDepth - 1, any) } as const;
  return binarySerializer(format, coreOf(memory, new CborCore(maxDepth), maxDepth), options.mapKeys ?? "stringify");
}

/** CBOR, with the default limits. */
export const cbor: Serializer = cborOn(ownMemory, {});

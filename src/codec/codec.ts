import { memoryOf } from "./backend.ts";
import { cborOn } from "./cbor.ts";
import type { CodecBackend } from "./core.ts";
import { createJson } from "./json.ts";
import { msgpackOn } from "./msgpack.ts";
import type { BinaryOptions } from "./msgpack.ts";
import type { Serializer } from "./serializer.ts";

/** The serializers that put bytes or text on the wire, all of the same making. */
export interface Codec {
  /** Which half reads MessagePack and CBOR. */
  readonly backend: CodecBackend;
  /** MessagePack. */
  readonly msgpack: Serializer;
  /** CBOR. */
  readonly cbor: Serializer;
  /** JSON. */
  readonly json: Serializer;
}

/**
 * Makes the serializers, by one half of the codec or the other, or by a core that was compiled elsewhere.
 *
 * @param options Limits, and which half; `module` is for runtimes that refuse to compile bytes: there, `import module from
 * "@izaber/wamp/codec.wasm"` is often how the bundler hands over the compiled core.
 * @returns The serializers, to be handed to a client or router as its `serializers`.
 * @throws {WampError} `invalid_argument` when the module is not the core of this version.
 *
 * @example
 * ```ts
 * import { createCodec } from "@izaber/wamp/codec";
 *
 * const { backend, msgpack } = createCodec({ backend: "typescript" });
 * if (backend !== "typescript" || msgpack.name !== "msgpack") throw new Error("unexpected");
 * ```
 */
export function createCodec(options: BinaryOptions = {}): Codec {
  const memory = memoryOf(options);
  return {
    backend: memory === undefined ? "typescript" : "wasm",
    msgpack: msgpackOn(memory, options),
    cbor: cborOn(memory, options),
    json: createJson(options.maxDepth === undefined ? {} : { maxDepth: options.maxDepth }),
  };
}

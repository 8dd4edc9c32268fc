import { memoryOf } from "./backend.ts";
import { cborOn } from "./cbor.ts";
import { checkCodecOptions } from "./codec_options.ts";
import type { CodecBackend } from "./core.ts";
import { jsonOn } from "./json_core.ts";
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
  /** All three, MessagePack first: the option of the same name of clients and routers. */
  readonly serializers: readonly Serializer[];
}

/**
 * Makes the serializers, by one half of the codec or the other, or by a core that was compiled elsewhere.
 *
 * @param options Limits, and which half; `module` is for runtimes that refuse to compile bytes: there, `import module from
 * "@izaber/wamp/codec.wasm"` is often how the bundler hands over the compiled core.
 * @returns The serializers; a client or router that is made with `serializers` of these uses that half, and no other.
 * @throws {WampError} `invalid_argument` when an option is not what it has to be, or `module` not the WASM core of this version.
 *
 * @example
 * ```ts
 * import { createCodec } from "@izaber/wamp/codec";
 * import { connect } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 *
 * const { backend, serializers } = createCodec({ backend: "typescript" }); // or "wasm"
 * if (backend !== "typescript") throw new Error("unexpected");
 * const router = new Router({ realms: [openRealm("realm1")], serializers });
 * await using wamp = await connect(router.local(), { realm: "realm1", serializers });
 * ```
 */
export function createCodec(options: BinaryOptions = {}): Codec {
  checkCodecOptions(options, true);
  const memory = memoryOf(options);
  const msgpack = msgpackOn(memory, options);
  const cbor = cborOn(memory, options);
  const json = jsonOn(memory, options);
  const backend = memory === undefined ? "typescript" : "wasm";
  return { backend, msgpack, cbor, json, serializers: [msgpack, cbor, json] };
}

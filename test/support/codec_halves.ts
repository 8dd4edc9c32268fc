import type { BinaryOptions, Codec, CodecBackend, Serializer } from "@izaber/wamp/codec";
import { codecBackend, createCodec } from "@izaber/wamp/codec";

/** The serializers of one half of the codec, and how to make more of them. */
export interface Half extends Codec {
  createMsgpack(options: BinaryOptions): Serializer;
  createCbor(options: BinaryOptions): Serializer;
  createJson(options: BinaryOptions): Serializer;
}

/** The halves that this runtime has: vitest loads modules inside of a request in workerd, where nothing may be compiled. */
export const halves: readonly Half[] = codecBackend === "wasm"
  ? [half("typescript"), half("wasm")]
  : [half("typescript")];

function half(backend: CodecBackend): Half {
  const codec = createCodec({ backend });
  return {
    ...codec,
    createMsgpack: (options) => createCodec({ ...options, backend }).msgpack,
    createCbor: (options) => createCodec({ ...options, backend }).cbor,
    createJson: (options) => createCodec({ ...options, backend }).json,
  };
}

import type { BinaryOptions, Codec, CodecBackend, Serializer } from "@izaber/wamp/codec";
import { codecBackend, createCodec } from "@izaber/wamp/codec";

/** The serializers of one half of the codec, and how to make more of them. */
export interface Half extends Codec {
  /** The half, and whether JSON is read as a whole. */
  readonly reader: string;
  createMsgpack(options: BinaryOptions): Serializer;
  createCbor(options: BinaryOptions): Serializer;
  createJson(options: BinaryOptions): Serializer;
}

/** The halves that this runtime has: vitest loads modules inside of a request in workerd, where nothing may be compiled. */
export const halves: readonly Half[] = codecBackend === "wasm"
  ? [half("typescript"), half("wasm")]
  : [half("typescript")];

/** The halves, and JSON as clients read it. */
export const readers: readonly Half[] = [...halves, eager(halves[0]!)];

function eager(half: Half): Half {
  const { msgpack, cbor } = half;
  const json = eagerOf(half.json);
  return {
    ...half,
    reader: "eager",
    json,
    serializers: [msgpack, cbor, json],
    createJson: (options) => eagerOf(half.createJson(options)),
  };
}

function eagerOf({ eager }: Serializer): Serializer {
  if (eager === undefined) throw new Error("There is no eager one");
  return eager;
}

function half(backend: CodecBackend): Half {
  const codec = createCodec({ backend });
  return {
    ...codec,
    reader: backend,
    createMsgpack: (options) => createCodec({ ...options, backend }).msgpack,
    createCbor: (options) => createCodec({ ...options, backend }).cbor,
    createJson: (options) => createCodec({ ...options, backend }).json,
  };
}

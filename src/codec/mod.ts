/**
 * Serializers: messages to frames and back.
 *
 * @example
 * ```ts
 * import { json, Payload } from "@izaber/wamp/codec";
 *
 * const frame = json.encode([48, 1, {}, "com.example.add"], Payload.of([1, 2]));
 * if (frame !== '[48,1,{},"com.example.add",[1,2]]') throw new Error("unexpected");
 * const head = json.scan(frame);
 * if (head.uri !== "com.example.add" || head.payload.args[1] !== 2) throw new Error("unexpected");
 * ```
 *
 * @module
 */
export { codecBackend } from "./backend.ts";
export type { BackendOptions } from "./backend.ts";
export { cbor, createCbor } from "./cbor.ts";
export { createCodec } from "./codec.ts";
export type { Codec } from "./codec.ts";
export type { CodecBackend } from "./core.ts";
export { direct, DirectFrame } from "./direct.ts";
export { Extension } from "./extension.ts";
export { Head } from "./head.ts";
export { keptHead, spendHeader } from "./head_memory.ts";
export { createJson, json } from "./json_core.ts";
export type { JsonOptions } from "./json_core.ts";
export type { MapKeys } from "./materialize.ts";
export { createMsgpack, msgpack } from "./msgpack.ts";
export type { BinaryOptions } from "./msgpack.ts";
export { agreementOf, negotiate, offers } from "./negotiation.ts";
export type { Agreement } from "./negotiation.ts";
export { Payload } from "./payload.ts";
export type { EncodedPayload } from "./payload.ts";
export { Encoded } from "./serializer.ts";
export type { Frame, HeaderElement, Serializer, SerializerName } from "./serializer.ts";

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
export { direct, DirectFrame } from "./direct.ts";
export { Head } from "./head.ts";
export { createJson, json } from "./json.ts";
export type { JsonOptions } from "./json.ts";
export { Payload } from "./payload.ts";
export type { EncodedPayload } from "./payload.ts";
export { Encoded } from "./serializer.ts";
export type { Frame, HeaderElement, Serializer, SerializerName } from "./serializer.ts";

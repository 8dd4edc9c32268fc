import type { CodecBackend } from "./core.ts";

/** Which half of the codec reads MessagePack and CBOR by default. */
export const codecBackend: CodecBackend = "typescript";

import { bytesOfHex } from "../codec/hex.ts";
import type { Bytes } from "./crypto.ts";

/** Writes bytes as hexadecimal digits, in lower case. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Reads hexadecimal digits of either case; undefined if it is anything else or not of the length, in bytes. */
export function fromHex(text: unknown, length: number): Bytes | undefined {
  if (typeof text !== "string" || text.length !== length * 2 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  return bytesOfHex(text);
}

import type { WampValue } from "../wire/values.ts";

/** About what a list or dictionary takes by itself, what an entry of a large dictionary, and what a piece of binary. */
const CONTAINER = 64;
const ENTRY = 64;
const BINARY = 200;
const NUMBER = 8;

/**
 * Tells about how much memory a value takes that was decoded; a byte on the wire may have become a hundred.
 *
 * @param value The value.
 * @returns Bytes.
 */
export function memoryOf(value: WampValue): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return NUMBER;
  if (value instanceof Uint8Array) return BINARY + value.length;
  let bytes = CONTAINER;
  if (Array.isArray(value)) { for (const item of value) bytes += NUMBER + memoryOf(item); }
  else for (const [key, item] of Object.entries(value)) bytes += ENTRY + key.length + memoryOf(item as WampValue);
  return bytes;
}

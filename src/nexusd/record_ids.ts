import { toBase64 } from "../codec/base64.ts";
import type { Random } from "../wire/random.ts";

/** What the original's serials are written with: no letter that looks like another. */
const SERIAL_CHARS = "345679ACEFGHJKLMNPQRSTUVWXY";

/**
 * Draws a record's id, as the original writes them: a random UUID in 22 characters of URL-safe base64.
 *
 * @param random Where it comes from.
 * @returns The id.
 */
export function recordId(random: Random): string {
  return base64Url(uuidBytes(random));
}

/**
 * Draws a random UUID.
 *
 * @param random Where it comes from.
 * @returns The UUID, in its usual form.
 */
export function uuid(random: Random): string {
  const hex = Array.from(uuidBytes(random), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/**
 * Draws a secret that people can copy.
 *
 * @param random Where it comes from.
 * @returns 24 characters of URL-safe base64 that hold 144 bits.
 */
export function secretText(random: Random): string {
  return base64Url(random.bytes(18));
}

/**
 * Draws an API key or a one-time password, as long as the original's.
 *
 * @param random Where it comes from.
 * @returns 32 characters of URL-safe base64 that hold 192 bits.
 */
export function keyText(random: Random): string {
  return base64Url(random.bytes(24));
}

/**
 * Tells whether a text has the form of {@linkcode recordId}'s.
 *
 * @param text The text.
 * @returns Whether it has.
 */
export function isRecordId(text: string): boolean {
  return /^[A-Za-z0-9_-]{22}$/.test(text);
}

/**
 * Draws the authid of an anonymous session, such as `EWSQ-V775-49PS-H3KT-SRNH-ATXY`.
 *
 * @param random Where it comes from.
 * @returns The serial.
 */
export function serial(random: Random): string {
  let chars = "";
  while (chars.length < 24) {
    // Bytes above the largest multiple would make some characters likelier than others.
    for (const byte of random.bytes(32)) {
      if (byte < 243) chars += SERIAL_CHARS[byte % SERIAL_CHARS.length];
    }
  }
  return chars.slice(0, 24).replace(/.{4}(?=.)/g, "$&-");
}

function uuidBytes(random: Random): Uint8Array {
  const bytes = random.bytes(16);
  bytes[6] = bytes[6]! & 0x0f | 0x40;
  bytes[8] = bytes[8]! & 0x3f | 0x80;
  return bytes;
}

function base64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

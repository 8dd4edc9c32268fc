import { WampError } from "../wire/errors.ts";

/** Bytes that the runtime's cryptography takes. */
export type Bytes = Uint8Array<ArrayBuffer>;

const HMAC = { name: "HMAC", hash: "SHA-256" };
const encoder = new TextEncoder();

/** The runtime's cryptography. */
export function subtle(): SubtleCrypto {
  const found = (globalThis.crypto as Crypto | undefined)?.subtle as SubtleCrypto | undefined;
  if (found !== undefined) return found;
  throw new WampError(
    "authentication_failed",
    "crypto.subtle is missing; a browser has it on https:// and localhost only, so serve the page from there",
  );
}

/** The UTF-8 of a text. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** HMAC-SHA256 of a message. */
export async function hmac(key: Bytes, message: Bytes): Promise<Bytes> {
  const imported = await subtle().importKey("raw", padded(key), HMAC, false, ["sign"]);
  return new Uint8Array(await subtle().sign("HMAC", imported, message));
}

/** SHA-256 of some bytes. */
export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await subtle().digest("SHA-256", bytes));
}

/** PBKDF2 with HMAC-SHA256. */
export async function pbkdf2(password: Bytes, salt: Bytes, iterations: number, length: number): Promise<Bytes> {
  const key = await subtle().importKey("raw", padded(password), "PBKDF2", false, ["deriveBits"]);
  return new Uint8Array(
    await subtle().deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, key, length * 8),
  );
}

/** Compares without telling by the time it takes where the difference is. */
export function equal(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (let at = 0; at < left.length; at++) difference |= left[at]! ^ (right[at] ?? 0);
  return difference === 0;
}

/** The exclusive or of two arrays of one length. */
export function xor(left: Uint8Array, right: Uint8Array): Bytes {
  return Uint8Array.from(left, (byte, at) => byte ^ right[at]!);
}

// HMAC fills its key up with zeros, so one of them is the same key as none, which some runtimes refuse to import.
function padded(key: Bytes): Bytes {
  return key.length === 0 ? new Uint8Array(1) : key;
}

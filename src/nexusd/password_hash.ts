import { fromBase64, toBase64 } from "../codec/base64.ts";

/** A hash of a secret, taken apart. */
export interface PasswordHash {
  /** Rounds of PBKDF2-HMAC-SHA256. */
  readonly rounds: number;
  /** What it was salted with. */
  readonly salt: Uint8Array<ArrayBuffer>;
  /** What came of it: 32 bytes. */
  readonly derived: Uint8Array<ArrayBuffer>;
}

/** A hash that asks for more was not made to log in with, but to keep the machine busy. */
export const MAX_ROUNDS = 10_000_000;
const FORM = /^\$pbkdf2-sha256\$([1-9]\d{0,7})\$([A-Za-z0-9./]*)\$([A-Za-z0-9./]{43})$/;
/** What Python's passlib takes when nobody says otherwise, and with it the original for its keys. */
const ORIGINAL_ROUNDS = 29_000;

/**
 * Reads a hash in the form of Python's passlib, `$pbkdf2-sha256$rounds$salt$hash`.
 *
 * @param hash The text.
 * @returns Its parts, or undefined when it is no such hash or asks for too many rounds.
 */
export function parseHash(hash: string | null | undefined): PasswordHash | undefined {
  const [, rounds, salt, derived] = FORM.exec(hash ?? "") ?? [];
  if (rounds === undefined || Number(rounds) > MAX_ROUNDS || salt!.length % 4 === 1) return undefined;
  return { rounds: Number(rounds), salt: fromText(salt!), derived: fromText(derived!) };
}

/**
 * Writes a hash in the form of Python's passlib.
 *
 * @param hash Its parts.
 * @returns The text.
 */
export function formatHash({ rounds, salt, derived }: PasswordHash): string {
  return `$pbkdf2-sha256$${rounds}$${toText(salt)}$${toText(derived)}`;
}

/**
 * Tells whether a text is a hash that can be checked.
 *
 * @param text The text.
 * @returns Whether it is.
 */
export function isPasswordHash(text: string): boolean {
  return parseHash(text) !== undefined;
}

/**
 * Writes the hash of a key of the original's, which kept 43 characters and salted with the login, in the form of all others.
 *
 * @param login Whose key it is.
 * @param key What the original kept as `key`.
 * @returns The hash, or undefined when it is none of the original's.
 *
 * @example
 * ```ts
 * import { originalKeyHash } from "@izaber/wamp/nexusd";
 *
 * const hash = originalKeyHash("ann", "A".repeat(43));
 * if (!hash?.startsWith("$pbkdf2-sha256$29000$")) throw new Error("unexpected");
 * ```
 */
export function originalKeyHash(login: string, key: string): string | undefined {
  if (!/^[A-Za-z0-9_-]{43}$/.test(key)) return undefined;
  const salt = new TextEncoder().encode(login);
  return formatHash({
    rounds: ORIGINAL_ROUNDS,
    salt,
    derived: fromBase64(key.replaceAll("-", "+").replaceAll("_", "/")),
  });
}

/** Passlib's base64: `.` for `+`, no padding. */
function toText(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", ".").replaceAll("=", "");
}

function fromText(text: string): Uint8Array<ArrayBuffer> {
  return fromBase64(text.replaceAll(".", "+"));
}

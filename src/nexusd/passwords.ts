import { fromBase64, toBase64 } from "../codec/base64.ts";
import { WampError } from "../wire/errors.ts";
import { systemRandom } from "../wire/random.ts";
import type { Random } from "../wire/random.ts";
import { DerivationQueue } from "./derivation_queue.ts";

/** What makes and checks the hashes of passwords. */
export interface PasswordOptions {
  /** Rounds of PBKDF2 for new hashes (default 600,000: about a tenth of a second of one core, off the event loop). */
  readonly rounds?: number;
  /** Where salts come from (default the runtime's randomness). */
  readonly random?: Random;
}

interface ParsedHash {
  readonly rounds: number;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly derived: Uint8Array<ArrayBuffer>;
}

const DEFAULT_ROUNDS = 600_000;
const SALT_BYTES = 16;
const DERIVED_BYTES = 32;
/** A hash that asks for more was not made to log in with, but to keep the machine busy. */
const MAX_ROUNDS = 10_000_000;
const MAX_PASSWORD_LENGTH = 4096;
/** Node derives in four threads, which it needs for files and names of hosts, too. */
const AT_ONCE = 3;
/** At some ten a second these wait for minutes; whoever comes then had better try again later. */
const MAX_WAITING = 1000;
const FORM = /^\$pbkdf2-sha256\$([1-9]\d{0,7})\$([A-Za-z0-9./]*)\$([A-Za-z0-9./]{43})$/;

/**
 * Makes and checks hashes of passwords: PBKDF2-HMAC-SHA256 by `crypto.subtle`, in the form of Python's passlib, which the original Nexus uses
 * (`$pbkdf2-sha256$rounds$salt$hash`), so that its hashes go on working and each carries its own parameters.
 */
export class Passwords {
  readonly #rounds: number;
  readonly #random: Random;
  readonly #queue = new DerivationQueue(AT_ONCE);

  /** @param options Rounds and randomness. */
  constructor(options: PasswordOptions = {}) {
    this.#rounds = options.rounds ?? DEFAULT_ROUNDS;
    this.#random = options.random ?? systemRandom;
  }

  /**
   * Makes the hash of a password, with a salt of its own.
   *
   * @param password The password.
   * @returns The hash.
   */
  async hash(password: string): Promise<string> {
    const salt = this.#random.bytes(SALT_BYTES);
    const derived = await this.#queue.run(() => derive(password, salt, this.#rounds));
    return `$pbkdf2-sha256$${this.#rounds}$${toText(salt)}$${toText(derived)}`;
  }

  /**
   * Checks a password. It takes the time of the rounds for new hashes also when there is no hash or one of fewer rounds, so that the time does not tell
   * whether a user exists. A few are checked at once, others wait.
   *
   * @param password What was given.
   * @param hash What is kept, if there is anything; one of another form fits no password.
   * @returns Whether it is the password.
   * @throws {WampError} `overflow` when too many wait already.
   */
  async verify(password: string, hash: string | null | undefined): Promise<boolean> {
    const parsed = parseHash(hash) ?? this.#impossible;
    // Longer ones are refused as passlib does; nobody has them, and hashing them is work that a stranger hands out.
    const tried = password.length > MAX_PASSWORD_LENGTH ? "" : password;
    if (this.#queue.waiting >= MAX_WAITING) {
      throw new WampError("overflow", `Cannot check a password: ${MAX_WAITING} others wait already; try again later`);
    }
    const derived = await this.#queue.run(async () => {
      const rest = this.#rounds - parsed.rounds;
      if (rest > 0) await derive(tried, parsed.salt, rest);
      return await derive(tried, parsed.salt, parsed.rounds);
    });
    return equal(derived, parsed.derived) && tried === password;
  }

  get #impossible(): ParsedHash {
    return { rounds: this.#rounds, salt: new Uint8Array(SALT_BYTES), derived: new Uint8Array(0) };
  }
}

/**
 * Tells whether a text is a hash that {@linkcode Passwords} can check.
 *
 * @param text The text.
 * @returns Whether it is.
 */
export function isPasswordHash(text: string): boolean {
  return parseHash(text) !== undefined;
}

async function derive(
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(password);
  const key = await crypto.subtle.importKey("raw", bytes, "PBKDF2", false, ["deriveBits"]);
  const algorithm = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, DERIVED_BYTES * 8));
}

function parseHash(hash: string | null | undefined): ParsedHash | undefined {
  const [, rounds, salt, derived] = FORM.exec(hash ?? "") ?? [];
  if (rounds === undefined || Number(rounds) > MAX_ROUNDS || salt!.length % 4 === 1) return undefined;
  return { rounds: Number(rounds), salt: fromText(salt!), derived: fromText(derived!) };
}

/** Compares without telling by the time it takes where the difference is. */
function equal(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (let at = 0; at < left.length; at++) difference |= left[at]! ^ (right[at] ?? 0);
  return difference === 0;
}

/** Passlib's base64: `.` for `+`, no padding. */
function toText(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", ".").replaceAll("=", "");
}

function fromText(text: string): Uint8Array<ArrayBuffer> {
  return fromBase64(text.replaceAll(".", "+"));
}

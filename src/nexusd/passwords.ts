import { WampError } from "../wire/errors.ts";
import { systemRandom } from "../wire/random.ts";
import type { Random } from "../wire/random.ts";
import { DerivationQueue } from "./derivation_queue.ts";
import { formatHash, parseHash } from "./password_hash.ts";
import { SecretCheck } from "./secret_check.ts";

/** What makes and checks the hashes of passwords. */
export interface PasswordOptions {
  /** Rounds of PBKDF2 for new hashes (default 600,000: about a tenth of a second of one core, off the event loop). */
  readonly rounds?: number;
  /** Where salts come from (default the runtime's randomness). */
  readonly random?: Random;
}

const DEFAULT_ROUNDS = 600_000;
const SALT_BYTES = 16;
const DERIVED_BYTES = 32;
/** Node derives in four threads, which it needs for files and names of hosts, too. */
const AT_ONCE = 3;
/** At some ten a second these wait for minutes; whoever comes then had better try again later. */
const MAX_WAITING = 1000;

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
   * Makes the hash of a secret.
   *
   * @param secret The secret.
   * @param beside Hashes of the same user, of which the first that is up to date lends its salt: a login compares all of them by one derivation (default
   * none: the salt is a new one).
   * @returns The hash.
   */
  async hash(secret: string, beside: Iterable<string | null> = []): Promise<string> {
    const salt = this.#saltOf(beside) ?? this.#random.bytes(SALT_BYTES);
    const derived = await this.#queue.run(() => derive(secret, salt, this.#rounds));
    return formatHash({ rounds: this.#rounds, salt, derived });
  }

  /**
   * Tells whether a hash was made as new ones are.
   *
   * @param hash The hash.
   * @returns Whether it has their rounds and their length of salt.
   */
  isCurrent(hash: string | null): boolean {
    const parsed = parseHash(hash);
    return parsed?.rounds === this.#rounds && parsed.salt.length === SALT_BYTES;
  }

  /**
   * Begins to compare a secret with hashes. A few are derived at once, others wait.
   *
   * @param secret What was shown.
   * @returns The comparison; {@linkcode SecretCheck.fits} rejects with `overflow` when too many wait already.
   */
  check(secret: string): SecretCheck {
    return new SecretCheck(secret, this.#rounds, (tried, salt, rounds) => {
      if (this.#queue.waiting >= MAX_WAITING) {
        const text = `Cannot check a password: ${MAX_WAITING} others wait already; try again later`;
        return Promise.reject(new WampError("overflow", text));
      }
      return this.#queue.run(() => derive(tried, salt, rounds));
    });
  }

  /**
   * Checks a password; where it is wrong, that takes the time of the rounds for new hashes at least.
   *
   * @param password What was given.
   * @param hash What is kept, if there is anything; one of another form fits no password.
   * @returns Whether it is the password.
   * @throws {WampError} `overflow` when too many wait already.
   */
  async verify(password: string, hash: string | null | undefined): Promise<boolean> {
    const check = this.check(password);
    if (await check.fits(hash)) return true;
    await check.settle();
    return false;
  }

  #saltOf(hashes: Iterable<string | null>): Uint8Array<ArrayBuffer> | undefined {
    for (const hash of hashes) {
      if (this.isCurrent(hash)) return parseHash(hash)!.salt;
    }
    return undefined;
  }
}

async function derive(
  secret: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(secret);
  const key = await crypto.subtle.importKey("raw", bytes, "PBKDF2", false, ["deriveBits"]);
  const algorithm = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, DERIVED_BYTES * 8));
}

import { parseHash } from "./password_hash.ts";

/** Derives what a secret comes to under a salt and a number of rounds. */
export type Derivation = (secret: string, salt: Uint8Array<ArrayBuffer>, rounds: number) => Promise<Uint8Array>;

const MAX_SECRET_LENGTH = 4096;

/**
 * One secret that somebody shows, compared with any number of hashes: those that were made with the same salt and rounds cost one derivation together, so
 * that a password, the one-time passwords and the API keys of a user are asked about at the price of one.
 */
export class SecretCheck {
  readonly #secret: string;
  readonly #rounds: number;
  readonly #derive: Derivation;
  readonly #derived: Map<string, Promise<Uint8Array>> = new Map();
  #spent = 0;

  /**
   * @param secret The secret.
   * @param rounds The rounds that a check takes at least.
   * @param derive What derives.
   */
  constructor(secret: string, rounds: number, derive: Derivation) {
    this.#secret = secret;
    this.#rounds = rounds;
    this.#derive = derive;
  }

  /**
   * Compares the secret with a hash.
   *
   * @param hash What is kept, if there is anything; one of another form fits no secret.
   * @returns Whether the hash is that of the secret.
   */
  async fits(hash: string | null | undefined): Promise<boolean> {
    const parsed = parseHash(hash);
    if (parsed === undefined) return false;
    const { rounds, salt } = parsed;
    const parameters = `${rounds}/${salt.join()}`;
    let derived = this.#derived.get(parameters);
    if (derived === undefined) {
      this.#spent += rounds;
      this.#derived.set(parameters, derived = this.#derive(this.#tried, salt, rounds));
    }
    return equal(await derived, parsed.derived) && this.#tried === this.#secret;
  }

  /** Ends a check that came to nothing: it takes the time of the rounds for new hashes at least, so that the time does not tell whether a user exists. */
  async settle(): Promise<void> {
    const rest = this.#rounds - this.#spent;
    this.#spent = this.#rounds;
    if (rest > 0) await this.#derive(this.#tried, new Uint8Array(16), rest);
  }

  // Longer ones are refused as passlib does; nobody has them, and hashing them is work that a stranger hands out.
  get #tried(): string {
    return this.#secret.length > MAX_SECRET_LENGTH ? "" : this.#secret;
  }
}

/** Compares without telling by the time it takes where the difference is. */
function equal(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (let at = 0; at < left.length; at++) difference |= left[at]! ^ (right[at] ?? 0);
  return difference === 0;
}

import type { Random } from "./random.ts";

/** The largest WAMP id, 2^53. It is accepted; ids that we make end one below, at the largest safe integer. */
export const MAX_ID: number = 2 ** 53;

/**
 * Tells whether a number is a WAMP id, 1 to 2^53.
 *
 * @param value The value to look at.
 * @returns Whether it is one.
 */
export function isId(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_ID;
}

/**
 * Draws an id of global scope: uniform over 1 to 2^53 - 1.
 *
 * @param random The source of randomness.
 * @returns The id.
 *
 * @see WAMP basic profile, "IDs"
 */
export function randomId(random: Random): number {
  return new RandomIds(random, 1).next();
}

/**
 * Ids of global scope, drawn many at a time: one draw of random bytes costs as much as a whole small publication.
 *
 * @see WAMP basic profile, "IDs"
 */
export class RandomIds {
  readonly #random: Random;
  readonly #batch: number;
  #words: Uint32Array = new Uint32Array(0);
  #next = 0;

  /**
   * @param random The source of randomness.
   * @param batch How many ids are drawn at a time.
   */
  constructor(random: Random, batch: number) {
    this.#random = random;
    this.#batch = batch;
  }

  /**
   * Gives an id.
   *
   * @returns One of 1 to 2^53 - 1, uniform.
   */
  next(): number {
    for (;;) {
      if (this.#next === this.#words.length) {
        this.#words = new Uint32Array(this.#random.bytes(this.#batch * 8).buffer);
        this.#next = 0;
      }
      const high = this.#words[this.#next++] ?? 0;
      const low = this.#words[this.#next++] ?? 0;
      const id = (high & 0x1fffff) * 0x1_0000_0000 + low;
      if (id > 0) return id;
    }
  }
}

/**
 * The request ids of one direction of a session: 1, 2, 3 and on, back to 1 after 2^53 - 1.
 *
 * @see WAMP basic profile, "IDs"
 */
export class IdSequence {
  #last = 0;

  /** The id that is next. */
  get upcoming(): number {
    return this.#last >= Number.MAX_SAFE_INTEGER ? 1 : this.#last + 1;
  }

  /**
   * Takes the next id. Call it when the message is certain to be sent, since an id that is taken and not sent leaves a gap.
   *
   * @returns The id.
   */
  next(): number {
    return this.#last = this.upcoming;
  }

  /**
   * Gives an id back whose message was not sent after all, so that there is no gap.
   *
   * @param id The id; nothing happens when others were taken since.
   */
  giveBack(id: number): void {
    if (this.#last === id) this.#last = id - 1;
  }
}

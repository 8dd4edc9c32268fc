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
  const [high = 0, low = 0] = new Uint32Array(random.bytes(8).buffer);
  const id = (high & 0x1fffff) * 0x1_0000_0000 + low;
  return id === 0 ? randomId(random) : id;
}

/**
 * The request ids of one direction of a session: 1, 2, 3 and on, back to 1 after 2^53 - 1.
 *
 * @see WAMP basic profile, "IDs"
 */
export class IdSequence {
  #last = 0;

  /**
   * Takes the next id. Call it when the message is certain to be sent, since an id that is taken and not sent leaves a gap.
   *
   * @returns The id.
   */
  next(): number {
    this.#last = this.#last >= Number.MAX_SAFE_INTEGER ? 1 : this.#last + 1;
    return this.#last;
  }
}

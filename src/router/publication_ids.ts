import { MAX_ID } from "../wire/ids.ts";
import type { Random } from "../wire/random.ts";

const IDS_A_DRAW = 64;

/** Random ids, drawn many at a time: one draw of random bytes costs as much as a whole small publication. */
export class PublicationIds {
  readonly #random: Random;
  #words: Uint32Array = new Uint32Array(0);
  #next = 0;

  /** @param random Where randomness comes from. */
  constructor(random: Random) {
    this.#random = random;
  }

  /**
   * Draws an id.
   *
   * @returns An id of global scope, below 2^53.
   */
  next(): number {
    for (;;) {
      if (this.#next === this.#words.length) {
        this.#words = new Uint32Array(this.#random.bytes(IDS_A_DRAW * 8).buffer);
        this.#next = 0;
      }
      const high = this.#words[this.#next++] ?? 0;
      const low = this.#words[this.#next++] ?? 0;
      const id = (high & 0x1fffff) * 0x1_0000_0000 + low;
      if (id > 0 && id < MAX_ID) return id;
    }
  }
}

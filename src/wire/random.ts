/** Where every random number of this package comes from, so that a test can repeat a run. */
export interface Random {
  /**
   * Fills a new array with random bytes.
   *
   * @param length How many bytes.
   * @returns The bytes, in a buffer of their own.
   */
  bytes(length: number): Uint8Array<ArrayBuffer>;

  /**
   * Draws a number.
   *
   * @returns At least 0 and below 1.
   */
  number(): number;
}

/** The runtime's own randomness: cryptographic for bytes. */
export const systemRandom: Random = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  number: () => Math.random(),
};

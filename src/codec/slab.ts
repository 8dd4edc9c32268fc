const SLAB_SIZE = 64 * 1024;
const LARGEST_CARVED = 4 * 1024;

/**
 * Memory for outgoing frames, carved from slabs, each byte used once.
 *
 * On Node an array of its own costs 350 to 1,000 ns once it is larger than the 64 bytes that V8 keeps on its heap; a piece of a slab costs 35.
 * Bun does not care.
 */
export class Slab {
  #memory = new Uint8Array(0);
  #at = 0;

  /** What the bytes from `offset` on are to be written to. */
  bytes: Uint8Array<ArrayBuffer> = this.#memory;
  /** Where to begin. */
  offset = 0;

  /**
   * Finds room.
   *
   * @param size How many bytes at most.
   */
  claim(size: number): void {
    if (size > LARGEST_CARVED) {
      this.bytes = new Uint8Array(size);
      this.offset = 0;
      return;
    }
    if (this.#at + size > this.#memory.length) {
      this.#memory = new Uint8Array(SLAB_SIZE);
      this.#at = 0;
    }
    this.bytes = this.#memory;
    this.offset = this.#at;
  }

  /**
   * Takes what was written.
   *
   * @param end Where it ends.
   * @returns The frame.
   */
  take(end: number): Uint8Array<ArrayBuffer> {
    const { bytes, offset } = this;
    if (bytes === this.#memory) this.#at = end;
    return new Uint8Array(bytes.buffer, offset, end - offset);
  }
}

const FIRST_CAPACITY = 1024;

/** Bytes that are appended one after the other. */
export class ByteBuffer {
  /** The bytes, with room behind them. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_CAPACITY);
  /** How many there are. */
  length = 0;

  /**
   * Makes room.
   *
   * @param size How many bytes are to be appended.
   */
  ensure(size: number): void {
    const needed = this.length + size;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  /**
   * Appends bytes.
   *
   * @param bytes The bytes.
   */
  append(bytes: Uint8Array): void {
    this.ensure(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /**
   * Takes out a few bytes.
   *
   * @param at Where they begin.
   * @param size How many.
   */
  remove(at: number, size: number): void {
    this.bytes.copyWithin(at, at + size, this.length);
    this.length -= size;
  }

  /** A copy of the bytes. */
  copy(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }
}

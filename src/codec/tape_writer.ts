import { Tag } from "./core.ts";
import type { Tape } from "./core.ts";
import { faultCode, faultOffset } from "./fault.ts";
import * as Fault from "./fault_code.ts";

const FIRST_CAPACITY = 1024;
/** The largest tape that is kept for the next value. */
const LARGEST_KEPT = 64 * 1024;
const WORDS = 4;

/** The tape of the TypeScript half: entries are appended, and it grows as it must. */
export class TapeWriter implements Tape {
  words!: Int32Array;
  numbers!: Float64Array;
  readonly keys: readonly string[] = [];
  readonly texts: Uint8Array = new Uint8Array(0);
  readonly views: (Uint8Array | undefined)[] = [];
  readonly textsEnd = 0;
  fault: number = Fault.none;
  faultAt = 0;
  #count = 0;
  #capacity = 0;

  constructor() {
    this.#allocate(FIRST_CAPACITY);
  }

  /** Begins a new value. */
  reset(): void {
    this.fault = Fault.none;
    this.#count = 0;
    this.release();
  }

  release(): void {
    if (this.#capacity > LARGEST_KEPT) this.#allocate(FIRST_CAPACITY);
  }

  /**
   * Notes that the value is faulty.
   *
   * @param packed The packed fault.
   */
  fail(packed: number): void {
    this.fault = faultCode(packed);
    this.faultAt = faultOffset(packed);
  }

  /**
   * Appends an entry.
   *
   * @param tag One of `Tag`.
   * @param length Its length.
   * @param offset Its offset, or low word.
   * @param extra Its extra, or high word.
   * @returns Its index.
   */
  push(tag: number, length = 0, offset = 0, extra = -1): number {
    const index = this.#count++;
    if (index === this.#capacity) this.#grow();
    const { words } = this;
    const at = index * WORDS;
    words[at] = tag;
    words[at + 1] = length;
    words[at + 2] = offset;
    words[at + 3] = extra;
    return index;
  }

  /**
   * Appends a number, or something else that is one 64-bit float.
   *
   * @param tag One of `Tag`.
   * @param value The number.
   */
  pushNumber(tag: number, value: number): void {
    const index = this.#count++;
    if (index === this.#capacity) this.#grow();
    this.words[index * WORDS] = tag;
    this.numbers[index * 2 + 1] = value;
  }

  /**
   * Appends a 64-bit integer: as a number where that is exact and safe.
   *
   * @param tag `Tag.uint64`, `Tag.int64` or `Tag.negative64`.
   * @param high The high word, unsigned.
   * @param low The low word, unsigned.
   */
  pushInteger(tag: number, high: number, low: number): void {
    const value = tag === Tag.int64
      ? (high | 0) * 0x1_0000_0000 + low
      : tag === Tag.negative64
      ? -1 - (high * 0x1_0000_0000 + low)
      : high * 0x1_0000_0000 + low;
    if (Number.isSafeInteger(value)) this.pushNumber(Tag.number, value);
    else this.push(tag, 0, low | 0, high | 0);
  }

  /**
   * Says how many elements a container turned out to have.
   *
   * @param index What `push` returned for it.
   * @param length How many.
   */
  setLength(index: number, length: number): void {
    this.words[index * WORDS + 1] = length;
  }

  #grow(): void {
    const { words } = this;
    this.#allocate(this.#capacity * 2);
    this.words.set(words);
  }

  #allocate(capacity: number): void {
    const memory = new ArrayBuffer(capacity * WORDS * 4);
    this.words = new Int32Array(memory);
    this.numbers = new Float64Array(memory);
    this.#capacity = capacity;
  }
}

import { readText } from "./utf8.ts";

const SLOTS = 512;
const LONGEST_KEY = 32;

/**
 * Map keys that were seen lately, found by their bytes: a key that comes again costs a comparison, and engines make objects from equal keys faster.
 *
 * It is bounded, holds keys only, never values, and a new key simply takes the place of the one that shares its slot.
 */
export class KeyCache {
  readonly #bytes: (Uint8Array | undefined)[] = new Array(SLOTS).fill(undefined);
  readonly #texts: string[] = new Array(SLOTS).fill("");

  /**
   * Reads a key.
   *
   * @param bytes What it lies in.
   * @param start Where it begins.
   * @param length How many bytes it has.
   * @returns The key.
   * @throws {TypeError} When it is not UTF-8.
   */
  read(bytes: Uint8Array, start: number, length: number): string {
    if (length > LONGEST_KEY || length === 0) return readText(bytes, start, start + length);
    const slot = ((bytes[start] as number) * 31 + (bytes[start + length - 1] as number) * 7 +
      (bytes[start + (length >> 1)] as number) * 131 + length * 17) & (SLOTS - 1);
    const known = this.#bytes[slot];
    if (known !== undefined && known.length === length && isEqual(known, bytes, start)) {
      return this.#texts[slot] as string;
    }
    const text = readText(bytes, start, start + length);
    this.#texts[slot] = text;
    this.#bytes[slot] = new Uint8Array(bytes.subarray(start, start + length));
    return text;
  }
}

function isEqual(known: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let at = 0; at < known.length; at++) {
    if (known[at] !== bytes[start + at]) return false;
  }
  return true;
}

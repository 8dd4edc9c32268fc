import { forgetUri, noteUri, slotOf } from "../codec/backend.ts";
import { Pattern } from "../codec/core.ts";
import type { MatchPolicy } from "../wire/uri.ts";

/** Slots are kept in pieces of two to the power of this many: those of one table are often near each other, and need not begin with the first. */
const PIECE = 8;
const PIECE_SIZE = 1 << PIECE;

/** Values by the slots that the codec's core has for their URIs or patterns: it says which match, whoever noted them, and this what they mean here. */
export class SlotTable<T> {
  readonly #pieces: ((T | undefined)[] | undefined)[] = [];
  #size = 0;

  /** How many values there are. */
  get size(): number {
    return this.#size;
  }

  /**
   * Gives a value.
   *
   * @param slot The slot of its URI or pattern.
   * @returns The value.
   */
  get(slot: number): T | undefined {
    return this.#pieces[slot >> PIECE]?.[slot & (PIECE_SIZE - 1)];
  }

  /**
   * Sets the value of a URI or pattern, if the core has room for it.
   *
   * @param uri The URI or pattern.
   * @param match How it matches.
   * @param value Its value.
   */
  set(uri: string, match: MatchPolicy, value: T): void {
    const known = slotOf(uri, match);
    const isHere = this.get(known) !== undefined;
    const slot = isHere ? known : noteUri(uri, match);
    if (slot === 0) return;
    if (!isHere) this.#size++;
    const pieces = this.#pieces;
    while (pieces.length <= slot >> PIECE) pieces.push(undefined);
    const piece = pieces[slot >> PIECE] ??= new Array(PIECE_SIZE).fill(undefined);
    piece[slot & (PIECE_SIZE - 1)] = value;
  }

  /**
   * Removes the value of a URI or pattern.
   *
   * @param uri The URI or pattern.
   * @param match How it matches.
   */
  delete(uri: string, match: MatchPolicy): void {
    const slot = slotOf(uri, match);
    // What this had no room for somebody else may have noted since.
    if (this.get(slot) === undefined) return;
    this.#size--;
    this.#pieces[slot >> PIECE]![slot & (PIECE_SIZE - 1)] = undefined;
    forgetUri(uri, match);
  }

  /**
   * Finds the best of the patterns that match a URI, by the same rules as `PatternTable.best`.
   *
   * @param matched What matches.
   * @returns Its value.
   */
  best(matched: readonly number[]): T | undefined {
    let longest: T | undefined;
    let isWhole = false;
    for (const pattern of matched) {
      const value = this.get(pattern & Pattern.slot);
      if (value === undefined) continue;
      if ((pattern & Pattern.wildcard) !== 0) return isWhole ? longest : value;
      longest = value;
      isWhole ||= (pattern & Pattern.whole) !== 0;
    }
    return longest;
  }

  /**
   * Finds every pattern that matches a URI.
   *
   * @param matched What matches.
   * @returns Their values, in the same order as from `PatternTable.patterns`.
   */
  all(matched: readonly number[]): T[] {
    const found: T[] = [];
    for (const pattern of matched) {
      const value = this.get(pattern & Pattern.slot);
      if (value !== undefined) found.push(value);
    }
    return found;
  }
}

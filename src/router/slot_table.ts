import { forgetUri, noteUri } from "../codec/backend.ts";
import { Pattern } from "../codec/core.ts";
import type { MatchPolicy } from "../wire/uri.ts";

/** Values by the slots that the codec's core has for their patterns: it says which patterns match, whoever noted them, and this what they mean here. */
export class SlotTable<T> {
  readonly #slots: Map<string, number> = new Map();
  readonly #values: Map<number, T> = new Map();

  /**
   * Sets the value of a pattern, if the core has room for it.
   *
   * @param pattern The pattern.
   * @param match How it matches.
   * @param value Its value.
   */
  set(pattern: string, match: MatchPolicy, value: T): void {
    const key = keyOf(pattern, match);
    const slot = this.#slots.get(key) ?? noteUri(pattern, match);
    if (slot === 0) return;
    this.#slots.set(key, slot);
    this.#values.set(slot, value);
  }

  /**
   * Removes a pattern.
   *
   * @param pattern The pattern.
   * @param match How it matches.
   */
  delete(pattern: string, match: MatchPolicy): void {
    const key = keyOf(pattern, match);
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#values.delete(slot);
    forgetUri(pattern, match);
  }

  /** How many patterns there are. */
  get size(): number {
    return this.#values.size;
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
      const value = this.#values.get(pattern & Pattern.slot);
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
      const value = this.#values.get(pattern & Pattern.slot);
      if (value !== undefined) found.push(value);
    }
    return found;
  }
}

function keyOf(pattern: string, match: MatchPolicy): string {
  return `${match} ${pattern}`;
}

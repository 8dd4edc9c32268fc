import type { MatchPolicy } from "../wire/uri.ts";
import { PrefixTable } from "./prefix_table.ts";
import { SlotTable } from "./slot_table.ts";
import { WildcardTable } from "./wildcard_table.ts";

/** Values by URI and match policy: the registrations of a dealer, the subscriptions of a broker. */
export class PatternTable<T> {
  readonly #exact: Map<string, T> = new Map();
  readonly #prefix: PrefixTable<T> = new PrefixTable();
  readonly #wildcard: WildcardTable<T> = new WildcardTable();
  readonly #exactSlots: SlotTable<T> = new SlotTable();
  readonly #patternSlots: SlotTable<T> = new SlotTable();

  /** How many values there are. */
  get size(): number {
    return this.#exact.size + this.#prefix.size + this.#wildcard.size;
  }

  /** Whether any of them is a prefix or a wildcard pattern. */
  get hasPatterns(): boolean {
    return this.#prefix.size > 0 || this.#wildcard.size > 0;
  }

  /**
   * Gives the value of one (URI, match).
   *
   * @param uri The URI or pattern itself.
   * @param match How it matches.
   * @returns Its value.
   */
  get(uri: string, match: MatchPolicy): T | undefined {
    return this.#of(match).get(uri);
  }

  /**
   * Sets the value of a (URI, match).
   *
   * @param uri The URI or pattern.
   * @param match How it matches.
   * @param value Its value.
   */
  set(uri: string, match: MatchPolicy, value: T): void {
    this.#slotsOf(match).set(uri, match, value);
    this.#of(match).set(uri, value);
  }

  /**
   * Tells how many steps a look-up may take among the wildcard patterns.
   *
   * @param uri The URI or pattern of one that there may be besides.
   * @param match How it matches.
   * @returns How many; nothing that is no wildcard pattern takes any.
   */
  stepsWith(uri: string, match: MatchPolicy): number {
    return match === "wildcard" ? this.#wildcard.stepsWith(uri) : 0;
  }

  /**
   * Removes a (URI, match).
   *
   * @param uri The URI or pattern.
   * @param match How it matches.
   */
  delete(uri: string, match: MatchPolicy): void {
    this.#slotsOf(match).delete(uri, match);
    this.#of(match).delete(uri);
  }

  /**
   * Finds the value that was set for a URI with exact matching.
   *
   * @param uri The URI.
   * @param slot The slot that the codec's core has for it, where that is known (default 0).
   * @returns Its value.
   */
  exact(uri: string, slot = 0): T | undefined {
    if (slot === 0) return this.#exact.get(uri);
    const value = this.#exactSlots.get(slot);
    return value !== undefined || this.#exactSlots.size === this.#exact.size ? value : this.#exact.get(uri);
  }

  /**
   * Finds the one best match: exact, else the longest prefix, else the best wildcard pattern.
   *
   * The specification lets a prefix match in the middle of a component (`com.app1` for `com.app1-x`), yet in its example one that does so gives way
   * to a wildcard pattern. So prefixes rank before wildcard patterns when one of them consists of whole components, else behind.
   *
   * @param uri The URI.
   * @param matched Which patterns match it, where the codec's core knows.
   * @param slot The slot that the core has for the URI, where that is known (default 0).
   * @returns Its value.
   *
   * @see WAMP advanced profile, "Pattern-based Registrations", "Calls matching multiple registrations"
   */
  best(uri: string, matched?: readonly number[], slot = 0): T | undefined {
    const exact = this.exact(uri, slot);
    if (exact !== undefined || !this.hasPatterns) return exact;
    if (matched !== undefined && this.#areNoted) return this.#patternSlots.best(matched);
    if (this.#wildcard.size === 0 || this.#prefix.hasWhole(uri)) return this.#prefix.longest(uri);
    return this.#wildcard.best(uri) ?? this.#prefix.longest(uri);
  }

  /**
   * Finds every prefix and wildcard pattern that matches.
   *
   * @param uri The URI.
   * @param matched Which patterns match it, where the codec's core knows.
   * @returns Their values.
   */
  patterns(uri: string, matched?: readonly number[]): T[] {
    if (matched !== undefined && this.#areNoted) return this.#patternSlots.all(matched);
    const found: T[] = [];
    this.#prefix.collect(uri, found);
    this.#wildcard.collect(uri, found);
    return found;
  }

  /** Whether the codec's core has had room for all of the patterns. */
  get #areNoted(): boolean {
    return this.#patternSlots.size === this.#prefix.size + this.#wildcard.size;
  }

  #slotsOf(match: MatchPolicy): SlotTable<T> {
    return match === "exact" ? this.#exactSlots : this.#patternSlots;
  }

  #of(match: MatchPolicy): Pick<Map<string, T>, "get" | "set" | "delete"> | PrefixTable<T> | WildcardTable<T> {
    if (match === "exact") return this.#exact;
    return match === "prefix" ? this.#prefix : this.#wildcard;
  }
}

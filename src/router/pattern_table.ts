import type { MatchPolicy } from "../wire/uri.ts";
import { PrefixTable } from "./prefix_table.ts";
import { WildcardTable } from "./wildcard_table.ts";

/** Values by URI and match policy: the registrations of a dealer, the subscriptions of a broker. */
export class PatternTable<T> {
  readonly #exact: Map<string, T> = new Map();
  readonly #prefix: PrefixTable<T> = new PrefixTable();
  readonly #wildcard: WildcardTable<T> = new WildcardTable();

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
    this.#of(match).set(uri, value);
  }

  /**
   * Removes a (URI, match).
   *
   * @param uri The URI or pattern.
   * @param match How it matches.
   */
  delete(uri: string, match: MatchPolicy): void {
    this.#of(match).delete(uri);
  }

  /**
   * Finds the value that was set for a URI with exact matching.
   *
   * @param uri The URI.
   * @returns Its value.
   */
  exact(uri: string): T | undefined {
    return this.#exact.get(uri);
  }

  /**
   * Finds the one best match: exact, else the longest prefix, else the best wildcard pattern.
   *
   * @param uri The URI.
   * @returns Its value.
   *
   * @see WAMP advanced profile, "Pattern-based Registrations", "Calls matching multiple registrations"
   */
  best(uri: string): T | undefined {
    return this.#exact.get(uri) ?? this.#prefix.longest(uri) ?? this.#wildcard.best(uri);
  }

  /**
   * Finds every prefix and wildcard pattern that matches.
   *
   * @param uri The URI.
   * @returns Their values.
   */
  patterns(uri: string): T[] {
    const found: T[] = [];
    this.#prefix.collect(uri, found);
    this.#wildcard.collect(uri, found);
    return found;
  }

  #of(match: MatchPolicy): Pick<Map<string, T>, "get" | "set" | "delete"> | PrefixTable<T> | WildcardTable<T> {
    if (match === "exact") return this.#exact;
    return match === "prefix" ? this.#prefix : this.#wildcard;
  }
}

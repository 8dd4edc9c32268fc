import { WampError } from "../wire/errors.ts";
import { isUri } from "../wire/uri.ts";

/** What a route is for: a URI, the beginning of one, or an expression that the whole URI has to match. */
export type RoutePattern = string | RegExp;

/** What can be said of any route. */
export interface RouteOptions {
  /** Whether the URI is complete or the beginning of many (default `"exact"`); an expression is always held against the whole URI. */
  readonly match?: "exact" | "prefix" | undefined;
}

/** A route that was found for a URI. */
export interface RouteMatch<R> {
  /** What was added for it. */
  readonly route: R;
  /** What the groups of the expression hold, in order; none when they are named. */
  readonly groups: readonly (string | undefined)[];
  /** What its named groups hold. */
  readonly named: { readonly [name: string]: string | undefined };
}

interface Expression<R> {
  readonly pattern: RegExp;
  readonly whole: RegExp;
  readonly route: R;
}

/** Finds routes: a complete URI first, then the longest beginning, then expressions in the order in which they were added. */
export class RouteTable<R> {
  readonly #exact: Map<string, R> = new Map();
  readonly #prefixes: Map<string, R> = new Map();
  /** How long beginnings are, the longest first: a URI of a client may be far longer. */
  #lengths: readonly number[] = [];
  readonly #expressions: Expression<R>[] = [];

  /** How many routes there are. */
  get size(): number {
    return this.#exact.size + this.#prefixes.size + this.#expressions.length;
  }

  /**
   * Adds a route.
   *
   * @param pattern The URI, its beginning, or an expression.
   * @param route What to find for it.
   * @param options How it matches.
   * @throws {WampError} `invalid_argument` when the pattern is none, or there is such a route already.
   */
  add(pattern: RoutePattern, route: R, options: RouteOptions = {}): void {
    if (pattern instanceof RegExp) return this.#addExpression(pattern, route);
    const { match = "exact" } = options;
    if (match !== "exact" && match !== "prefix") {
      throw new WampError(
        "invalid_argument",
        `Cannot add a route: match is "${String(match)}", expected "exact" or "prefix"`,
      );
    }
    if (typeof pattern !== "string" || !isUri(pattern, match)) {
      throw new WampError(
        "invalid_argument",
        `Cannot add a route for ${String(pattern)}: expected a URI such as "com.example.hello", or an expression`,
      );
    }
    const table = match === "exact" ? this.#exact : this.#prefixes;
    if (table.has(pattern)) throw doubled(pattern);
    table.set(pattern, route);
    this.#measure();
  }

  /**
   * Finds the route of a URI.
   *
   * @param uri The URI.
   * @returns The best match, or undefined when there is none.
   */
  find(uri: string): RouteMatch<R> | undefined {
    const route = this.#exact.get(uri) ?? this.#longestPrefix(uri);
    if (route !== undefined) return { route, groups: [], named: {} };
    for (const { whole, route } of this.#expressions) {
      const found = whole.exec(uri);
      if (found !== null) return { route, ...capturedBy(found) };
    }
    return undefined;
  }

  /**
   * Takes over the routes of another table.
   *
   * @param other The other table.
   * @throws {WampError} `invalid_argument` when both have a route for the same pattern; nothing is taken over then.
   */
  include(other: RouteTable<R>): void {
    for (const pattern of other.#exact.keys()) if (this.#exact.has(pattern)) throw doubled(pattern);
    for (const pattern of other.#prefixes.keys()) if (this.#prefixes.has(pattern)) throw doubled(pattern);
    for (const { pattern } of other.#expressions) this.#refuseDouble(pattern);
    for (const [pattern, route] of other.#exact) this.#exact.set(pattern, route);
    for (const [pattern, route] of other.#prefixes) this.#prefixes.set(pattern, route);
    this.#expressions.push(...other.#expressions);
    this.#measure();
  }

  #addExpression(pattern: RegExp, route: R): void {
    this.#refuseDouble(pattern);
    const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, ""));
    this.#expressions.push({ pattern, whole, route });
  }

  #refuseDouble(pattern: RegExp): void {
    if (this.#expressions.some((known) => String(known.pattern) === String(pattern))) throw doubled(pattern);
  }

  #longestPrefix(uri: string): R | undefined {
    for (const length of this.#lengths) {
      const route = length > uri.length ? undefined : this.#prefixes.get(uri.slice(0, length));
      if (route !== undefined) return route;
    }
    return undefined;
  }

  #measure(): void {
    this.#lengths = [...new Set([...this.#prefixes.keys()].map(({ length }) => length))].sort((a, b) => b - a);
  }
}

function capturedBy(found: RegExpExecArray): Pick<RouteMatch<never>, "groups" | "named"> {
  // Named groups stand among the numbered ones as well, and each is to become one argument.
  return found.groups === undefined
    ? { groups: found.slice(1), named: {} }
    : { groups: [], named: { ...found.groups } };
}

function doubled(pattern: RoutePattern): WampError {
  return new WampError("invalid_argument", `Cannot add a route for ${String(pattern)}: there is one already`);
}

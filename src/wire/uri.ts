/** How a registration or a subscription matches URIs. */
export type MatchPolicy = "exact" | "prefix" | "wildcard";

/** Which characters a URI may have: `loose` any but blanks and `#`, `strict` lower-case letters, digits and `_`. */
export type UriRules = "loose" | "strict";

const COMPONENTS = /^(?:[^\s.#]+\.)*[^\s.#]+$/;
const COMPONENTS_OR_NONE = /^(?:[^\s.#]+\.|\.)*[^\s.#]*$/;
const NOT_STRICT = /[^0-9a-z_.]/;

/**
 * Tells whether a text is a URI that may be called, published to, registered or subscribed to.
 *
 * @param uri The text.
 * @param match How it is to match; `wildcard` allows empty components, `prefix` one at the end (default `exact`).
 * @param rules Which characters are allowed (default `loose`, as Nexus needs it).
 * @returns Whether it is a URI.
 *
 * @see WAMP basic profile, "URIs"
 */
export function isUri(uri: string, match: MatchPolicy = "exact", rules: UriRules = "loose"): boolean {
  if (rules === "strict" && NOT_STRICT.test(uri)) return false;
  if (match === "wildcard") return COMPONENTS_OR_NONE.test(uri);
  if (match === "prefix" && (uri === "" || uri.endsWith("."))) return uri === "" || COMPONENTS.test(uri.slice(0, -1));
  return COMPONENTS.test(uri);
}

/**
 * Tells whether a URI is one that only a router may register or publish to.
 *
 * @param uri The URI or pattern.
 * @param match How it is to match (default `exact`).
 * @returns Whether its first component is `wamp` and others follow; of a pattern, whether its first component is `wamp`.
 */
export function isReservedUri(uri: string, match: MatchPolicy = "exact"): boolean {
  return uri.startsWith("wamp.") || (match !== "exact" && uri === "wamp");
}

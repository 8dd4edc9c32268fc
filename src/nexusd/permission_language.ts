import type { Action } from "../router/authorization.ts";

/** The actions that a permission speaks of: the router's four, and two of rosters. */
export type PermissionAction = Action | "roster_ops" | "roster_query";

/** What a permission says of one action that it grants. */
export interface Grant {
  /** `+`: only for a while after the session's user has shown the password. */
  readonly elevated: boolean;
  /** `!`: only where the URI is documented. */
  readonly documented: boolean;
}

/** The actions that one permission line grants; what is missing is denied. */
export type Grants = { readonly [action in PermissionAction]?: Grant };

/**
 * One line of a role's or a restriction's list.
 *
 * What is compared with it is the URI as it stands in the message, also where that is registered or subscribed with `match: "prefix"` or `"wildcard"`, as
 * the original does: whoever may `s` on `com.example.a` may subscribe to all that begins so, whatever other lines say of it.
 */
export interface PermissionLine {
  /** The pattern of the URIs that it speaks of. */
  readonly uri: string;
  /** What it grants, in letters. */
  readonly perms: string;
}

const letters: { readonly [letter: string]: PermissionAction } = {
  c: "call",
  r: "register",
  s: "subscribe",
  p: "publish",
  o: "roster_ops",
  q: "roster_query",
};

/**
 * Reads the letters of a permission: `c` call, `r` register, `s` subscribe, `p` publish, `o` roster operations, `q` roster query; behind a letter `+`
 * (elevated) and `!` (documented). Every other character separates; no letter at all denies everything. Of a letter that is repeated the last counts.
 *
 * @param perms The letters, such as `"cr!+s"`.
 * @returns What they grant.
 */
export function parsePerms(perms: string): Grants {
  const grants: { [action in PermissionAction]?: Grant } = {};
  for (const [, letter, traits] of perms.matchAll(/([crspoq])([!+]*)/g)) {
    grants[letters[letter!]!] = { elevated: traits!.includes("+"), documented: traits!.includes("!") };
  }
  return grants;
}

/**
 * Tells whether letters are written as people mean them: nothing but letters with their traits and the separators `-`, `,` and blank.
 *
 * @param perms The letters.
 * @returns Whether there is no character without a meaning.
 */
export function isPerms(perms: string): boolean {
  return /^(?:[crspoq][!+]*|[-, ])*$/.test(perms);
}

/**
 * Tells whether two lists are the same, line by line, as they are written.
 *
 * @param left The one; undefined for none.
 * @param right The other.
 * @returns Whether they are.
 */
export function sameLines(left: readonly PermissionLine[] | undefined, right: readonly PermissionLine[]): boolean {
  return left?.length === right.length &&
    left.every(({ uri, perms }, at) => uri === right[at]!.uri && perms === right[at]!.perms);
}

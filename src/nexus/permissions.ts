import { WampError } from "../wire/errors.ts";

/** What a permission can grant. */
export type PermissionAction = "call" | "register" | "subscribe" | "publish" | "roster_ops" | "roster_query";

/** One line of a list of permissions, as Nexus keeps it. */
export interface PermissionLine {
  /** The pattern of the URIs that it speaks of: elements, `/regular expressions/`, or `*` at the end. */
  readonly uri: string;
  /** What it grants, in letters: `c` call, `r` register, `s` subscribe, `p` publish, `o` roster_ops, `q` roster_query. */
  readonly perms: string;
}

const LETTERS: Readonly<Record<PermissionAction, string>> = {
  call: "c",
  register: "r",
  subscribe: "s",
  publish: "p",
  roster_ops: "o",
  roster_query: "q",
};

/**
 * A list of permissions in the making; what it does not name is denied, and it never grants more than the user's role has.
 *
 * @example
 * ```ts
 * import { permissions } from "@izaber/wamp/nexus";
 *
 * const readOnly = permissions().allow("com.izaber.wamp.reports.*", "call", "subscribe").deny("com.izaber.wamp.reports.delete");
 * const [first, second] = [...readOnly];
 * if (first?.perms !== "cs" || second?.perms !== "") throw new Error("unexpected");
 * ```
 */
export class Permissions implements Iterable<PermissionLine> {
  // By pattern, since of two lines for one pattern Nexus takes the first alone.
  readonly #granted = new Map<string, Set<PermissionAction>>();

  /**
   * Grants actions on the URIs of a pattern, besides those that were granted before.
   *
   * @param uri The pattern: `"com.example.add"`, `"com.example.*"`.
   * @param actions What is granted.
   * @returns This list.
   * @throws {WampError} `invalid_argument` when the pattern is empty or an action is unknown.
   */
  allow(uri: string, ...actions: readonly [PermissionAction, ...PermissionAction[]]): this {
    const unknown = actions.find((action) => !Object.hasOwn(LETTERS, action));
    if (actions.length === 0 || unknown !== undefined) {
      throw new WampError(
        "invalid_argument",
        `Cannot allow ${unknown ?? "nothing"} on "${uri}": expected one or more of ${Object.keys(LETTERS).join(", ")}`,
      );
    }
    const granted = this.#granted.get(checked(uri)) ?? new Set();
    for (const action of actions) granted.add(action);
    this.#granted.set(uri, granted);
    return this;
  }

  /**
   * Denies everything on the URIs of a pattern, as an exception from a wider one.
   *
   * @param uri The pattern.
   * @returns This list.
   * @throws {WampError} `invalid_argument` when the pattern is empty.
   */
  deny(uri: string): this {
    this.#granted.set(checked(uri), new Set());
    return this;
  }

  /** @returns The lines as Nexus takes them. */
  *[Symbol.iterator](): Generator<PermissionLine, void, undefined> {
    for (const [uri, granted] of this.#granted) {
      yield { uri, perms: [...granted].map((action) => LETTERS[action]).join("") };
    }
  }
}

/**
 * Begins a list of permissions.
 *
 * @returns The list, which grants nothing yet.
 */
export function permissions(): Permissions {
  return new Permissions();
}

const REGULAR_EXPRESSION = /\/(?:\\.|[^\\/])*\//g;

function checked(uri: string): string {
  if (typeof uri === "string" && !uri.replace(REGULAR_EXPRESSION, "x").split(".").includes("")) return uri;
  throw new WampError(
    "invalid_argument",
    `Cannot make a permission for ${
      JSON.stringify(uri)
    }: expected a pattern such as "com.example.*", without empty elements`,
  );
}

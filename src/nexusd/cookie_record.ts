import { createHash } from "node:crypto";
import { isDict } from "../wire/values.ts";
import type { Dict } from "../wire/values.ts";
import type { Login } from "./logins.ts";

/** What is kept of the login that a cookie stands for, with the fields that the original has. Times are in seconds since 1970. */
export interface CookieRecord {
  /** The id by which sessions are told of it. */
  readonly uuid: string;
  /** The realm. */
  readonly authrealm: string;
  /** How its first session was authenticated. */
  readonly authmethod: string;
  /** When it was first used. */
  readonly created: number;
  /** When it was last used. */
  readonly modified: number;
  /** For how many seconds after that it is good; where it does not say, for as long as a new one. */
  readonly maxAge: number | undefined;
  /** The login. */
  readonly login: Login;
}

/**
 * Gives the name under which a cookie is kept: who reads the store cannot show the cookie.
 *
 * @param value The cookie.
 * @returns Its SHA-256.
 */
export function cookieKey(value: string): string {
  return createHash("sha256").update(value).digest("base64url");
}

/**
 * Makes a mark of a user's password, by which it is seen that it was changed; who reads the mark learns nothing of it.
 *
 * @param hash The hash of the password, if there is one.
 * @returns The mark.
 */
export function markOf(hash: string | null): string {
  return createHash("sha256").update(hash ?? "").digest("base64url").slice(0, 22);
}

/**
 * Writes what is kept of a cookie.
 *
 * @param record The cookie.
 * @returns The record for the store.
 */
export function cookieToRecord(
  { uuid, authrealm, authmethod, created, modified, login, maxAge }: CookieRecord,
): Dict {
  const { login: authid, userId, role: authrole, source, restrictions, apiKey = null, authenticatedAt } = login;
  const { ownRole = null, passwordMark = null } = login;
  return {
    uuid,
    created,
    modified,
    max_age: maxAge ?? null,
    authid,
    authrole,
    authrealm,
    authmethod,
    data: {
      user: userId,
      auth: [source, apiKey],
      restrictions: restrictions.map((line) => ({ ...line })),
      last_authentication: authenticatedAt / 1000,
      role: ownRole,
      password_mark: passwordMark,
    },
  };
}

/**
 * Reads what is kept of a cookie.
 *
 * @param value The record of the store.
 * @returns The cookie, or undefined when it is not what it has to be: whoever shows it has to log in again.
 */
export function cookieFromRecord(value: Dict): CookieRecord | undefined {
  const { uuid, authid, authrole, authrealm, authmethod, created, modified, max_age, data } = value;
  const { user, auth, restrictions, last_authentication, role, password_mark } = isDict(data) ? data : {} as Dict;
  const [source, apiKey] = Array.isArray(auth) ? auth : [];
  const isText = [uuid, authid, authrole, authrealm, authmethod, user, source].every((text) =>
    typeof text === "string"
  );
  const isTime = [created, modified, last_authentication].every((time) => typeof time === "number");
  if (!isText || !isTime || !Array.isArray(restrictions) || !restrictions.every(isLine)) return undefined;
  // Of one that was kept without them nobody knows which role came with the credential, nor of which password it is; an API key knows its own role.
  if (typeof apiKey !== "string" && (role === undefined || typeof password_mark !== "string")) return undefined;
  return {
    uuid: uuid as string,
    authrealm: authrealm as string,
    authmethod: authmethod as string,
    created: created as number,
    modified: modified as number,
    maxAge: typeof max_age === "number" ? max_age : undefined,
    login: {
      login: authid as string,
      userId: user as string,
      role: authrole as string,
      source: source as string,
      restrictions: restrictions as never,
      apiKey: typeof apiKey === "string" ? apiKey : undefined,
      ownRole: typeof role === "string" ? role : undefined,
      passwordMark: typeof password_mark === "string" ? password_mark : undefined,
      authenticatedAt: last_authentication as number * 1000,
    },
  };
}

function isLine(line: unknown): boolean {
  return isDict(line as never) && typeof (line as Dict)["uri"] === "string" &&
    typeof (line as Dict)["perms"] === "string";
}

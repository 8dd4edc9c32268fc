import type { WampValue } from "../wire/values.ts";
import { ServiceError, shown } from "./service_error.ts";
import type { UserRecord, Users } from "./users.ts";

/**
 * Reads a text.
 *
 * @param name What it is called.
 * @param value What was given.
 * @returns The text.
 * @throws {ServiceError} When it is none, or empty.
 */
export function text(name: string, value: WampValue): string {
  if (typeof value === "string" && value !== "") return value;
  throw new ServiceError(`${name} has to be a text that is not empty, not ${shown(value)}`);
}

/**
 * Reads a text that may be left out.
 *
 * @param name What it is called.
 * @param value What was given.
 * @returns The text; undefined when it was left out or is null.
 * @throws {ServiceError} When it is no text, or empty.
 */
export function optionalText(name: string, value: WampValue): string | undefined {
  return value === undefined || value === null ? undefined : text(name, value);
}

/**
 * Finds a user.
 *
 * @param users The users.
 * @param login The login that was given, in any case.
 * @returns The user.
 * @throws {ServiceError} When there is none.
 */
export function knownUser(users: Users, login: WampValue): UserRecord {
  const name = text("login", login).toLowerCase();
  const user = users.get(name);
  if (user === undefined) throw new ServiceError(`there is no user "${name.slice(0, 200)}"`);
  return user;
}

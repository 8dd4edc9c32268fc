import { RemoteError } from "../wire/errors.ts";
import type { WampValue } from "../wire/values.ts";

/** What is refused for lack of permission: at login and inside of services. */
export const permissionDenied = { uri: "com.izaber.wamp.error.permissiondenied", text: "Permission Denied" } as const;

/** The URI of every other error of the built-in procedures. */
export const SERVICE_ERROR = "com.izaber.wamp.error";

/** What a built-in procedure cannot do, in words that the caller may read. */
export class ServiceError extends RemoteError {
  override name = "RemoteError";

  /** @param text What was wrong, with which value, and what to do; a value that makes it longer than 1,000 characters is cut off. */
  constructor(text: string) {
    super(SERVICE_ERROR, [text.length > 1000 ? `${text.slice(0, 1000)}...`.toWellFormed() : text]);
  }
}

/**
 * Makes the error for who may not do something inside of a service.
 *
 * @returns What to throw.
 */
export function denied(): RemoteError {
  return new RemoteError(permissionDenied.uri, [permissionDenied.text]);
}

/**
 * Shows an argument in the text of an error.
 *
 * @param value The argument.
 * @returns What to say of it, never long.
 */
export function shown(value: WampValue): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "a mapping";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return (text.length > 200 ? `${text.slice(0, 200)}...` : text).toWellFormed();
}

import { WampError } from "../wire/errors.ts";

/**
 * Checks what a user joins with, where it is given: at the join it would look as if the router refused it.
 *
 * @param method The method, for the error text.
 * @param authid Who joins.
 * @param secret What is proved.
 * @throws {WampError} `invalid_argument` when the name is no text, or the secret neither text nor function; the message does not tell the secret.
 */
export function checkLogin(method: string, authid: unknown, secret: unknown): void {
  const [what, value, expected] = typeof authid === "string"
    ? ["secret", secret, "a text, or a function that gives it"]
    : ["name", authid, "a text"];
  if (typeof value === "string" || (what === "secret" && typeof value === "function")) return;
  const found = value === undefined || value === null ? value : `of type ${typeof value}`;
  throw new WampError(
    "invalid_argument",
    `Cannot join by ${method}: the ${what} is ${found}, expected ${expected}; is there a variable that is not set?`,
  );
}

/**
 * Asks for a secret.
 *
 * @param method The method, for the error text.
 * @param secret The secret, or a function that gives it.
 * @returns The secret.
 * @throws {WampError} `invalid_argument` when the function gives no text.
 */
export async function askSecret(method: string, secret: string | (() => string | Promise<string>)): Promise<string> {
  const given = typeof secret === "string" ? secret : await secret();
  checkLogin(method, "", given);
  return given;
}

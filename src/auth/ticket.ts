import type { Authenticator, JoinRequest, JoinStep } from "./authenticator.ts";
import type { AuthMethod } from "./method.ts";
import { askSecret, checkLogin } from "./secret.ts";

/**
 * Joins with a name and a ticket: a password, an API key or a one-time password.
 *
 * @param authid Who joins.
 * @param secret The ticket, or a function that is asked for it at each join.
 * @param options `once`: the ticket is good for one join only (default false).
 * @returns The client's half of `ticket`.
 * @throws {WampError} `invalid_argument` when the name is no text, or the secret neither text nor function.
 *
 * @see WAMP advanced profile, "Ticket-based Authentication"
 */
export function ticket(
  authid: string,
  secret: string | (() => string | Promise<string>),
  options: { readonly once?: boolean } = {},
): AuthMethod {
  checkLogin("ticket", authid, secret);
  return {
    method: "ticket",
    authid,
    once: options.once ?? false,
    fixed: typeof secret === "string",
    answer: async () => ({ signature: await askSecret("ticket", secret) }),
  };
}

/**
 * Lets sessions join that show a ticket.
 *
 * @param verify Judges a ticket; it may take its time, other sessions do not wait for it.
 * @returns The router's half of `ticket`.
 */
export function ticketAuthenticator(
  verify: (request: JoinRequest, ticket: string) => JoinStep | Promise<JoinStep>,
): Authenticator {
  return {
    method: "ticket",
    begin: (request: JoinRequest): JoinStep => ({
      next: "challenge",
      extra: {},
      answered: (signature) => verify(request, signature),
    }),
  };
}

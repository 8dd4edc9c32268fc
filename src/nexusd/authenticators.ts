import type { Authenticator, JoinRequest, JoinStep } from "../auth/authenticator.ts";
import { ticketAuthenticator } from "../auth/ticket.ts";
import type { Clock } from "../wire/clock.ts";
import { ErrorUri } from "../wire/error_uris.ts";
import { WampError } from "../wire/errors.ts";
import type { Random } from "../wire/random.ts";
import type { LoginSource } from "./login_sources.ts";
import type { Login, Logins } from "./logins.ts";
import { serial } from "./record_ids.ts";
import { ANONYMOUS_ROLE, DEFAULT_ROLE } from "./roles.ts";
import type { Roles } from "./roles.ts";
import { permissionDenied } from "./service_error.ts";
import type { Users } from "./users.ts";

/** What a login needs. */
export interface LoginContext {
  /** The users. */
  readonly users: Users;
  /** The roles. */
  readonly roles: Roles;
  /** Where logins are remembered. */
  readonly logins: Logins;
  /** Who is asked about a credential, in this order. */
  readonly sources: readonly LoginSource[];
  /** Where time comes from. */
  readonly clock: Clock;
}

const busy: JoinStep = {
  next: "deny",
  reason: ErrorUri.unavailable,
  message: "too many log in at once; try again later",
};
const denied: JoinStep = { next: "deny", reason: permissionDenied.uri, message: permissionDenied.text };

/**
 * Lets users join with a ticket: whatever credential one of the sources accepts.
 *
 * @param context Users, roles and sources.
 * @returns The router's half of `ticket`.
 */
export function userAuthenticator(context: LoginContext): Authenticator {
  return ticketAuthenticator(async (request, secret) => {
    let login: Login | undefined;
    try {
      login = await logIn(context, request.authid ?? "", secret);
    } catch (error) {
      if (WampError.is(error, "overflow")) return busy;
      throw error;
    }
    if (login === undefined) return denied;
    if (!context.roles.has(login.role)) {
      const message = `realm "${request.realm}" has no role "${login.role}"`;
      return { next: "deny", reason: ErrorUri.noSuchRole, message };
    }
    return { next: "accept", principal: context.logins.principal(login, request.agent) };
  });
}

/**
 * Lets anybody join, with the role `public` and a serial as authid.
 *
 * @param random Where serials come from.
 * @returns The router's half of `anonymous`.
 */
export function strangerAuthenticator(random: Random): Authenticator {
  return {
    method: "anonymous",
    begin: (request: JoinRequest): JoinStep => ({
      next: "accept",
      principal: {
        authid: serial(random),
        authrole: ANONYMOUS_ROLE,
        authprovider: "static",
        authextra: { ...request.authextra, authagent: request.agent ?? "-" },
      },
    }),
  };
}

/** Asks the sources in order. A disabled user is asked about like an unknown one, so that the time does not tell them apart, and is denied. */
async function logIn(context: LoginContext, authid: string, secret: string): Promise<Login | undefined> {
  const login = authid.toLowerCase();
  if (login.trim() === "" || secret === "") return undefined;
  const user = context.users.get(login);
  const asked = user?.enabled === true ? user : undefined;
  for (const source of context.sources) {
    const verdict = await source.judge({ login, secret, user: asked });
    if (verdict === undefined) continue;
    if (verdict === "denied" || asked === undefined) return undefined;
    const { restrictions, role = asked.role ?? DEFAULT_ROLE } = verdict;
    return { login, userId: asked.uuid, role, source: source.name, restrictions, authenticatedAt: context.clock.now() };
  }
  return undefined;
}

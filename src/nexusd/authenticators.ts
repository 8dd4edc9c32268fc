import type { Authenticator, JoinRequest, JoinStep } from "../auth/authenticator.ts";
import { ticketAuthenticator } from "../auth/ticket.ts";
import type { Clock } from "../wire/clock.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { WampError } from "../wire/errors.ts";
import type { Random } from "../wire/random.ts";
import type { Audit } from "./audit.ts";
import { markOf } from "./cookie_record.ts";
import type { Cookies } from "./cookies.ts";
import type { Accepted, LoginDesk } from "./login_desk.ts";
import type { Logins } from "./logins.ts";
import { serial } from "./record_ids.ts";
import { ANONYMOUS_ROLE } from "./roles.ts";
import type { Roles } from "./roles.ts";
import { permissionDenied } from "./service_error.ts";

/** What a login needs. */
export interface LoginContext {
  /** What judges credentials. */
  readonly desk: LoginDesk;
  /** The roles. */
  readonly roles: Roles;
  /** Where logins are remembered. */
  readonly logins: Logins;
  /** Who knows browsers again. */
  readonly cookies: Cookies;
  /** The trail of who was refused. */
  readonly audit: Audit;
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
 * Lets users join with a ticket: whatever credential the desk accepts. The login may be in any case.
 *
 * @param context Desk, roles and logins.
 * @returns The router's half of `ticket`.
 */
export function userAuthenticator(context: LoginContext): Authenticator {
  const { desk, roles, logins, cookies, audit, clock } = context;
  return ticketAuthenticator(async (request, secret) => {
    let accepted: Accepted | undefined;
    try {
      accepted = await desk.judge((request.authid ?? "").toLowerCase(), secret);
    } catch (error) {
      if (WampError.is(error, "overflow")) return busy;
      throw error;
    }
    const refused = () => audit.note("refused", { authid: request.authid ?? "", peer: request.peer }, "ticket");
    if (accepted === undefined) {
      refused();
      return denied;
    }
    const { user, role, ownRole, source, restrictions, apiKey } = accepted;
    if (!roles.has(role)) {
      refused();
      const message = `realm "${request.realm}" has no role "${role}"`;
      return { next: "deny", reason: ErrorUri.noSuchRole, message };
    }
    const { login, uuid: userId } = user;
    const passwordMark = markOf(user.password);
    const made = {
      login,
      userId,
      role,
      ownRole,
      passwordMark,
      source,
      restrictions,
      apiKey,
      authenticatedAt: clock.now(),
    };
    const id = cookies.idOf(request.peer.cookies?.[cookies.name]);
    return { next: "accept", principal: logins.principal(made, request.agent, id) };
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

import type { Action, SessionInfo } from "../../router/authorization.ts";
import type { Clock } from "../../wire/clock.ts";
import { WampError } from "../../wire/errors.ts";
import { isDict } from "../../wire/values.ts";
import type { Dict, WampValue } from "../../wire/values.ts";
import { mayAdminister } from "../almighty.ts";
import type { Audit } from "../audit.ts";
import type { NexusAuthorizer } from "../authorizer.ts";
import { AtOnce } from "../at_once.ts";
import type { Accepted, LoginDesk } from "../login_desk.ts";
import { ELEVATED_MS, elevationOf, hasEnded } from "../logins.ts";
import type { Login, Logins } from "../logins.ts";
import type { Roles } from "../roles.ts";
import { denied, ServiceError } from "../service_error.ts";
import type { Users } from "../users.ts";
import type { Caller, Procedure } from "./procedure.ts";

/** What the procedures about logins stand on. */
export interface AuthContext {
  /** What judges credentials. */
  readonly desk: LoginDesk;
  /** By which login a session lives. */
  readonly logins: Logins;
  /** What decides on requests. */
  readonly authorizer: NexusAuthorizer;
  /** The users. */
  readonly users: Users;
  /** The roles. */
  readonly roles: Roles;
  /** The trail of who was refused. */
  readonly audit: Audit;
  /** Where time comes from. */
  readonly clock: Clock;
  /** Told when the time of a login's password was changed. */
  readonly elevated: (login: Login) => void | Promise<void>;
  /** Reads users, roles, restrictions and keys again. */
  readonly reload: () => Promise<void>;
}

/** Logins wait for derivations, too; nobody who is in needs more passwords at once. */
const MOST_AT_ONCE = 4;
/** What reauthentication gives, in seconds. */
const GRANTED = ELEVATED_MS / 1000;

type Work = Pick<Procedure, "parameters" | "handler">;

/**
 * Makes the procedures about logins: the caller's own session, its elevated time, and what tries credentials and permissions.
 *
 * @param context What they stand on.
 * @returns The procedures.
 */
export function authProcedures(context: AuthContext): Procedure[] {
  const { logins, audit, clock, elevated } = context;
  const judge = judging(context);
  const remaining = (login: Login | undefined): number => {
    if (login === undefined || hasEnded(login)) return -1;
    return elevationOf(login, clock.now()) / 1000;
  };
  const elevate = async (login: Login): Promise<number> => {
    login.authenticatedAt = clock.now();
    await elevated(login);
    return GRANTED;
  };
  const reauthenticate: Work = {
    parameters: ["password"],
    handler: async ({ password }, { authid, session }) => {
      const login = logins.of(session);
      const accepted = await judge(session, authid, text("password", password));
      if (accepted === undefined) audit.note("refused", session, "reauthenticate");
      return accepted === undefined || login === undefined || hasEnded(login) ? false : await elevate(login);
    },
  };
  const isReauthenticated: Work = {
    parameters: [],
    handler: (_input, { session }) => {
      const seconds = remaining(logins.of(session));
      return seconds < 0 ? false : seconds;
    },
  };
  const extend: Work = {
    parameters: [],
    handler: (_input, { session }) => {
      const login = logins.of(session);
      return remaining(login) < 0 ? false : elevate(login!);
    },
  };
  return [
    {
      name: "auth.whoami",
      bare: true,
      parameters: [],
      handler: (_input, { authid, authrole }) => ({ authid, role: authrole }),
    },
    {
      name: "auth.authenticate",
      bare: false,
      parameters: ["login", "password"],
      handler: async ({ login, password }, { session }) => {
        const accepted = await judge(session, text("login", login), text("password", password));
        if (accepted === undefined) audit.note("refused", session, "authenticate", String(login));
        return accepted !== undefined;
      },
    },
    { name: "auth.reauthenticate", bare: true, ...reauthenticate },
    { name: "system.reauthenticate", bare: false, ...reauthenticate },
    {
      name: "auth.reauthenticate_expire",
      bare: true,
      parameters: [],
      handler: async (_input, { session }) => {
        const login = logins.of(session);
        if (login === undefined) return null;
        login.authenticatedAt = 0;
        await elevated(login);
        return null;
      },
    },
    { name: "auth.is_reauthenticated", bare: true, ...isReauthenticated },
    { name: "system.is_reauthenticated", bare: false, ...isReauthenticated },
    { name: "auth.extend_reauthenticate", bare: true, ...extend },
    { name: "system.extend_reauthenticate", bare: false, ...extend },
    {
      name: "auth.refresh_authorizer",
      bare: true,
      parameters: [],
      handler: async (_input, { session }) => {
        // Nothing changes a store behind its Nexus but an administrator; others get what they always got, and nothing is read for them.
        if (mayAdminister(context, session)) await context.reload();
        return null;
      },
    },
    ...trials(context, judge),
  ];
}

/** Judges a credential for a session. */
type Judge = (session: SessionInfo, login: string, secret: string) => Promise<Accepted | undefined>;

function judging({ desk }: AuthContext): Judge {
  const atOnce = new AtOnce<SessionInfo>(MOST_AT_ONCE, "check a password");
  return async (session, login, secret) => {
    try {
      return await atOnce.run(session, () => desk.judge(login, secret));
    } catch (error) {
      if (WampError.is(error, "overflow")) throw new ServiceError(error.message);
      throw error;
    }
  };
}

/** What the original's router asks its own services by. Who may try others' passwords and permissions is who may do everything, and nobody else. */
function trials(context: AuthContext, judge: Judge): Procedure[] {
  const { authorizer, users } = context;
  const guard = ({ session }: Caller) => {
    if (!mayAdminister(context, session)) throw denied();
  };
  return [
    {
      name: "auth.authenticator",
      bare: false,
      parameters: ["realm", "authid", "details"],
      handler: async ({ realm, authid, details }, caller) => {
        guard(caller);
        const ticket = isDict(details) ? details["ticket"] : undefined;
        const login = typeof authid === "string" ? authid.toLowerCase() : "";
        const accepted = await judge(caller.session, login, typeof ticket === "string" ? ticket : "");
        if (accepted === undefined) throw denied();
        const { role, restrictions } = accepted;
        return { realm: realm ?? null, authid: login, role, extra: { has_restrictions: restrictions.length > 0 } };
      },
    },
    {
      name: "auth.authorizer",
      bare: false,
      parameters: ["session", "uri", "action", "options"],
      handler: async ({ session, uri, action, options }, caller) => {
        guard(caller);
        if (!isDict(session)) throw new ServiceError("session has to be a mapping with authid and authrole");
        const { authid, authrole } = session;
        const user = users.get(String(authid));
        const login: Login | undefined = user && {
          login: user.login,
          userId: user.uuid,
          role: String(authrole),
          source: user.source,
          restrictions: [],
          authenticatedAt: 0,
        };
        const subject = { authrole: String(authrole), authmethod: "anonymous" };
        const decision = await authorizer.decide(
          subject,
          login,
          checkedAction(action),
          String(uri),
          asOptions(options),
        );
        return decision.allow ? { allow: true, disclose: true } : false;
      },
    },
  ];
}

function checkedAction(action: WampValue): Action {
  if (action === "call" || action === "register" || action === "subscribe" || action === "publish") return action;
  throw new ServiceError("action has to be call, register, subscribe or publish");
}

function asOptions(options: WampValue): Dict {
  return isDict(options) ? options : {};
}

function text(name: string, value: WampValue): string {
  if (typeof value === "string" && value !== "") return value;
  throw new ServiceError(`${name} has to be a text that is not empty`);
}

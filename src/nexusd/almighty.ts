import type { SessionInfo } from "../router/authorization.ts";
import { DEFAULT_ROLE } from "./roles.ts";
import type { Roles } from "./roles.ts";
import type { Users } from "./users.ts";

/** Where users and roles are. */
export interface AlmightyContext {
  /** The users. */
  readonly users: Users;
  /** The roles. */
  readonly roles: Roles;
}

/**
 * Tells whether a session may administer: see and change what is others'. Both the session and the user behind it have to be of a role that may do everything,
 * so that neither a key with a greater role than its user's nor a user who was demoted since gets more.
 *
 * @param context Where users and roles are.
 * @param session The session.
 * @returns Whether it may; a client of this process without a user may by its role alone.
 */
export function mayAdminister({ users, roles }: AlmightyContext, session: SessionInfo): boolean {
  if (!roles.isAlmighty(session.authrole)) return false;
  const user = users.get(session.authid);
  return user === undefined ? session.authmethod === "local" : roles.isAlmighty(user.role ?? DEFAULT_ROLE);
}

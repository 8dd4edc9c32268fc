import type { Action, Authorizer, Decision, SessionInfo } from "../router/authorization.ts";
import type { Clock } from "../wire/clock.ts";
import { ErrorUri } from "../wire/error_uris.ts";
import type { Dict } from "../wire/values.ts";
import type { Documentation } from "./documentation.ts";
import type { Login, Logins } from "./logins.ts";
import type { Grant, PermissionAction } from "./permission_language.ts";
import type { Restrictions } from "./restrictions.ts";
import type { Roles } from "./roles.ts";
import type { Users } from "./users.ts";

/** What decisions are made from. */
export interface AuthorizerContext {
  /** The roles. */
  readonly roles: Roles;
  /** The users. */
  readonly users: Users;
  /** By which login a session lives. */
  readonly logins: Logins;
  /** What a login may do at most. */
  readonly restrictions: Restrictions;
  /** Which URIs are documented. */
  readonly documentation: Documentation;
  /** Where time comes from. */
  readonly clock: Clock;
}

/** For how long after it was shown a password counts for what asks for it (`+`), in milliseconds. */
const ELEVATED_MS = 120_000;

/** Nexus discloses who calls and publishes whenever it allows it. */
const allow: Decision = { allow: true, disclose: true };
/** The router words this refusal. */
const deny: Decision = { allow: false };

const doing: { readonly [action in Action]: string } = {
  call: "calling procedure",
  register: "registering procedure",
  subscribe: "subscribing to topic URI",
  publish: "publishing to topic URI",
};

/**
 * Decides as Nexus does: the role, the user, the restrictions, the documentation (`!`), the elevated time (`+`), in this order.
 *
 * All but the documentation is at hand and in force as soon as it changes. A login whose user is gone may do nothing.
 */
export class NexusAuthorizer implements Authorizer {
  readonly #context: AuthorizerContext;

  /** @param context What decisions are made from. */
  constructor(context: AuthorizerContext) {
    this.#context = context;
  }

  /** Decides on one message. */
  authorize(session: SessionInfo, action: Action, uri: string, options: Dict): Decision | Promise<Decision> {
    const { roles, logins } = this.#context;
    const grant = roles.isAlmighty(session.authrole) ? almighty : roles.rules(session.authrole).grants(uri)[action];
    if (grant === undefined) return deny;
    const login = logins.of(session);
    if (login !== undefined) return this.#authorizeLogin(login, grant, action, uri, options);
    // An embedding program's own clients have shown whatever it asks of them; strangers have shown nothing, now or ever.
    if (session.authmethod === "local") return allow;
    // Whoever else came by a login has to have one.
    if (session.authmethod !== "anonymous") return deny;
    if (grant.documented) return undocumented(action, uri);
    return grant.elevated ? deny : allow;
  }

  /**
   * Tells whether a session may do what no message says by itself: what a roster is used for, or what is asked for on behalf of a URI. Whether the URI is
   * documented does not matter.
   *
   * @param session The session.
   * @param action What it wants to do.
   * @param uri With what.
   * @returns Whether it may.
   */
  permits(session: SessionInfo, action: PermissionAction, uri: string): boolean {
    const { roles, logins } = this.#context;
    const grant = roles.isAlmighty(session.authrole) ? almighty : roles.rules(session.authrole).grants(uri)[action];
    if (grant === undefined) return false;
    const login = logins.of(session);
    if (login !== undefined) return this.#permitsLogin(login, action, uri) && this.#isElevated(login, grant);
    return session.authmethod === "local" || (session.authmethod === "anonymous" && !grant.elevated);
  }

  #permitsLogin(login: Login, action: PermissionAction, uri: string): boolean {
    const { users, restrictions } = this.#context;
    const user = users.get(login.login);
    if (user?.uuid !== login.userId || !user.enabled) return false;
    const limits = restrictions.rules(login.source, login.restrictions);
    return limits === undefined || limits.grants(uri)[action] !== undefined;
  }

  #isElevated(login: Login, grant: Grant): boolean {
    return !grant.elevated || this.#context.clock.now() - login.authenticatedAt <= ELEVATED_MS;
  }

  #authorizeLogin(
    login: Login,
    grant: Grant,
    action: Action,
    uri: string,
    options: Dict,
  ): Decision | Promise<Decision> {
    const { documentation } = this.#context;
    if (!this.#permitsLogin(login, action, uri)) return deny;
    const elevated = this.#isElevated(login, grant);
    if (!grant.documented) return elevated ? allow : deny;
    const match = typeof options["match"] === "string" ? options["match"] : "exact";
    return documentation.has(uri, match, action).then((documented) => {
      if (!documented) return undocumented(action, uri);
      return elevated ? allow : deny;
    });
  }
}

const almighty: Grant = { elevated: false, documented: false };

/** Clients search the text for `requiredocumentation`. */
function undocumented(action: Action, uri: string): Decision {
  return {
    allow: false,
    error: ErrorUri.authorizationFailed,
    message: `failed to authorize session for ${doing[action]} '${uri}': com.izaber.wamp.error.requiredocumentation: ` +
      `${action}://${uri} requires documentation in the database before ${action} may be called`,
  };
}

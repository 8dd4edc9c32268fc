import type { Action, Authorizer, Decision, SessionInfo } from "../router/authorization.ts";
import type { Clock } from "../wire/clock.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import type { Dict } from "../wire/values.ts";
import type { ApiKeys } from "./api_keys.ts";
import type { Documentation } from "./documentation.ts";
import { closed } from "./leniency.ts";
import type { Leniency } from "./leniency.ts";
import { elevationOf, hasEnded } from "./logins.ts";
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
  /** The API keys. */
  readonly apiKeys: ApiKeys;
  /** What a login may do at most. */
  readonly restrictions: Restrictions;
  /** Which URIs are documented. */
  readonly documentation: Pick<Documentation, "has">;
  /** Where time comes from. */
  readonly clock: Clock;
  /** What is open as it is in the original (default nothing). */
  readonly leniency?: Leniency;
}

/** Whose request it is, as far as that matters. */
export interface Subject {
  /** The role of the session. */
  readonly authrole: string;
  /** How it was authenticated. */
  readonly authmethod: string;
}

/**
 * What comes of a request, in the order in which it is asked: the role, whether there is a login where there has to be one, the user, the cookie, the
 * API key, the restrictions, the documentation, the password lately shown.
 */
export type Outcome =
  | { readonly kind: "allowed" }
  | {
    readonly kind: "refused";
    readonly by: "role" | "login" | "cookie" | "user" | "apikey" | "restrictions" | "elevation";
  }
  | { readonly kind: "undocumented" }
  | { readonly kind: "if documented"; readonly elevated: boolean };

const allowed: Outcome = { kind: "allowed" };
const undocumented: Outcome = { kind: "undocumented" };
const byRole: Outcome = { kind: "refused", by: "role" };
const byLogin: Outcome = { kind: "refused", by: "login" };
const byCookie: Outcome = { kind: "refused", by: "cookie" };
const byUser: Outcome = { kind: "refused", by: "user" };
const byKey: Outcome = { kind: "refused", by: "apikey" };
const byRestrictions: Outcome = { kind: "refused", by: "restrictions" };
const byElevation: Outcome = { kind: "refused", by: "elevation" };
const ifDocumented: Outcome = { kind: "if documented", elevated: true };
const ifDocumentedOnly: Outcome = { kind: "if documented", elevated: false };

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
  readonly #leniency: Leniency;

  /** @param context What decisions are made from. */
  constructor(context: AuthorizerContext) {
    this.#context = context;
    this.#leniency = context.leniency ?? closed;
  }

  /** Decides on one message. */
  authorize(session: SessionInfo, action: Action, uri: string, options: Dict): Decision | Promise<Decision> {
    return this.decide(session, this.#context.logins.of(session), action, uri, options);
  }

  /**
   * Decides on what somebody wants to do.
   *
   * @param subject Who wants it.
   * @param login The login by which it lives, if there is one.
   * @param action What it wants to do.
   * @param uri With what.
   * @param options The options of the message.
   * @returns The decision.
   */
  decide(
    subject: Subject,
    login: Login | undefined,
    action: Action,
    uri: string,
    options: Dict,
  ): Decision | Promise<Decision> {
    const outcome = this.judge(subject, login, action, uri);
    switch (outcome.kind) {
      case "allowed":
        return allow;
      case "refused":
        return deny;
      case "undocumented":
        return undocumentedRefusal(action, uri);
      case "if documented": {
        const match = typeof options["match"] === "string" ? options["match"] : "exact";
        return this.#context.documentation.has(uri, match, action).then((documented) => {
          if (!documented) return undocumentedRefusal(action, uri);
          // Asked again: while that was read the user may have been disabled, the key removed.
          const { kind, elevated } = { elevated: false, ...this.judge(subject, login, action, uri) };
          return kind === "allowed" || (kind === "if documented" && elevated) ? allow : deny;
        });
      }
    }
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
    const outcome = this.judge(session, this.#context.logins.of(session), action, uri);
    if (outcome.kind === "if documented") return outcome.elevated;
    return outcome.kind !== "refused";
  }

  /**
   * Decides on what somebody wants to do, as far as that can be told without reading the documentation.
   *
   * @param subject Who wants it.
   * @param login The login by which it lives, if there is one.
   * @param action What it wants to do.
   * @param uri With what.
   * @returns What comes of it.
   */
  judge(subject: Subject, login: Login | undefined, action: PermissionAction, uri: string): Outcome {
    const grant = this.#context.roles.grant(subject.authrole, action, uri);
    if (grant === undefined) return byRole;
    if (login !== undefined) return this.#judgeLogin(login, grant, action, uri);
    // An embedding program's own clients have shown whatever it asks of them; strangers have shown nothing, now or ever.
    if (subject.authmethod === "local") return allowed;
    // Whoever else came by a login has to have one.
    if (subject.authmethod !== "anonymous") return byLogin;
    if (grant.documented) return undocumented;
    return grant.elevated && !this.#leniency.strangersCountAsElevated ? byElevation : allowed;
  }

  /**
   * Tells whether the sessions of a login may do nothing any more, whatever their role.
   *
   * @param login The login.
   * @returns Why, in words for them; undefined when it goes on.
   */
  ending(login: Login): string | undefined {
    const { users, apiKeys } = this.#context;
    const user = users.get(login.login);
    if (user?.uuid !== login.userId) return "the user was removed";
    if (!user.enabled) return "the user was disabled";
    if (hasEnded(login)) return this.#leniency.sessionsOutliveTheirCookie ? undefined : "the login was ended";
    const hasKey = login.apiKey === undefined || apiKeys.isAlive(login.apiKey);
    return hasKey ? undefined : "the API key was removed, or is over";
  }

  #judgeLogin(login: Login, grant: Grant, action: PermissionAction, uri: string): Outcome {
    const user = this.#context.users.get(login.login);
    if (user?.uuid !== login.userId || !user.enabled) return byUser;
    const ended = hasEnded(login);
    if (!ended) {
      const refusal = this.#restriction(login, action, uri);
      if (refusal !== undefined) return refusal;
    } else if (!this.#leniency.sessionsOutliveTheirCookie) return byCookie;
    const elevated = !grant.elevated || (!ended && this.#isElevated(login));
    if (grant.documented) return elevated ? ifDocumented : ifDocumentedOnly;
    return elevated ? allowed : byElevation;
  }

  #restriction({ source, restrictions, apiKey }: Login, action: PermissionAction, uri: string): Outcome | undefined {
    const { apiKeys } = this.#context;
    let own = restrictions;
    if (apiKey !== undefined) {
      if (!apiKeys.isAlive(apiKey)) return byKey;
      own = apiKeys.get(apiKey)!.permissions;
    }
    const limits = this.#context.restrictions.rules(source, own);
    return limits === undefined || limits.grants(uri)[action] !== undefined ? undefined : byRestrictions;
  }

  #isElevated(login: Login): boolean {
    return elevationOf(login, this.#context.clock.now()) >= 0;
  }
}

/** Clients search the text for `requiredocumentation`. */
function undocumentedRefusal(action: Action, uri: string): Decision {
  return {
    allow: false,
    error: ErrorUri.authorizationFailed,
    message: `failed to authorize session for ${doing[action]} '${uri}': com.izaber.wamp.error.requiredocumentation: ` +
      `${action}://${uri} requires documentation in the database before ${action} may be called`,
  };
}

import { WampError } from "../wire/errors.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { isDict } from "../wire/values.ts";
import { allowed } from "./authorization.ts";
import type { Action, Authorizer, Decision, SessionInfo } from "./authorization.ts";
import type { Realm } from "./realm.ts";
import { sessionDetails } from "./session_meta.ts";

/** Lets a procedure of the realm decide what sessions may do. */
export interface ProcedureAuthorization {
  /**
   * The procedure. It is called with a session's details (as `wamp.session.get` gives them), a URI, an action (`"call"`, `"register"`, `"subscribe"`,
   * `"publish"`) and the options of the message, and answers true or false, or `{ allow, disclose, cache }`; with `cache`, the session is not asked about
   * again for that action on that URI, until somebody else registers the procedure. As long as it is not registered, or when it fails, nothing is allowed.
   */
  readonly procedure: string;
  /** Milliseconds that it has for a decision (default 5,000). */
  readonly timeout?: number;
}

const TIMEOUT = 5_000;
const MOST_CACHED = 1_024;

/** What was decided about one session, by one registration of the procedure. */
interface Cached {
  readonly registration: number;
  readonly decisions: Map<string, Decision>;
}

/**
 * Asks a procedure of the realm what sessions may do.
 *
 * Sessions of this process that serve the realm, and the one that has registered the procedure, may do everything: it would have to be asked about itself.
 *
 * @see WAMP advanced profile, "Authorization"
 */
export class ProcedureAuthorizer implements Authorizer {
  readonly #realm: Realm;
  readonly #procedure: string;
  readonly #timeout: number;
  readonly #cached: WeakMap<SessionInfo, Cached> = new WeakMap();

  /**
   * @param realm The realm.
   * @param options The procedure.
   */
  constructor(realm: Realm, { procedure, timeout = TIMEOUT }: ProcedureAuthorization) {
    this.#realm = realm;
    this.#procedure = procedure;
    this.#timeout = timeout;
  }

  /** Decides on one message. */
  authorize(session: SessionInfo, action: Action, uri: string, options: Dict): Decision | Promise<Decision> {
    if (session.authmethod === "local" && session.authrole === "trusted") return allowed;
    const registration = this.#realm.dealer.registrations.get(this.#procedure, "exact");
    if (registration?.callees.some((callee) => callee.session.info === session) === true) return allowed;
    const key = `${action} ${String(options.match ?? "exact")} ${uri}`;
    const cached = this.#cached.get(session);
    const known = cached !== undefined && cached.registration === registration?.id
      ? cached.decisions.get(key)
      : undefined;
    return known ?? this.#ask(session, action, uri, options, key, registration?.id);
  }

  async #ask(
    session: SessionInfo,
    action: Action,
    uri: string,
    options: Dict,
    key: string,
    registration: number | undefined,
  ): Promise<Decision> {
    const args = [sessionDetails(session), uri, action, options];
    const answer = await this.#realm.service.call(this.#procedure, args, this.#timeout);
    const decision = this.#decisionOf(answer);
    if (registration !== undefined && isDict(answer) && answer.cache === true) {
      this.#cache(session, registration, key, decision);
    }
    return decision;
  }

  #decisionOf(answer: WampValue): Decision {
    if (typeof answer === "boolean") return { allow: answer };
    if (isDict(answer) && typeof answer.allow === "boolean") {
      return { allow: answer.allow, disclose: answer.disclose === true };
    }
    throw new WampError(
      "invalid_argument",
      `Cannot take what "${this.#procedure}" answered for a decision: let it answer true, false or { allow, disclose, cache }`,
    );
  }

  #cache(session: SessionInfo, registration: number, key: string, decision: Decision): void {
    let cached = this.#cached.get(session);
    if (cached?.registration !== registration) {
      this.#cached.set(session, cached = { registration, decisions: new Map() });
    }
    cached.decisions.set(key, decision);
    if (cached.decisions.size <= MOST_CACHED) return;
    for (const oldest of cached.decisions.keys()) return void cached.decisions.delete(oldest);
  }
}

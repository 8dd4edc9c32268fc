import { describe } from "../wire/describe.ts";
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
   * `"publish"`) and the options of the message, and answers true or false, or `{ allow, disclose, cache }`. As long as it is not registered, or when it
   * fails, nothing is allowed.
   *
   * `cache` says how long the decision is remembered: a number is milliseconds from the answer on, `true` as long as the session lives (default false, not
   * at all; anything else neither, and the router's `onError` is told). It holds for requests of that session with the same action, URI and options, until
   * the procedure is registered anew or 1,024 later decisions on the session have taken its place. Requests whose options have more in them than scalars
   * and lists of scalars, or more than 1,024 characters in JSON, are always asked about.
   */
  readonly procedure: string;
  /** Milliseconds that it has for a decision (default 5,000). */
  readonly timeout?: number;
}

const TIMEOUT = 5_000;
const MOST_REMEMBERED = 1_024;
/** How many characters the options of a request may have in JSON for its decision to be remembered: they are up to the client. */
const LONGEST_OPTIONS = 1_024;

/** A decision, when it was made and for how many milliseconds it holds. */
interface Remembered {
  readonly decision: Decision;
  readonly since: number;
  readonly lifetime: number;
}

/** What was decided about one session, by one registration of the procedure. */
interface Memory {
  readonly registration: number;
  readonly decisions: Map<string, Remembered>;
}

/** What is to be decided on, and under what it is remembered; undefined when it is not. */
interface Request {
  readonly session: SessionInfo;
  readonly action: Action;
  readonly uri: string;
  readonly options: Dict;
  readonly key: string | undefined;
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
  readonly #memories: WeakMap<SessionInfo, Memory> = new WeakMap();

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
    const key = keyOf(action, uri, options);
    const known = key === undefined || registration === undefined
      ? undefined
      : this.#recall(session, registration.id, key);
    return known ?? this.#ask({ session, action, uri, options, key }, registration?.id);
  }

  async #ask(request: Request, registration: number | undefined): Promise<Decision> {
    const { session, action, uri, options, key } = request;
    const args = [sessionDetails(session), uri, action, options];
    const answer = await this.#realm.service.call(this.#procedure, args, this.#timeout);
    const decision = this.#decisionOf(answer);
    const lifetime = this.#lifetimeOf(answer, request);
    if (key !== undefined && registration !== undefined && lifetime > 0) {
      this.#remember(session, registration, key, { decision, since: this.#realm.clock.now(), lifetime });
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

  #lifetimeOf(answer: WampValue, { session, action, uri }: Request): number {
    const cache = (isDict(answer) ? answer.cache : undefined) ?? false;
    if (typeof cache === "boolean") return cache ? Infinity : 0;
    if (typeof cache === "number" && cache >= 0) return cache;
    const text = `Cannot remember what "${this.#procedure}" decided on ${action} of ${describe(uri)} by ${
      describe(session.authid)
    }: cache is ${describe(cache)}, expected true, false or a number of milliseconds from 0; the decision holds once`;
    this.#realm.session(session.id)?.failed(new WampError("invalid_argument", text));
    return 0;
  }

  #recall(session: SessionInfo, registration: number, key: string): Decision | undefined {
    const memory = this.#memories.get(session);
    const known = memory?.registration === registration ? memory.decisions.get(key) : undefined;
    if (known === undefined) return undefined;
    const { decision, since, lifetime } = known;
    // A clock that was set back would lengthen a lifetime, so that it ends it.
    const age = this.#realm.clock.now() - since;
    if (lifetime === Infinity || (age >= 0 && age < lifetime)) return decision;
    memory!.decisions.delete(key);
    return undefined;
  }

  #remember(session: SessionInfo, registration: number, key: string, made: Remembered): void {
    let memory = this.#memories.get(session);
    if (memory?.registration !== registration) {
      this.#memories.set(session, memory = { registration, decisions: new Map() });
    }
    const { decisions } = memory;
    decisions.set(key, made);
    if (decisions.size <= MOST_REMEMBERED) return;
    for (const oldest of decisions.keys()) return void decisions.delete(oldest);
  }
}

/** All that the authorizer is shown besides the session, as a text; undefined where other options could have the same one, or where it is long. */
function keyOf(action: Action, uri: string, options: Dict): string | undefined {
  for (const value of Object.values(options)) {
    if (!(Array.isArray(value) ? value.every(isScalar) : isScalar(value))) return undefined;
  }
  const text = JSON.stringify(options);
  // No URI has a blank in it.
  return text.length > LONGEST_OPTIONS ? undefined : `${action} ${uri} ${text}`;
}

function isScalar(value: WampValue): boolean {
  return value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}

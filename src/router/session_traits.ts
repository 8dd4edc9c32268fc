import { hasFeature } from "../wire/features.ts";
import type { Dict } from "../wire/values.ts";
import type { SessionInfo } from "./authorization.ts";
import { ConstantDict } from "./constant_dict.ts";

/** What a session is from its beginning to its end: who, what it announced, how it is disclosed to others. */
export class SessionTraits {
  /** What is known of it. */
  readonly info: SessionInfo;

  /** Whether it can give progressive results. */
  readonly takesProgress: boolean;
  /** Whether it can take the arguments of a call in several invocations. */
  readonly takesStreams: boolean;
  /** Whether it understands INTERRUPT. */
  readonly takesCanceling: boolean;
  /** Whether it takes calls whose payload the router does not understand. */
  readonly takesPassthru: boolean;
  /** Whether it takes answers whose payload the router does not understand. */
  readonly expectsPassthru: boolean;
  /** Whether its being unavailable passes a call on to another callee. */
  readonly takesRerouting: boolean;
  /** Whether it can keep the time that a call has by itself. */
  readonly keepsTime: boolean;
  /** Whether it understands that a registration is revoked. */
  readonly takesRevocation: boolean;
  /** Whether it understands that a subscription is revoked. */
  readonly takesSubscriptionRevocation: boolean;

  /** Whether it is one of this process that serves what belongs to the router itself; nobody else takes that over. */
  readonly isTrusted: boolean;

  // What follows is made when it is first asked for: most sessions are never disclosed.
  #asCaller: Dict | undefined;
  #asCallee: Dict | undefined;
  #asPublisher: Dict | undefined;
  #callerDetails: ConstantDict | undefined;
  #calleeDetails: ConstantDict | undefined;

  /**
   * @param info What is known of it.
   * @param strict Whether its realm follows the specification to the letter.
   */
  constructor(info: SessionInfo, strict: boolean) {
    const { authrole, authmethod, roles } = info;
    this.info = info;
    this.takesCanceling = hasFeature(roles, "callee", "call_canceling");
    // autobahn-js 26.3.1 sends progress and announces no canceling; the specification asks for both.
    this.takesProgress = hasFeature(roles, "callee", "progressive_call_results") &&
      (this.takesCanceling || !strict);
    this.takesStreams = this.takesCanceling && hasFeature(roles, "callee", "progressive_call_invocations");
    this.takesPassthru = hasFeature(roles, "callee", "payload_passthru_mode");
    this.expectsPassthru = hasFeature(roles, "caller", "payload_passthru_mode");
    this.takesRerouting = hasFeature(roles, "callee", "call_reroute");
    this.keepsTime = hasFeature(roles, "callee", "call_timeout");
    this.takesRevocation = hasFeature(roles, "callee", "registration_revocation");
    this.takesSubscriptionRevocation = hasFeature(roles, "subscriber", "subscription_revocation");
    this.isTrusted = authmethod === "local" && authrole === "trusted";
  }

  /**
   * Tells whether it and another session are of one user, who has shown it.
   *
   * @param other The other session.
   * @returns Whether they are.
   */
  isSameUserAs({ info: { authid, authrole, authmethod } }: SessionTraits): boolean {
    const own = this.info;
    return own.authid === authid && own.authrole === authrole && own.authmethod !== "anonymous" &&
      authmethod !== "anonymous";
  }

  /** How it is disclosed to callees. */
  get asCaller(): Dict {
    const { id, authid, authrole } = this.info;
    return this.#asCaller ??= { caller: id, caller_authid: authid, caller_authrole: authrole };
  }

  /** How it is disclosed to callers. */
  get asCallee(): Dict {
    const { id, authid, authrole } = this.info;
    return this.#asCallee ??= { callee: id, callee_authid: authid, callee_authrole: authrole };
  }

  /** How it is disclosed to subscribers. */
  get asPublisher(): Dict {
    const { id, authid, authrole } = this.info;
    return this.#asPublisher ??= { publisher: id, publisher_authid: authid, publisher_authrole: authrole };
  }

  /** {@linkcode asCaller}, encoded. */
  get callerDetails(): ConstantDict {
    return this.#callerDetails ??= new ConstantDict(this.asCaller);
  }

  /** {@linkcode asCallee}, encoded. */
  get calleeDetails(): ConstantDict {
    return this.#calleeDetails ??= new ConstantDict(this.asCallee);
  }
}

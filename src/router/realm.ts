import type { Authenticator } from "../auth/authenticator.ts";
import { anonymousAuthenticator } from "../auth/anonymous.ts";
import type { Clock } from "../wire/clock.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { RandomIds } from "../wire/ids.ts";
import type { Random } from "../wire/random.ts";
import type { UriRules } from "../wire/uri.ts";
import type { Authorizer } from "./authorization.ts";
import { Broker } from "./broker.ts";
import type { SlowSubscribers } from "./broker.ts";
import type { Census } from "./census.ts";
import { ConstantDict } from "./constant_dict.ts";
import { Dealer } from "./dealer.ts";
import type { HistoryOptions } from "./event_history.ts";
import { getEvents } from "./history_query.ts";
import type { MetaProcedure } from "./meta_procedure.ts";
import { sessionDetails, sessionProcedures } from "./session_meta.ts";
import { MembershipEvents } from "./membership_events.ts";
import { registrationProcedures, subscriptionProcedures } from "./membership_meta.ts";
import { procedureAuthenticator } from "./procedure_authenticator.ts";
import type { ProcedureAuthentication } from "./procedure_authenticator.ts";
import { ProcedureAuthorizer } from "./procedure_authorizer.ts";
import type { ProcedureAuthorization } from "./procedure_authorizer.ts";
import { RealmService } from "./realm_service.ts";
import { Registrations } from "./registrations.ts";
import { announcedRoles } from "./features.ts";
import type { TimeoutUnit } from "./features.ts";
import type { CountedLimits } from "./limits.ts";
import { checkRealmOptions } from "./router_options.ts";
import type { RouterSession } from "./router_session.ts";
import type { Rates } from "./rate.ts";
import type { SessionObserver } from "./session_observer.ts";
import { Testaments } from "./testaments.ts";

const IDS_A_DRAW = 16;

/** What a realm is and who may do what in it. */
export interface RealmOptions {
  /** The name that HELLO asks for. */
  readonly name: string;
  /** The methods by which a client may join; which is tried first is the client's choice. */
  readonly authenticators: readonly (Authenticator | ProcedureAuthentication)[];
  /** Decides what sessions may do (default: everything). */
  readonly authorizer?: Authorizer | ProcedureAuthorization;
  /** Which characters a URI may have (default `loose`). */
  readonly uriRules?: UriRules;
  /**
   * Whether what WAMP forbids ends the session where it would be tolerated otherwise (default false): request ids that do not go up by one from 1, HELLO
   * or AUTHENTICATE on a session, an answer to what was never asked, progress that nobody asked for, features that router or client did not announce, and
   * anything but HELLO first, in a router all of whose realms are strict. Unknown authmethods, which end an attempt otherwise, are passed over. Callees
   * that cannot be interrupted are not asked for progress.
   */
  readonly strict?: boolean;
  /**
   * What CALL.Options.timeout is counted in (default `milliseconds`). In `seconds` it is as Nexus has it: `call_timeout` is not announced, the callee is
   * told the number, and the call ends as `wamp.error.canceled` instead of `wamp.error.timeout`.
   */
  readonly timeoutUnit?: TimeoutUnit;
  /**
   * What becomes of a subscriber that does not read its events as fast as they come (default `drop-newest`): what comes while too much waits for it is
   * dropped. With `drop-oldest` the newest megabyte is held back until it has read on, so that it gets the last ones, whatever it missed before. With
   * `disconnect` its session is ended by ABORT `wamp.error.network_failure` instead, behind what waits for it: for those to whom a gap that nobody tells
   * them of is worse than to connect again and ask for what was kept.
   */
  readonly slowSubscribers?: SlowSubscribers;
  /** Which events are kept for those who ask later, by `wamp.subscription.get_events` (default none). */
  readonly history?: HistoryOptions;
  /** Told of the realm's sessions (default nobody). */
  readonly observer?: SessionObserver;
}

/** Tells whether a session may still have a registration or a subscription: by which action it came to be, and its URI or pattern. */
export type MembershipJudge = (action: "register" | "subscribe", uri: string) => boolean;

/** How much there is in a realm at a moment, and what was lost so far. */
export interface RealmStatistics {
  /** Sessions that have joined. */
  readonly sessions: number;
  /** Registrations; one that several callees share counts once. */
  readonly registrations: number;
  /** Subscriptions; one that several sessions share counts once. */
  readonly subscriptions: number;
  /** Calls that wait for their answer. */
  readonly pendingInvocations: number;
  /** Events that did not go to a subscriber, since it does not read or its serializer cannot represent them. */
  readonly droppedEvents: number;
  /** Sessions that were ended since they did not read their events as fast as they came. */
  readonly disconnectedSubscribers: number;
}

/**
 * Describes a realm in which anonymous sessions may do everything, ending each other included.
 *
 * @param name The name of the realm.
 * @returns What a router needs to open it.
 */
export function openRealm(name: string): RealmOptions {
  return { name, authenticators: [anonymousAuthenticator()] };
}

/** What all realms of a router have in common. */
export interface RealmSurroundings {
  /** What sessions may have. */
  readonly limits: CountedLimits;
  /** Where time comes from. */
  readonly clock: Clock;
  /** Where randomness comes from. */
  readonly random: Random;
  /** Counts the sessions. */
  readonly census: Census;
  /** Counts what each connection sends. */
  readonly rates: Rates;
  /** What WELCOME calls the router. */
  readonly agent: string;
}

/** A realm: its sessions, its broker, its dealer. */
export class Realm {
  /** The name that HELLO asks for. */
  readonly name: string;
  /** The methods by which a client may join. */
  readonly authenticators: ReadonlyMap<string, Authenticator>;
  /** Decides what sessions may do. */
  readonly authorizer: Authorizer | undefined;
  /** Which characters a URI may have. */
  readonly uriRules: UriRules;
  /** Whether what WAMP forbids ends the session. */
  readonly strict: boolean;
  /** What WELCOME says to everybody. */
  readonly welcome: ConstantDict;
  /** What CALL.Options.timeout is counted in. */
  readonly timeoutUnit: TimeoutUnit;
  /** Calls procedures on behalf of the router itself. */
  readonly service: RealmService = new RealmService(this);
  /** Routes events. */
  readonly broker: Broker;
  /** Routes calls. */
  readonly dealer: Dealer;
  /** What sessions may have. */
  readonly limits: CountedLimits;
  /** Where time comes from. */
  readonly clock: Clock;
  /** Counts what each connection sends. */
  readonly rates: Rates;
  /** Which events are kept for those who ask later. */
  readonly history: HistoryOptions | undefined;
  /** Told of the sessions. */
  readonly observer: SessionObserver | undefined;

  readonly #ids: RandomIds;
  readonly #census: Census;
  readonly #emptied: () => void;
  readonly #testaments: Testaments;
  readonly #sessions: Map<number, RouterSession> = new Map();

  /**
   * @param options What it is.
   * @param surroundings What it has in common with the router's other realms.
   * @param emptied Called when the last session has left (default: nobody is told).
   * @throws {WampError} `invalid_argument` when there is no such option, or its value is wrong.
   */
  constructor(options: RealmOptions, surroundings: RealmSurroundings, emptied: () => void = () => {}) {
    checkRealmOptions(options);
    const { limits, clock, random, census, rates, agent } = surroundings;
    this.#census = census;
    this.#emptied = emptied;
    this.name = options.name;
    this.authenticators = new Map(options.authenticators.map((one) => [
      one.method,
      "procedure" in one ? procedureAuthenticator(this, one) : one,
    ]));
    const { authorizer } = options;
    this.authorizer = authorizer !== undefined && "procedure" in authorizer
      ? new ProcedureAuthorizer(this, authorizer)
      : authorizer;
    this.uriRules = options.uriRules ?? "loose";
    this.strict = options.strict ?? false;
    const { slowSubscribers, observer, history } = options;
    this.broker = new Broker({ clock, random, limits, slowSubscribers, observer, history });
    const { timeoutUnit = "milliseconds" } = options;
    this.timeoutUnit = timeoutUnit;
    const roles = announcedRoles(timeoutUnit, history !== undefined);
    this.welcome = new ConstantDict({ realm: options.name, agent, roles });
    this.#testaments = new Testaments(this.broker, { authorizer: this.authorizer, clock, limits });
    const registrations = new Registrations({
      clock,
      limits,
      forwardsTimeouts: timeoutUnit === "milliseconds",
      events: new MembershipEvents("register", this.broker),
    });
    const procedures: Map<string, MetaProcedure> = new Map([
      ...sessionProcedures(this.#sessions),
      ...this.#testaments.procedures(),
      ...registrationProcedures(registrations),
      ...subscriptionProcedures(this.broker, this.#sessions),
      ["wamp.subscription.get_events", (call) => getEvents(this, call)],
    ]);
    this.dealer = new Dealer({ clock, random, limits, strict: this.strict, timeoutUnit, procedures, registrations });
    this.limits = limits;
    this.rates = rates;
    this.history = history;
    this.clock = clock;
    this.observer = observer;
    this.#ids = new RandomIds(random, IDS_A_DRAW);
  }

  /** Whether no session is in it. */
  get isEmpty(): boolean {
    return this.#sessions.size === 0;
  }

  /**
   * Draws an id for a new session.
   *
   * @returns An id that no session has.
   */
  newSessionId(): number {
    let id = this.#ids.next();
    while (this.#sessions.has(id)) id = this.#ids.next();
    return id;
  }

  /**
   * Finds a session.
   *
   * @param id Its id.
   * @returns The session, or undefined when it has not joined or has left.
   */
  session(id: number): RouterSession | undefined {
    return this.#sessions.get(id);
  }

  /**
   * Takes a session in.
   *
   * @param session The session.
   */
  join(session: RouterSession): void {
    this.#sessions.set(session.info.id, session);
    this.#census.joined(session.info.peer);
    if (!session.isTrusted) this.broker.announce("wamp.session.on_join", () => [sessionDetails(session.info)]);
    // It may end the session, which others hear of then.
    this.observer?.joined(session.info);
  }

  /**
   * Takes leave of a session: its calls, invocations, registrations and subscriptions end.
   *
   * @param session The session.
   * @param reason Why it ends, a URI.
   * @param isQuiet Whether nobody is told of it by `wamp.session.on_leave` or testament (default false). What it had registered and subscribed to is
   *   announced as ended in any case: who mirrors that has to know.
   */
  leave(session: RouterSession, reason: string, isQuiet: boolean = false): void {
    this.#sessions.delete(session.info.id);
    this.#census.left(session.info.peer);
    this.observer?.left(session.info, reason);
    this.dealer.leave(session);
    this.broker.leave(session);
    const { id, authid, authrole } = session.info;
    if (!session.isTrusted && !isQuiet) {
      this.broker.announce("wamp.session.on_leave", () => [id, authid, authrole]);
    }
    if (isQuiet) this.#testaments.forget(session);
    else void this.#testaments.execute(session);
    if (this.isEmpty) this.#emptied();
  }

  /**
   * Judges anew what a session has registered and subscribed to; what it may not have any more is revoked.
   *
   * @param session The session.
   * @param permits Tells whether it may still have something.
   */
  review(session: RouterSession, permits: MembershipJudge): void {
    const { registrations } = this.dealer;
    for (const registration of [...session.registrations?.values() ?? []]) {
      if (!permits("register", registration.uri)) registrations.evict(session, registration, ErrorUri.notAuthorized);
    }
    for (const subscription of [...session.subscriptions?.values() ?? []]) {
      if (!permits("subscribe", subscription.uri)) this.broker.evict(session, subscription, ErrorUri.notAuthorized);
    }
  }

  /**
   * Counts what there is.
   *
   * @returns The counts.
   */
  statistics(): RealmStatistics {
    return {
      sessions: this.#sessions.size,
      registrations: this.dealer.registrations.size,
      subscriptions: this.broker.subscriptions,
      pendingInvocations: this.dealer.pending,
      droppedEvents: this.broker.dropped,
      disconnectedSubscribers: this.broker.disconnected,
    };
  }
}

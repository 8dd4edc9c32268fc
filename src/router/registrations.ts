import { matchedPatterns, notedSlot } from "../codec/backend.ts";
import type { Head } from "../codec/head.ts";
import type { Clock } from "../wire/clock.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { IdSequence } from "../wire/ids.ts";
import { MessageType } from "../wire/message_type.ts";
import { ownText } from "../wire/own_text.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import { KeptValue } from "./kept_value.ts";
import type { CountedLimits } from "./limits.ts";
import type { MembershipEvents, Memberships } from "./membership_events.ts";
import { refusedShape } from "./pattern_shapes.ts";
import { PatternTable } from "./pattern_table.ts";
import { Callee, Registration } from "./registration.ts";
import type { CalleeTraits, InvokePolicy } from "./registration.ts";
import type { RouterSession } from "./router_session.ts";

/** What registrations are kept with. */
export interface RegistrationsOptions {
  /** Where time comes from. */
  readonly clock: Clock;
  /** What sessions may have. */
  readonly limits: CountedLimits;
  /** Whether a callee may ask to keep the time of calls by itself. */
  readonly forwardsTimeouts: boolean;
  /** Told who takes part in which registration. */
  readonly events: MembershipEvents;
}

/** The registrations of a realm. */
export class Registrations implements Memberships<Registration> {
  readonly #table: PatternTable<Registration> = new PatternTable();
  readonly #byId: Map<number, Registration> = new Map();
  readonly #ids: IdSequence = new IdSequence();
  readonly #clock: Clock;
  readonly #limits: CountedLimits;
  readonly #forwardsTimeouts: boolean;
  readonly #events: MembershipEvents;
  /** The part that each session took last without a limit to its concurrency. */
  readonly #parts: Map<RouterSession, Callee> = new Map();
  #documentBytes = 0;

  /** @param options What they are kept with. */
  constructor({ clock, limits, forwardsTimeouts, events }: RegistrationsOptions) {
    this.#clock = clock;
    this.#limits = limits;
    this.#forwardsTimeouts = forwardsTimeouts;
    this.#events = events;
  }

  /** How many there are. */
  get size(): number {
    return this.#table.size;
  }

  /** All of them, in order of creation. */
  all(): Iterable<Registration> {
    return this.#byId.values();
  }

  /** The one with an id. */
  byId(id: number): Registration | undefined {
    return this.#byId.get(id);
  }

  /** The one of a (URI, match). */
  get(uri: string, match: MatchPolicy): Registration | undefined {
    return this.#table.get(uri, match);
  }

  /** The sessions of one that may be seen, in order of registration. */
  members(registration: Registration): RouterSession[] {
    return sessionsOf(registration).filter(({ isTrusted }) => !isTrusted);
  }

  /**
   * Finds the one registration that gets the calls of a procedure.
   *
   * @param procedure The procedure.
   * @param call The CALL of it, if it came with one.
   * @returns The registration.
   */
  best(procedure: string, call?: Head): Registration | undefined {
    return call === undefined
      ? this.#table.best(procedure)
      : this.#table.best(procedure, matchedPatterns(call), notedSlot(call));
  }

  /**
   * Tells whether a procedure is registered under just this URI, which then needs no further check.
   *
   * @param procedure The procedure.
   * @param call The CALL of it, if it came with one.
   * @returns Whether it is.
   */
  knows(procedure: string, call?: Head): boolean {
    return this.#table.exact(procedure, call === undefined ? 0 : notedSlot(call)) !== undefined;
  }

  /**
   * Takes a REGISTER that is allowed.
   *
   * @param session Who sent it.
   * @param head The message.
   * @param disclose Whether the session's identity goes along with results.
   */
  register(session: RouterSession, head: Head, disclose: boolean): void {
    const { options, uri: procedure } = head;
    const match = (options.match ?? "exact") as MatchPolicy;
    const invoke = (options.invoke ?? "single") as InvokePolicy;
    let registration = this.#table.get(procedure, match);
    const isFull = (session.registrations?.size ?? 0) >= this.#limits.registrations;
    if (isFull && registration?.calleeOf(session) === undefined) {
      this.#limits.reached("registrations");
      const text =
        `Cannot register ${procedure}: this session holds ${this.#limits.registrations} registrations, the most it may`;
      return session.sendError(head.type, head.firstId, ErrorUri.optionNotAllowed, text);
    }
    const replaced = options.force_reregister === true && registration?.yieldsTo(session) ? registration : undefined;
    const { _document } = options;
    // Of one that stays the document does, too.
    const stays = registration !== undefined && replaced === undefined;
    const document = stays || _document === undefined
      ? undefined
      : new KeptValue(session.connection.serializer, _document);
    const documentBytes = document === undefined ? 0 : Math.max(head.optionsEnd - head.optionsStart, document.memory);
    if (this.#documentBytes + documentBytes - (replaced?.documentBytes ?? 0) > this.#limits.documentBytes) {
      this.#limits.reached("documentBytes");
      const text =
        `Cannot register ${procedure} with its document: the limit for those of a realm is reached; leave it out`;
      return session.sendError(head.type, head.firstId, ErrorUri.optionNotAllowed, text);
    }
    const refused = registration === undefined
      ? refusedShape(this.#table, this.#limits, "register", procedure, match)
      : undefined;
    if (refused !== undefined) {
      return session.sendError(head.type, head.firstId, ErrorUri.optionNotAllowed, refused);
    }
    if (replaced !== undefined) {
      this.#revoke(replaced);
      registration = undefined;
    }
    if (registration === undefined) {
      this.#documentBytes += documentBytes;
      registration = new Registration(
        this.#ids.next(),
        ownText(procedure),
        match,
        invoke,
        this.#clock.now(),
        document,
        documentBytes,
      );
      this.#table.set(registration.uri, match, registration);
      this.#byId.set(registration.id, registration);
    } else if (registration.invoke === "single") {
      const text = `register for already registered procedure '${procedure}'`;
      session.sendError(head.type, head.firstId, ErrorUri.procedureAlreadyExists, text);
      return registration.callees[0]!.session.doubtedBy(session);
    } else if (registration.invoke !== invoke) {
      const text = `register for already registered procedure '${procedure}' with conflicting invocation policy ` +
        `(has ${registration.invoke} and ${invoke} was requested)`;
      return session.sendError(head.type, head.firstId, ErrorUri.procedureExistsWithDifferentInvocationPolicy, text);
    }
    const isNew = registration.calleeOf(session) === undefined;
    if (isNew) {
      registration.add(this.#partOf(session, {
        concurrency: options.concurrency as number | undefined ?? Infinity,
        disclose,
        keepsTime: this.#forwardsTimeouts && options.forward_timeout === true && session.keepsTime,
        seesCallers: options.disclose_caller === true,
      }));
      (session.registrations ??= new Map()).set(registration.id, registration);
    }
    session.send([MessageType.REGISTERED, head.firstId, registration.id]);
    if (isNew) this.#events.joined(session, registration, sessionsOf(registration));
  }

  /**
   * Takes an UNREGISTER; what the session is working on goes on.
   *
   * @param session Who sent it.
   * @param head The message.
   */
  unregister(session: RouterSession, head: Head): void {
    const registration = session.registrations?.get(head.secondId);
    if (registration === undefined) {
      return session.sendError(head.type, head.firstId, ErrorUri.noSuchRegistration);
    }
    this.#withdraw(session, registration);
    session.send([MessageType.UNREGISTERED, head.firstId]);
  }

  /**
   * Takes leave of a session: ends its registrations.
   *
   * @param session Who left.
   */
  leave(session: RouterSession): void {
    for (const registration of session.registrations?.values() ?? []) this.#withdraw(session, registration);
    this.#parts.delete(session);
  }

  /**
   * Ends a session's part in a registration without its asking; what the session is working on goes on.
   *
   * @param session The session.
   * @param registration The registration.
   * @param reason Why, a URI.
   *
   * @see WAMP advanced profile, "Registration Revocation"
   */
  evict(session: RouterSession, registration: Registration, reason: string): void {
    this.#withdraw(session, registration);
    const details = { registration: registration.id, reason };
    if (session.takesRevocation) session.send([MessageType.UNREGISTERED, 0, details]);
  }

  #partOf(session: RouterSession, traits: CalleeTraits): Callee {
    // One whose concurrency is limited counts for itself what it has not answered.
    if (traits.concurrency !== Infinity) return new Callee(session, traits);
    const last = this.#parts.get(session);
    if (last?.isLike(traits) === true) return last;
    const part = new Callee(session, traits);
    this.#parts.set(session, part);
    return part;
  }

  #withdraw(session: RouterSession, registration: Registration): void {
    session.registrations?.delete(registration.id);
    registration.remove(session);
    if (registration.callees.length === 0) {
      this.#table.delete(registration.uri, registration.match);
      this.#byId.delete(registration.id);
      this.#documentBytes -= registration.documentBytes;
    }
    this.#events.parted(session, registration, sessionsOf(registration));
  }

  #revoke(registration: Registration): void {
    for (const { session } of [...registration.callees]) this.evict(session, registration, ErrorUri.unregistered);
  }
}

function sessionsOf({ callees }: Registration): RouterSession[] {
  return callees.map(({ session }) => session);
}

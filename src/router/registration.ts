import type { Random } from "../wire/random.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import type { WampValue } from "../wire/values.ts";
import type { KeptValue } from "./kept_value.ts";
import type { RouterSession } from "./router_session.ts";

/** Which of several callees gets a call. */
export type InvokePolicy = "single" | "first" | "last" | "roundrobin" | "random";

/** What a session's part in a registration is like. */
export interface CalleeTraits {
  /** How many invocations it takes at a time. */
  readonly concurrency: number;
  /** Whether its identity goes along with results. */
  readonly disclose: boolean;
  /** Whether it keeps the time that a call has by itself. */
  readonly keepsTime: boolean;
  /** Whether callers' identities go along with calls though they do not ask. */
  readonly seesCallers: boolean;
}

/** One session's part in a registration, or in all those of it that are alike: what many calls read should not be many objects. */
export class Callee implements CalleeTraits {
  /** The session. */
  readonly session: RouterSession;
  /** How many invocations it takes at a time. */
  readonly concurrency: number;
  /** Whether its identity goes along with results. */
  readonly disclose: boolean;
  /** Whether it keeps the time that a call has by itself. */
  readonly keepsTime: boolean;
  /** Whether callers' identities go along with calls though they do not ask. */
  readonly seesCallers: boolean;
  /** It and nobody else. */
  readonly alone: readonly Callee[] = [this];
  /** How many invocations it has not answered. */
  running = 0;

  /**
   * @param session The session.
   * @param traits What it is like.
   */
  constructor(session: RouterSession, { concurrency, disclose, keepsTime, seesCallers }: CalleeTraits) {
    this.session = session;
    this.concurrency = concurrency;
    this.disclose = disclose;
    this.keepsTime = keepsTime;
    this.seesCallers = seesCallers;
  }

  /**
   * Tells whether another part is like it.
   *
   * @param other What that is like.
   * @returns Whether it is.
   */
  isLike(other: CalleeTraits): boolean {
    return this.concurrency === other.concurrency && this.disclose === other.disclose &&
      this.keepsTime === other.keepsTime && this.seesCallers === other.seesCallers;
  }

  /** Whether it takes another invocation now, though it may have to wait behind others on the connection. */
  get available(): boolean {
    return this.running < this.concurrency && this.session.takesCalls;
  }
}

/**
 * A procedure, or a pattern of procedures, with the callees that share it in order of registration.
 *
 * @see WAMP advanced profile, "Shared Registration"
 */
export class Registration {
  // What a call reads comes first: of many registrations each is as few lines of the processor's cache as can be.
  #callees: readonly Callee[] = [];
  #turn = 0;
  /** Its id. */
  readonly id: number;
  /** How it matches. */
  readonly match: MatchPolicy;
  /** The procedure or pattern. */
  readonly uri: string;
  /** Which callee gets a call. */
  readonly invoke: InvokePolicy;
  /** When it came to be, in milliseconds since 1970. */
  readonly created: number;
  readonly #document: KeptValue | undefined;
  /** How large {@linkcode document} is, in bytes. */
  readonly documentBytes: number;

  /**
   * @param id Its id.
   * @param uri The procedure or pattern.
   * @param match How it matches.
   * @param invoke Which callee gets a call.
   * @param created When it comes to be.
   * @param document What is said of the procedure.
   * @param documentBytes How large that is.
   */
  constructor(
    id: number,
    uri: string,
    match: MatchPolicy,
    invoke: InvokePolicy,
    created: number,
    document?: KeptValue,
    documentBytes = 0,
  ) {
    this.id = id;
    this.uri = uri;
    this.match = match;
    this.invoke = invoke;
    this.created = created;
    this.#document = document;
    this.documentBytes = documentBytes;
  }

  /** What the first callee says of the procedure, for whoever asks; undefined when it says nothing. */
  get document(): WampValue {
    return this.#document?.value;
  }

  /** The callees; never empty while the registration is known to the dealer. */
  get callees(): readonly Callee[] {
    return this.#callees;
  }

  /**
   * Tells whether a session may take it over: what the router itself serves nobody else may.
   *
   * @param session The session.
   * @returns Whether it may.
   */
  yieldsTo(session: RouterSession): boolean {
    return session.isTrusted || !this.#callees.some((callee) => callee.session.isTrusted);
  }

  /**
   * Finds the part that a session has in it.
   *
   * @param session The session.
   * @returns Its part, if it has one.
   */
  calleeOf(session: RouterSession): Callee | undefined {
    return this.#callees.find((callee) => callee.session === session);
  }

  /**
   * Adds the part of a session that has none.
   *
   * @param callee Its part.
   */
  add(callee: Callee): void {
    this.#callees = this.#callees.length === 0 ? callee.alone : [...this.#callees, callee];
  }

  /**
   * Removes a session's part.
   *
   * @param session The session.
   */
  remove(session: RouterSession): void {
    const at = this.#callees.findIndex((callee) => callee.session === session);
    if (at < 0) return;
    this.#callees = this.#callees.toSpliced(at, 1);
    if (at < this.#turn) this.#turn--;
  }

  /**
   * Chooses the callee for a call: the one whose turn it is, or the next that is available; one whose connection is crowded when there is no other.
   *
   * @param random Where randomness comes from.
   * @param suits Tells which callees may get it (default all of them).
   * @returns The callee, or undefined when none is available.
   */
  pick(random: Random, suits?: (callee: Callee) => boolean): Callee | undefined {
    const callees = this.#callees;
    const count = callees.length;
    if (count === 1 && suits === undefined) {
      if (!callees[0]!.available) return undefined;
      this.#turn = 1;
      return callees[0];
    }
    const backwards = this.invoke === "last";
    const start = this.#start(random);
    let chosen = -1;
    for (let step = 0; step < count; step++) {
      const at = (start + (backwards ? count - step : step)) % count;
      const callee = callees[at]!;
      if (!callee.available || suits?.(callee) === false) continue;
      const { writable } = callee.session.connection;
      if (writable || chosen < 0) chosen = at;
      if (writable) break;
    }
    if (chosen < 0) return undefined;
    // Behind the last one, so that one who comes there is the next.
    this.#turn = chosen + 1;
    return callees[chosen];
  }

  #start(random: Random): number {
    if (this.invoke === "roundrobin") return this.#turn % this.#callees.length;
    if (this.invoke === "random") return Math.floor(random.number() * this.#callees.length);
    return this.invoke === "last" ? this.#callees.length - 1 : 0;
  }
}

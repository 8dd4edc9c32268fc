import type { Challenge } from "../auth/method.ts";
import { describe } from "../wire/describe.ts";
import { WampError } from "../wire/errors.ts";
import type { ErrorContext } from "./core.ts";
import { reportUncaught } from "./reporting.ts";
import type { Session } from "./session.ts";
import type { LeaveInfo, WelcomeDetails } from "./session_info.ts";
import type { ClientStatus } from "./setup.ts";

/** A connection that came about or ended. */
export interface ConnectionInfo {
  /** The URL, or the word for what has none. */
  readonly url: string;
}

/** What a client does when things happen; a listener may be asynchronous. */
export interface ClientEvents {
  /** A connection is there; the realm has not been joined. */
  connect(info: ConnectionInfo): unknown;
  /** The router wants proof of who joins. */
  challenge(challenge: Challenge): unknown;
  /** A session has joined. What is made on the session dies with it; what is made on the client is kept, and made once however often this runs. */
  join(session: Session, details: WelcomeDetails): unknown;
  /** Everything is restored and every join listener has finished. */
  ready(session: Session): unknown;
  /** A session has ended. */
  leave(info: LeaveInfo): unknown;
  /** A connection has ended. */
  disconnect(info: ConnectionInfo): unknown;
  /** Something went wrong that no promise carries: a handler threw, an attempt to reconnect failed. */
  error(error: unknown, context: ErrorContext): unknown;
  /** The client does something else now; told a turn later, in order. */
  status(status: ClientStatus): unknown;
  /** More is queued than the connection wants. */
  slow(info: { readonly queuedBytes: number }): unknown;
}

/** The name of an event of a client. */
export type ClientEvent = keyof ClientEvents;

type Listeners = { readonly [Name in ClientEvent]: Set<ClientEvents[Name]> };

/** The listeners of a client. */
export class Hooks {
  readonly #listeners: Listeners = {
    connect: new Set(),
    challenge: new Set(),
    join: new Set(),
    ready: new Set(),
    leave: new Set(),
    disconnect: new Set(),
    error: new Set(),
    status: new Set(),
    slow: new Set(),
  };

  readonly #ends: () => boolean;

  /** @param ends Whether the program itself ends the client, or has, so that it knows of what is refused with `closed` (default never). */
  constructor(ends: () => boolean = () => false) {
    this.#ends = ends;
  }

  /**
   * Adds a listener.
   *
   * @param name The event.
   * @param listener Called each time; added once, however often it is given.
   * @returns Removes the listener.
   * @throws {WampError} `invalid_argument` when there is no such event or the listener is no function.
   */
  on<Name extends ClientEvent>(name: Name, listener: ClientEvents[Name]): () => void {
    const listeners: Set<ClientEvents[Name]> | undefined = Object.hasOwn(this.#listeners, name)
      ? this.#listeners[name]
      : undefined;
    if (listeners === undefined || typeof listener !== "function") {
      throw new WampError(
        "invalid_argument",
        `Cannot listen to ${describe(name)} with ${describe(listener)}: expected a function for one of ${
          Object.keys(this.#listeners).join(", ")
        }`,
      );
    }
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** Whether anybody listens to when a session joins. */
  get awaitsJoin(): boolean {
    return this.#listeners.join.size > 0;
  }

  /**
   * Calls every listener of an event.
   *
   * @param name The event.
   * @param args What they get.
   * @returns Resolves when all have finished; never rejects.
   */
  async emit<Name extends Exclude<ClientEvent, "error">>(
    name: Name,
    ...args: Parameters<ClientEvents[Name]>
  ): Promise<void> {
    const listeners = this.#listeners[name] as Set<(...args: Parameters<ClientEvents[Name]>) => unknown>;
    if (listeners.size === 0) return;
    await Promise.all([...listeners].map(async (listener) => {
      try {
        await listener(...args);
      } catch (error) {
        this.report(error, { during: "hook" });
      }
    }));
  }

  /**
   * Reports an error that no promise carries.
   *
   * @param error The error.
   * @param context Where it arose.
   */
  report(error: unknown, context: ErrorContext): void {
    const listeners = [...this.#listeners.error];
    // A procedure's error has gone to its caller, a failed attempt is followed by the next; the others nobody would ever learn of.
    const { during, retried = false } = context;
    const silent = retried || during === "procedure" || during === "connect" || during === "revocation" ||
      (this.#ends() && WampError.is(error, "closed"));
    if (listeners.length === 0 && !silent) reportUncaught(error);
    for (const listener of listeners) {
      try {
        const result: unknown = listener(error, context);
        if (result instanceof Promise) result.catch(reportUncaught);
      } catch (thrown) {
        reportUncaught(thrown);
      }
    }
  }
}

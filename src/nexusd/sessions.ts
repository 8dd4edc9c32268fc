import type { SessionInfo } from "../router/authorization.ts";
import type { SessionObserver } from "../router/session_observer.ts";
import type { MatchPolicy } from "../wire/uri.ts";

/** The sessions of a realm, for whoever has to find one by its id or to hear of its end; told of them by the realm. */
export class Sessions implements SessionObserver {
  readonly #byId: Map<number, SessionInfo> = new Map();
  readonly #observers: Partial<SessionObserver>[] = [];

  /**
   * Finds a session.
   *
   * @param id Its id, such as the `caller` that an invocation names.
   * @returns The session, or undefined when it is not there (any more).
   */
  get(id: number): SessionInfo | undefined {
    return this.#byId.get(id);
  }

  /**
   * Lists the sessions.
   *
   * @returns The sessions, in the order in which they joined.
   */
  all(): Iterable<SessionInfo> {
    return this.#byId.values();
  }

  /**
   * Tells somebody else of the sessions, too.
   *
   * @param observer Who; it must neither throw nor take long.
   */
  observe(observer: Partial<SessionObserver>): void {
    this.#observers.push(observer);
  }

  /** A session has joined. */
  joined(session: SessionInfo): void {
    this.#byId.set(session.id, session);
    for (const observer of this.#observers) observer.joined?.(session);
  }

  /** A session has left. */
  left(session: SessionInfo, reason: string): void {
    this.#byId.delete(session.id);
    for (const observer of this.#observers) observer.left?.(session, reason);
  }

  /** A session takes part in a subscription. */
  subscribed(session: SessionInfo, topic: string, match: MatchPolicy): void {
    for (const observer of this.#observers) observer.subscribed?.(session, topic, match);
  }

  /** A session does not take part in a subscription any more. */
  unsubscribed(session: SessionInfo, topic: string, match: MatchPolicy): void {
    for (const observer of this.#observers) observer.unsubscribed?.(session, topic, match);
  }

  /** A session logs out. */
  loggedOut(session: SessionInfo): void {
    for (const observer of this.#observers) observer.loggedOut?.(session);
  }
}

import { isReservedUri } from "../wire/uri.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import type { HistoryTopic } from "./event_history.ts";
import type { RouterSession } from "./router_session.ts";

const nobody: ReadonlySet<RouterSession> = new Set();

/** A topic, or a pattern of topics, with its subscribers in order of subscription. */
export class Subscription {
  // What an event reads comes first: of many subscriptions each is as few lines of the processor's cache as can be.
  #subscribers: ReadonlySet<RouterSession> = nobody;
  /** Its id. */
  readonly id: number;
  /** How it matches. */
  readonly match: MatchPolicy;
  /** What is kept of its events, where they are; it is there then whether anybody subscribes or not. */
  readonly history: Required<HistoryTopic> | undefined;
  /** Whether it is of the router's own topics. */
  readonly isReserved: boolean;
  /** The topic or pattern. */
  readonly uri: string;
  /** When it came to be, in milliseconds since 1970. */
  readonly created: number;

  /**
   * @param id Its id.
   * @param uri The topic or pattern.
   * @param match How it matches.
   * @param created When it comes to be.
   * @param history What is kept of its events, where they are.
   */
  constructor(id: number, uri: string, match: MatchPolicy, created: number, history?: Required<HistoryTopic>) {
    this.id = id;
    this.uri = uri;
    this.match = match;
    this.isReserved = isReservedUri(uri, match);
    this.created = created;
    this.history = history;
  }

  /** The sessions that get its events; empty only where its history is kept. */
  get subscribers(): ReadonlySet<RouterSession> {
    return this.#subscribers;
  }

  /**
   * Adds a session that is not among the subscribers.
   *
   * @param session The session.
   * @param alone It and nobody else, the same set for all its subscriptions: what many events read should not be many objects.
   */
  add(session: RouterSession, alone: ReadonlySet<RouterSession>): void {
    const { size } = this.#subscribers;
    if (size === 0) this.#subscribers = alone;
    else if (size === 1) this.#subscribers = new Set([...this.#subscribers, session]);
    else (this.#subscribers as Set<RouterSession>).add(session);
  }

  /**
   * Removes a subscriber.
   *
   * @param session The session.
   */
  remove(session: RouterSession): void {
    if (this.#subscribers.size > 1) (this.#subscribers as Set<RouterSession>).delete(session);
    else if (this.#subscribers.has(session)) this.#subscribers = nobody;
  }
}

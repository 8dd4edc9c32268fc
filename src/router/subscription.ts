import type { MatchPolicy } from "../wire/uri.ts";
import type { HistoryTopic } from "./event_history.ts";
import type { RouterSession } from "./router_session.ts";

/** A topic, or a pattern of topics, with its subscribers in order of subscription. */
export class Subscription {
  /** Its id. */
  readonly id: number;
  /** The topic or pattern. */
  readonly uri: string;
  /** How it matches. */
  readonly match: MatchPolicy;
  /** When it came to be, in milliseconds since 1970. */
  readonly created: number;
  /** The sessions that get its events; empty only where its history is kept. */
  readonly subscribers: Set<RouterSession> = new Set();
  /** What is kept of its events, where they are; it is there then whether anybody subscribes or not. */
  readonly history: Required<HistoryTopic> | undefined;

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
    this.created = created;
    this.history = history;
  }
}

import type { MatchPolicy } from "../wire/uri.ts";
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
  /** The sessions that get its events; never empty while the subscription is known to the broker. */
  readonly subscribers: Set<RouterSession> = new Set();

  /**
   * @param id Its id.
   * @param uri The topic or pattern.
   * @param match How it matches.
   * @param created When it comes to be.
   */
  constructor(id: number, uri: string, match: MatchPolicy, created: number) {
    this.id = id;
    this.uri = uri;
    this.match = match;
    this.created = created;
  }
}

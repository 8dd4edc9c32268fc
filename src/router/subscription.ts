import type { MatchPolicy } from "../wire/uri.ts";
import type { RouterSession } from "./router_session.ts";

/** A topic, or a pattern of topics, with its subscribers in order of subscription. */
export class Subscription {
  /** Its id. */
  readonly id: number;
  /** The topic or pattern. */
  readonly topic: string;
  /** How it matches. */
  readonly match: MatchPolicy;
  /** The sessions that get its events; never empty while the subscription is known to the broker. */
  readonly subscribers: Set<RouterSession> = new Set();

  /**
   * @param id Its id.
   * @param topic The topic or pattern.
   * @param match How it matches.
   */
  constructor(id: number, topic: string, match: MatchPolicy) {
    this.id = id;
    this.topic = topic;
    this.match = match;
  }
}

import type { MatchPolicy } from "../wire/uri.ts";
import type { SessionInfo } from "./authorization.ts";

/** Who is told of a realm's sessions, in the middle of things: it must neither throw nor take long. */
export interface SessionObserver {
  /**
   * A session has joined; no message of it has been taken yet.
   *
   * @param session The session; the same object at each of its authorizations.
   */
  joined(session: SessionInfo): void;

  /**
   * A session has left; its subscriptions end after this.
   *
   * @param session The session.
   * @param reason Why, a URI: what the GOODBYE or ABORT of either side said, or `wamp.close.transport_lost`.
   */
  left(session: SessionInfo, reason: string): void;

  /**
   * A session says GOODBYE with `wamp.close.logout`, before it leaves; its connection is closed then.
   *
   * @param session The session.
   */
  loggedOut(session: SessionInfo): void;

  /**
   * A session takes part in a subscription from now on; SUBSCRIBED is on its way already.
   *
   * @param session The session.
   * @param topic The topic or pattern.
   * @param match How it matches.
   */
  subscribed?(session: SessionInfo, topic: string, match: MatchPolicy): void;

  /**
   * A session does not take part in a subscription any more, since it unsubscribed, was removed or left.
   *
   * @param session The session.
   * @param topic The topic or pattern.
   * @param match How it matches.
   */
  unsubscribed?(session: SessionInfo, topic: string, match: MatchPolicy): void;
}

import type { SessionInfo } from "../router/authorization.ts";
import type { SessionObserver } from "../router/session_observer.ts";
import type { MatchPolicy } from "../wire/uri.ts";

/** Changes of rosters are published here, behind it a dot and the roster's name. */
export const ROSTER_TOPIC = "com.izaber.wamp.system.event.roster";

/** Knows who may hear of changes of rosters, so that those who may not read a roster can be left out without looking at all sessions. */
export class RosterListeners implements Partial<SessionObserver> {
  /** session -> how many of its subscriptions reach the topics of rosters */
  readonly #subscriptions: Map<SessionInfo, number> = new Map();

  /** A session takes part in a subscription from now on. */
  subscribed(session: SessionInfo, topic: string, match: MatchPolicy): void {
    if (!reachesRosters(topic, match)) return;
    this.#subscriptions.set(session, (this.#subscriptions.get(session) ?? 0) + 1);
  }

  /** A session does not take part in a subscription any more. */
  unsubscribed(session: SessionInfo, topic: string, match: MatchPolicy): void {
    if (!reachesRosters(topic, match)) return;
    const left = (this.#subscriptions.get(session) ?? 0) - 1;
    if (left > 0) this.#subscriptions.set(session, left);
    else this.#subscriptions.delete(session);
  }

  /**
   * Finds those who hear of changes.
   *
   * @returns The sessions; some of them listen to some rosters alone.
   */
  all(): Iterable<SessionInfo> {
    return this.#subscriptions.keys();
  }
}

function reachesRosters(topic: string, match: MatchPolicy): boolean {
  if (match === "wildcard") return true;
  return topic.startsWith(`${ROSTER_TOPIC}.`) || (match === "prefix" && `${ROSTER_TOPIC}.`.startsWith(topic));
}

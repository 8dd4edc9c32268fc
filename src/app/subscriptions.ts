import type { Decision } from "../router/authorization.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { type RemoteError, WampError } from "../wire/errors.ts";
import { isReservedUri } from "../wire/uri.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import type { AppSession } from "./app_session.ts";
import { Feed } from "./feed.ts";
import type { RouteTable } from "./route_table.ts";
import type { TopicHandler } from "./topic_routes.ts";

const allowed: Decision = { allow: true };

/** What subscriptions need of the app that they belong to. */
export interface SubscriptionsHost {
  /** The topics that routes serve. */
  readonly topics: RouteTable<TopicHandler>;
  /** Whether somebody listens to subscriptions of any topic. */
  takesAnyTopic(): boolean;
  /** Told when a handler fails. */
  report(error: unknown): void;
}

/** The subscriptions of an app that routes serve, by session. */
export class Subscriptions {
  readonly #host: SubscriptionsHost;
  readonly #feeds: Map<AppSession, Map<string, Feed>> = new Map();
  /** The one that each session asked for last. */
  readonly #last: WeakMap<AppSession, Feed> = new WeakMap();

  /** @param host The app. */
  constructor(host: SubscriptionsHost) {
    this.#host = host;
  }

  /**
   * Decides on a SUBSCRIBE.
   *
   * @param session Whose it is.
   * @param topic The topic or pattern.
   * @param match How it matches; routes serve exact topics.
   * @returns The decision; where a route serves the topic, when that has accepted.
   */
  decide(session: AppSession, topic: string, match: MatchPolicy): Decision | Promise<Decision> {
    this.#endRefused(session);
    if (isReservedUri(topic, match)) return { allow: false, message: `there is no topic "${topic}"` };
    if (match === "exact") {
      if (this.#feeds.get(session)?.has(topic)) return allowed;
      const found = this.#host.topics.find(topic);
      if (found !== undefined) return this.#open(session, topic, new Feed(topic, session, found, this.#host.report));
      return this.#host.takesAnyTopic() ? allowed : { allow: false, message: `there is no topic "${topic}"` };
    }
    // A pattern would go around the routes of topics that it covers.
    return this.#host.takesAnyTopic() && this.#host.topics.size === 0
      ? allowed
      : { allow: false, message: `topics cannot be subscribed to by ${match}` };
  }

  /**
   * A subscription has begun.
   *
   * @param session Whose it is.
   * @param topic The topic.
   */
  begun(session: AppSession, topic: string): void {
    this.#feeds.get(session)?.get(topic)?.begin();
  }

  /**
   * A subscription has ended.
   *
   * @param session Whose it was.
   * @param topic The topic.
   */
  ended(session: AppSession, topic: string): void {
    this.#feeds.get(session)?.get(topic)?.end();
    this.#forget(session, topic);
  }

  /**
   * A session has ended.
   *
   * @param session The session.
   */
  left(session: AppSession): void {
    for (const feed of this.#feeds.get(session)?.values() ?? []) feed.end();
    this.#feeds.delete(session);
  }

  /** A session's requests are decided one after the other: what has not begun when it asks again was refused for a limit or for its time. */
  #endRefused(session: AppSession): void {
    const last = this.#last.get(session);
    if (last === undefined || last.hasBegun) return;
    last.end();
    if (this.#feeds.get(session)?.get(last.topic) === last) this.#forget(session, last.topic);
  }

  async #open(session: AppSession, topic: string, feed: Feed): Promise<Decision> {
    const feeds = this.#feeds.get(session) ?? new Map<string, Feed>();
    this.#feeds.set(session, feeds.set(topic, feed));
    this.#last.set(session, feed);
    try {
      await feed.open();
      return allowed;
    } catch (error) {
      feed.end();
      if (this.#feeds.get(session)?.get(topic) === feed) this.#forget(session, topic);
      return refusal(error, topic, this.#host.report);
    }
  }

  #forget(session: AppSession, topic: string): void {
    const feeds = this.#feeds.get(session);
    feeds?.delete(topic);
    if (feeds?.size === 0) this.#feeds.delete(session);
  }
}

function refusal(error: unknown, topic: string, report: (error: unknown) => void): Decision {
  if (WampError.is(error, "remote")) {
    const { uri, args: [text] } = error as RemoteError;
    return { allow: false, error: uri, message: typeof text === "string" ? text : `no subscription to "${topic}"` };
  }
  report(error);
  return {
    allow: false,
    error: ErrorUri.runtimeError,
    message: error instanceof Error ? error.message : String(error),
  };
}

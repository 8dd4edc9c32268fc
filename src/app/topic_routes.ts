import { WampError } from "../wire/errors.ts";
import { anything, checkOptions } from "../wire/option_rules.ts";
import type { AppSession } from "./app_session.ts";
import { RouteTable } from "./route_table.ts";
import type { RouteOptions, RoutePattern } from "./route_table.ts";

/** One session's subscription to one topic, as its handler sees it. */
export interface AppSubscription {
  /** The topic. */
  readonly topic: string;
  /** Whose subscription it is. */
  readonly session: AppSession;
  /** What the groups of an expression hold, in order; none when they are named. */
  readonly groups: readonly (string | undefined)[];
  /** What its named groups hold. */
  readonly named: { readonly [name: string]: string | undefined };
  /** Aborted when the subscription ends. */
  readonly signal: AbortSignal;

  /** Lets the subscription begin now; a generator that has nothing to yield for a while calls it, since SUBSCRIBED waits for its first `yield` otherwise. */
  accept(): void;
}

/**
 * Serves the subscriptions of a route.
 *
 * Of an async generator what runs before the first `yield` is the subscription, and a `RemoteError` thrown there refuses it. Each value that it yields
 * is an event to that subscriber: an array becomes args, a plain object kwargs, any other value one argument. At a `yield` without a value it rests
 * until the subscription ends, and what comes behind runs then; in the middle of values it is ended, and its `finally` blocks run. A plain function runs
 * when somebody subscribes.
 */
export type TopicHandler = (
  subscription: AppSubscription,
) => AsyncGenerator<unknown, void, undefined> | void | Promise<void>;

/**
 * A set of topics, to be written in one module and added to an app in another.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { createApp, TopicRoutes } from "@izaber/wamp/app";
 *
 * const topics = new TopicRoutes();
 * topics.route("com.example.countdown", async function* () {
 *   for (let number = 3; number > 0; number--) yield number;
 * });
 *
 * const app = createApp({ realm: "realm1" });
 * app.add(topics);
 * const wamp = await connect(app.router.local(), { realm: "realm1" });
 * const heard: unknown[] = [];
 * for await (const { args } of wamp.events("com.example.countdown")) {
 *   if (heard.push(args[0]) === 3) break;
 * }
 * if (heard.join() !== "3,2,1") throw new Error("unexpected");
 * await wamp.close();
 * await app.close();
 * ```
 */
export class TopicRoutes {
  /** @internal The routes. */
  readonly table: RouteTable<TopicHandler> = new RouteTable();

  /**
   * Adds a topic.
   *
   * @param pattern Its URI, the beginning of many, or an expression.
   * @param handler Serves those who subscribe.
   * @param options How it matches.
   * @returns The set, to go on with.
   * @throws {WampError} `invalid_argument` when something is wrong, or there is such a route already.
   */
  route(pattern: RoutePattern, handler: TopicHandler, options: RouteOptions = {}): this {
    if (typeof handler !== "function") {
      throw new WampError(
        "invalid_argument",
        `Cannot add a route for ${
          String(pattern)
        }: the handler is no function; write route("com.example.name", async function* () { ... })`,
      );
    }
    checkOptions(`Cannot add a route for ${String(pattern)}`, options, { match: anything }, '{ match: "prefix" }');
    this.table.add(pattern, handler, options);
    return this;
  }
}

import { connect } from "../client/connect.ts";
import type { Client } from "../client/client.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Action, Authorizer, Decision, SessionInfo } from "../router/authorization.ts";
import type { SlowSubscribers } from "../router/broker.ts";
import type { Limits } from "../router/limits.ts";
import type { RealmOptions } from "../router/realm.ts";
import { Router } from "../router/router.ts";
import type { SessionObserver } from "../router/session_observer.ts";
import type { Clock } from "../wire/clock.ts";
import * as CloseUri from "../wire/close_uri.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { WampError } from "../wire/errors.ts";
import type { RemoteError } from "../wire/errors.ts";
import { arrayOf, callable, checkOption, text } from "../wire/option_rules.ts";
import type { OptionRule } from "../wire/option_rules.ts";
import { isReservedUri } from "../wire/uri.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import type { Dict, SentArgs, SentKwargs } from "../wire/values.ts";
import { Admission } from "./admission.ts";
import type { IdentityProvider, TransportAuthenticator } from "./admission.ts";
import { checkAppOptions } from "./app_options.ts";
import { AppSession } from "./app_session.ts";
import type { AppSessionHost } from "./app_session.ts";
import { Listeners } from "./listeners.ts";
import { Procedures } from "./procedures.ts";
import { ProcedureRoutes } from "./procedure_routes.ts";
import type { ArgumentFactory } from "./parameters.ts";
import { RouteTable } from "./route_table.ts";
import { Subscriptions } from "./subscriptions.ts";
import { TopicRoutes } from "./topic_routes.ts";
import type { TopicHandler } from "./topic_routes.ts";

/** What an app is made with. */
export interface AppOptions {
  /** The realm that clients join. */
  readonly realm: string;
  /** Who lets sessions in: functions that look at the connection, in order, then at most one that challenges (default: everybody is let in). */
  readonly authenticators?: readonly (TransportAuthenticator | Authenticator)[] | undefined;
  /** Tells what handlers find as `session.identity` of who answered a challenge (default: undefined). */
  readonly identify?: IdentityProvider | undefined;
  /** What sessions may have, where it is not the default. */
  readonly limits?: Partial<Limits> | undefined;
  /** What becomes of a subscriber that does not read its events as fast as they come (default `drop-newest`). */
  readonly slowSubscribers?: SlowSubscribers | undefined;
  /** Told when a handler, an authenticator, a listener or the router itself fails (default: nobody; where a client waits it gets an error either way). */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Where time comes from (default the runtime's clock). */
  readonly clock?: Clock | undefined;
}

const OWN = { authid: "app", authrole: "trusted", authprovider: "app" } as const;
const routesRule: OptionRule = {
  expected: "new ProcedureRoutes() or new TopicRoutes()",
  allows: (value) => value instanceof ProcedureRoutes || value instanceof TopicRoutes,
};
const refused: Decision = {
  allow: false,
  message: "this is a server of its own procedures and topics: clients can call and subscribe, not register or publish",
};

/**
 * A WAMP server without routing between clients: they call its procedures and subscribe to its topics.
 *
 * It is a facade over one realm of a router: routes are served by a session of this process, and clients' REGISTER and PUBLISH are refused.
 */
export class App {
  /** What a router needs to open its realm; for a router of several apps see {@linkcode serveApps}. */
  readonly realm: RealmOptions;

  readonly #options: AppOptions;
  readonly #admission: Admission;
  readonly #topics: RouteTable<TopicHandler> = new RouteTable();
  readonly #procedures: Procedures;
  readonly #subscriptions: Subscriptions;
  readonly #listeners: Listeners;
  readonly #sessions: Map<number, AppSession> = new Map();
  readonly #ready: PromiseWithResolvers<void> = Promise.withResolvers();
  #router: Router | undefined;
  #ownsRouter = false;
  #client: Promise<Client> | undefined;

  /**
   * @internal
   * @param options What {@linkcode createApp} was given.
   * @throws {WampError} `invalid_argument` as {@linkcode createApp} does.
   */
  constructor(options: AppOptions) {
    checkAppOptions(options);
    const { realm, authenticators = [], identify, slowSubscribers, onError } = options;
    this.#options = options;
    this.#listeners = new Listeners(onError);
    this.#admission = new Admission(authenticators, identify, this.#ready.promise);
    this.#procedures = new Procedures((id) => this.#sessions.get(id));
    this.#subscriptions = new Subscriptions({
      topics: this.#topics,
      takesAnyTopic: () => this.#listeners.any("subscribe") || this.#listeners.any("unsubscribe"),
      report: (error) => this.#listeners.report(error),
    });
    this.realm = {
      name: realm,
      authenticators: this.#admission.authenticators,
      authorizer: this.#authorizer(),
      observer: this.#observer(),
      ...(slowSubscribers === undefined ? {} : { slowSubscribers }),
    };
  }

  /** The router of this app alone; hand it to `listen`, or take its `local()` to connect in this process. */
  get router(): Router {
    if (this.#router === undefined) {
      const { limits, clock } = this.#options;
      this.#ownsRouter = true;
      this.attach(
        new Router({
          realms: [this.realm],
          onError: (error) => this.#listeners.report(error),
          ...(limits === undefined ? {} : { limits }),
          ...(clock === undefined ? {} : { clock }),
        }),
      );
    }
    return this.#router!;
  }

  /** The sessions that clients have here. */
  get sessions(): Iterable<AppSession> {
    return this.#sessions.values();
  }

  /**
   * Adds procedures and topics; also while sessions are there.
   *
   * @param routes The sets.
   * @returns The app, to go on with.
   * @throws {WampError} `invalid_argument` when one is no set, or there is a route for one of their patterns already.
   */
  add(...routes: readonly (ProcedureRoutes | TopicRoutes)[]): this {
    for (const [index, set] of routes.entries()) checkOption("Cannot add routes", `routes[${index}]`, set, routesRule);
    for (const set of routes) {
      if (set instanceof ProcedureRoutes) this.#procedures.table.include(set.table);
      else this.#topics.include(set.table);
    }
    return this;
  }

  /**
   * Provides an argument to every procedure that names it among its `params`; callers can neither say nor replace it.
   *
   * @param name The name of the parameter.
   * @param factory Makes it, for each call.
   * @returns The app, to go on with.
   * @throws {WampError} `invalid_argument` when the name is none, or the factory is no function.
   */
  provide(name: string, factory: ArgumentFactory): this {
    checkOption("Cannot provide an argument", "name", name, text);
    checkOption(`Cannot provide "${name}"`, "factory", factory, callable("(call) => value"));
    this.#procedures.provided.set(name, factory);
    return this;
  }

  /**
   * Listens to sessions that begin.
   *
   * @param listener Called with each one.
   * @returns Removes the listener.
   * @throws {WampError} `invalid_argument` when it is no function.
   */
  onOpen(listener: (session: AppSession) => void | Promise<void>): () => void {
    return this.#listeners.add("open", listener);
  }

  /**
   * Listens to sessions that end, however that comes.
   *
   * @param listener Called with each one and why it ended, a URI; `wamp.close.transport_lost` for a connection that was cut.
   * @returns Removes the listener.
   * @throws {WampError} `invalid_argument` when it is no function.
   */
  onClose(listener: (session: AppSession, reason: string) => void | Promise<void>): () => void {
    return this.#listeners.add("close", listener);
  }

  /**
   * Listens to subscriptions of any topic; topics without a route can be subscribed to then, and patterns where there are no routes for topics at all,
   * since a pattern would go around a route that refuses. What the router itself tells of others (`wamp.`) is for no client.
   *
   * @param listener Called with each one.
   * @returns Removes the listener.
   * @throws {WampError} `invalid_argument` when it is no function.
   */
  onSubscribe(listener: (topic: string, session: AppSession, match: MatchPolicy) => void | Promise<void>): () => void {
    return this.#listeners.add("subscribe", listener);
  }

  /**
   * Listens to the ends of subscriptions, the end of their session included; as with {@linkcode onSubscribe}, topics without a route can be subscribed to
   * then.
   *
   * @param listener Called with each one.
   * @returns Removes the listener.
   * @throws {WampError} `invalid_argument` when it is no function.
   */
  onUnsubscribe(
    listener: (topic: string, session: AppSession, match: MatchPolicy) => void | Promise<void>,
  ): () => void {
    return this.#listeners.add("unsubscribe", listener);
  }

  /**
   * Publishes an event to all who subscribe to a topic.
   *
   * @param topic The topic.
   * @param args Positional arguments (default none).
   * @param kwargs Keyword arguments (default none).
   * @returns Resolves when it is on its way.
   * @throws {WampError} `invalid_argument` or `unserializable` when it cannot be sent; `closed` when the app is closed.
   */
  async publish(topic: string, args?: SentArgs, kwargs?: SentKwargs): Promise<void> {
    await (await this.#own()).publish(topic, args, kwargs, { acknowledge: true });
  }

  /**
   * Ends all sessions with GOODBYE; new ones may come.
   *
   * @param reason Why, a URI (default `wamp.close.killed`).
   * @param message What to say of it (default nothing).
   * @returns Resolves when they have left.
   */
  async closeSessions(reason?: string, message?: string): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.close(reason, message)));
  }

  /**
   * Closes the app: nobody is let in any more, its sessions end, and where the router is its own, that closes.
   *
   * @returns Resolves when nothing is left.
   */
  async close(): Promise<void> {
    this.#admission.close();
    if (this.#ownsRouter) await this.#router?.close();
    else await this.closeSessions(CloseUri.systemShutdown);
    // It may have been closed before it was ready.
    await (await this.#client?.catch(() => undefined))?.close();
  }

  /**
   * Makes sure that no router serves the app yet.
   *
   * @internal
   * @throws {WampError} `invalid_argument` when one does.
   */
  checkFree(): void {
    if (this.#router === undefined) return;
    throw new WampError("invalid_argument", `Cannot serve the app of realm ${this.realm.name} twice: make another`);
  }

  /**
   * Serves the app's realm on a router that was made with it.
   *
   * @internal
   * @param router The router.
   */
  attach(router: Router): void {
    this.#router = router;
    this.#client = this.#join(router);
    this.#client.then(() => this.#ready.resolve(), (error) => this.#ready.reject(error));
    // Who wants to join is told.
    this.#ready.promise.catch(() => {});
  }

  async #join(router: Router): Promise<Client> {
    const client = await connect(router.local(OWN), { realm: this.realm.name, reconnect: false });
    client.on("error", (error) => this.#listeners.report(error));
    await client.register("", (args, kwargs, call) => this.#procedures.serve(args, kwargs, call), { match: "prefix" });
    return client;
  }

  #own(): Promise<Client> {
    if (this.#client !== undefined) return this.#client;
    throw new WampError("closed", "Cannot publish: nothing serves the app yet; take its router first");
  }

  #authorizer(): Authorizer {
    return {
      authorize: (info: SessionInfo, action: Action, uri: string, options: Dict) => {
        const session = this.#sessions.get(info.id);
        if (session === undefined) return { allow: true };
        if (action === "call") {
          return isReservedUri(uri)
            ? { allow: false, error: ErrorUri.noSuchProcedure, message: `there is no procedure "${uri}"` }
            : { allow: true, disclose: true };
        }
        if (action !== "subscribe") return refused;
        return this.#subscriptions.decide(session, uri, (options.match ?? "exact") as MatchPolicy);
      },
    };
  }

  #observer(): SessionObserver {
    const host = this.#sessionHost();
    const ended: WeakMap<SessionInfo, AppSession> = new WeakMap();
    const sessionOf = (info: SessionInfo) => this.#sessions.get(info.id) ?? ended.get(info);
    return {
      joined: (info) => {
        if (info.authmethod === "local" && info.authrole === OWN.authrole) return;
        const session = new AppSession(info, this.#admission.identityOf(info), host);
        this.#sessions.set(info.id, session);
        this.#listeners.tell("open", session);
      },
      subscribed: (info, topic, match) => {
        const session = sessionOf(info);
        if (session === undefined) return;
        if (match === "exact") this.#subscriptions.begun(session, topic);
        this.#listeners.tell("subscribe", topic, session, match);
      },
      unsubscribed: (info, topic, match) => {
        const session = sessionOf(info);
        if (session === undefined) return;
        if (match === "exact") this.#subscriptions.ended(session, topic);
        this.#listeners.tell("unsubscribe", topic, session, match);
      },
      left: (info, reason) => {
        const session = this.#sessions.get(info.id);
        if (session === undefined) return;
        session.ended();
        ended.set(info, session);
        this.#sessions.delete(info.id);
        // Its subscriptions end in this same turn, and are to be told of first.
        queueMicrotask(() => {
          this.#subscriptions.left(session);
          this.#listeners.tell("close", session, reason);
        });
      },
      loggedOut: () => {},
    };
  }

  #sessionHost(): AppSessionHost {
    return {
      send: async ({ id }, topic, args, kwargs) => {
        await (await this.#own()).publish(topic, args, kwargs, { eligible: [id], acknowledge: true });
      },
      close: async ({ id }, reason, message) => {
        const kwargs = { ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }) };
        await (await this.#own()).call("wamp.session.kill", [id], kwargs).catch((error) => {
          if (!WampError.is(error, "remote") || (error as RemoteError).uri !== ErrorUri.noSuchSession) throw error;
        });
      },
      abort: ({ id }, reason = CloseUri.killed, message = "") => {
        this.#router?.abort(this.realm.name, id, reason, message);
      },
    };
  }
}

/**
 * Makes a WAMP server.
 *
 * @param options Its realm, who may join, and what it is limited to.
 * @returns The app, without routes; it serves from when its `router` is taken.
 * @throws {WampError} `invalid_argument` when there is no such option, its value is wrong, or more than one authenticator challenges.
 */
export function createApp(options: AppOptions): App {
  return new App(options);
}

/**
 * Makes one router for several apps, each with a realm of its own.
 *
 * @param apps The apps.
 * @param options What the router is made with besides its realms.
 * @returns The router; closing it ends them all.
 * @throws {WampError} `invalid_argument` when one is none, two have the same realm, one is served already, or an option is wrong; then none is served.
 */
export function serveApps(
  apps: readonly App[],
  options: Omit<ConstructorParameters<typeof Router>[0], "realms"> = {},
): Router {
  checkOption("Cannot serve apps", "apps", apps, arrayOf("apps that createApp() made", (one) => one instanceof App));
  for (const app of apps) app.checkFree();
  const router = new Router({ ...options, realms: apps.map(({ realm }) => realm) });
  for (const app of apps) app.attach(router);
  return router;
}

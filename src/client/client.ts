import type { SerializerName } from "../codec/serializer.ts";
import { WampError } from "../wire/errors.ts";
import type { Args, Dict, WampValue } from "../wire/values.ts";
import { emptyDict } from "../wire/values.ts";
import { absolute, checkHandler, resolveUri, wireOptions } from "./arguments.ts";
import type { AbsoluteUri, SentArgs, SentKwargs, UriArgument } from "./arguments.ts";
import { atMost } from "./at_most.ts";
import type { CallOptions } from "./caller.ts";
import type { DurableSubscription } from "./durable.ts";
import { Durables } from "./durables.ts";
import { EventStream } from "./event_stream.ts";
import type { EventsOptions, EventSource } from "./event_stream.ts";
import type {
  ClientRegisterOptions,
  EventHandler,
  ProcedureHandler,
  Registration,
  SubscribeOptions,
  Subscription,
} from "./handles.ts";
import { Hooks } from "./hooks.ts";
import type { ClientEvent, ClientEvents } from "./hooks.ts";
import { Keeper } from "./keeper.ts";
import type { PublishOptions } from "./publisher.ts";
import { throughQueue } from "./queued.ts";
import type { CallResult } from "./result.ts";
import type { Session } from "./session.ts";
import type { LeaveInfo, WelcomeDetails } from "./session_info.ts";
import type { ClientSetup, ClientStatus } from "./setup.ts";
import { Unsent } from "./unsent.ts";

const DRAIN_TIMEOUT = 20_000;

/**
 * A WAMP client that outlives its connections.
 *
 * What is made on it, registrations and subscriptions, is restored after a reconnect with the original options, subscriptions first.
 */
export class Client {
  readonly #setup: ClientSetup;
  readonly #hooks = new Hooks();
  readonly #keeper: Keeper;
  readonly #durables: Durables;
  readonly #unsent: Unsent;
  readonly #streams = new Set<{ end(error: unknown): void }>();
  #status: ClientStatus = "idle";
  #session: Session | undefined;
  #opening: PromiseWithResolvers<void>[] = [];
  /** Whether the client is given up when its first session ends before it is ready. */
  #givesUp = false;
  #why: WampError = new WampError("not_connected", "The client has not been opened");
  #draining = false;

  /**
   * @internal
   * @param setup What {@linkcode createClient} puts together.
   */
  constructor(setup: ClientSetup) {
    const { clock, random } = setup.keeper;
    const report: Hooks["report"] = (error, context) => this.#hooks.report(error, context);
    this.#setup = setup;
    this.#durables = new Durables({ clock, random, report });
    this.#unsent = new Unsent({
      clock,
      offline: setup.offline,
      callTimeout: setup.callTimeout,
      status: () => this.#status,
      why: () => this.#why,
    });
    const session = {
      prefix: setup.prefix,
      callTimeout: setup.callTimeout,
      requestTimeout: setup.requestTimeout,
      strict: setup.strict,
      report,
      slow: (queuedBytes: number) => void this.#hooks.emit("slow", { queuedBytes }),
    };
    this.#keeper = new Keeper({ ...setup.keeper, session }, {
      trying: () => this.#status = "connecting",
      connected: (url) => void this.#hooks.emit("connect", { url }),
      challenged: (challenge) => void this.#hooks.emit("challenge", challenge),
      joined: (session) => void this.#joined(session),
      ended: (_, info, url) => this.#ended(info, url),
      failed: (error, retry) => {
        if (retry) this.#status = "waiting";
        this.#why = error;
        // An attempt on which nobody waits ends what ran: that is not to pass in silence.
        const unnoticed = !retry && this.#opening.length === 0 && error.code === "authentication_failed";
        this.#hooks.report(error, { during: unnoticed ? "session" : "connect", retried: retry });
      },
      stopped: (error) => this.#stopped(error),
    });
  }

  /** What the client is doing. */
  get status(): ClientStatus {
    return this.#status;
  }

  /** The current session; undefined while there is none. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** What the router said when the current session joined; undefined while there is none. */
  get details(): WelcomeDetails | undefined {
    return this.#session?.details;
  }

  /** Which serializer the current session speaks; undefined while there is none. */
  get serializer(): SerializerName | undefined {
    return this.#session?.serializer;
  }

  /** The realm. */
  get realm(): string {
    return this.#setup.keeper.realm;
  }

  /**
   * Opens the client; one that was opened already stays as it is, and a second call only waits until it is ready.
   *
   * @param options `retry`: whether to go on when the first round over all URLs fails (default false); the listeners of `error` learn of each failure.
   * Credentials that are refused five times in a row end it all the same, unless they come from a function.
   * @returns Resolves when a session is ready: restored, and every join listener finished.
   * @throws {ConnectError} When the first round fails and `retry` is not set; the client is closed then.
   * @throws {WampError} `closed` when the client is closed, before or meanwhile; `invalid_argument` when `retry` contradicts `reconnect: false`.
   */
  open(options: { readonly retry?: boolean | undefined } = {}): Promise<void> {
    if (options.retry && this.#setup.keeper.reconnect === false) {
      return Promise.reject(
        new WampError(
          "invalid_argument",
          "Cannot open a client with retry: true, it was made with reconnect: false; leave one of them out",
        ),
      );
    }
    if (this.#status === "ready") return Promise.resolve();
    if (this.#status === "closed") return Promise.reject(this.#closedError());
    const opening = Promise.withResolvers<void>();
    this.#opening.push(opening);
    if (this.#status === "idle") {
      this.#status = "connecting";
      this.#givesUp = !options.retry;
      this.#why = new WampError("not_connected", "There is no session yet: the client is connecting");
      this.#keeper.start(options.retry ?? false);
    }
    return opening.promise;
  }

  /**
   * Listens to what happens to the client.
   *
   * @param name The event.
   * @param listener Called each time; one for `join` may be asynchronous, and `ready` waits for it.
   * @returns Removes the listener.
   */
  on<Name extends ClientEvent>(name: Name, listener: ClientEvents[Name]): () => void {
    return this.#hooks.on(name, listener);
  }

  /**
   * Marks a URI as complete, so that the prefix is not added to it.
   *
   * @param uri The URI.
   * @returns What call, register, subscribe and publish take in place of the text.
   */
  absolute(uri: string): AbsoluteUri {
    return absolute(uri);
  }

  /**
   * Calls a procedure.
   *
   * @param uri The procedure.
   * @param args Positional arguments (default none).
   * @param kwargs Keyword arguments (default none).
   * @param options What can be said of the call.
   * @returns The first positional result; undefined if there is none.
   * @throws {RemoteError} What the callee or the router answered.
   * @throws {CallError} When no answer comes: `timeout`, `aborted`, `connection_lost`, `not_connected`, `closed`.
   * @throws {WampError} `invalid_argument` or `unserializable` when the call cannot be sent.
   */
  call<T = WampValue>(uri: UriArgument, args?: SentArgs, kwargs?: SentKwargs, options?: CallOptions): Promise<T> {
    return this.#session?.call<T>(uri, args, kwargs, options) ??
      this.#unsent.call(uri, options, (session) => session.call<T>(uri, args, kwargs, options));
  }

  /**
   * Calls a procedure, for the whole result.
   *
   * @param uri The procedure.
   * @param args Positional arguments (default none).
   * @param kwargs Keyword arguments (default none).
   * @param options What can be said of the call.
   * @returns Positional results, keyword results and details.
   * @throws {WampError} As {@linkcode call}.
   */
  callResult(uri: UriArgument, args?: SentArgs, kwargs?: SentKwargs, options?: CallOptions): Promise<CallResult> {
    return this.#session?.callResult(uri, args, kwargs, options) ??
      this.#unsent.call(uri, options, (session) => session.callResult(uri, args, kwargs, options));
  }

  /**
   * Publishes an event.
   *
   * @param uri The topic.
   * @param args Positional arguments (default none).
   * @param kwargs Keyword arguments (default none).
   * @param options What can be said of the publication.
   * @returns The publication's id if `acknowledge` is set; else undefined as soon as it is on its way.
   * @throws {RemoteError} When the router refuses and `acknowledge` is set.
   * @throws {WampError} When the event cannot be sent: `invalid_argument`, `unserializable`, `not_connected`.
   */
  publish(
    uri: UriArgument,
    args?: SentArgs,
    kwargs?: SentKwargs,
    options?: PublishOptions,
  ): Promise<number | undefined> {
    return this.#session?.publish(uri, args, kwargs, options) ??
      this.#unsent.publish(uri, (session) => session.publish(uri, args, kwargs, options));
  }

  /**
   * Serves a procedure, now and after every reconnect.
   *
   * Registering a (URI, match) that this client holds already replaces its handler.
   *
   * @param uri The procedure.
   * @param handler Serves it.
   * @param options What can be said of the registration.
   * @returns The registration, when a router has confirmed it; before the first session that is at the next join.
   * @throws {RemoteError} When the router refuses; it is not tried again then.
   * @throws {WampError} `invalid_argument`, `unserializable`, or `closed` when the client is closed first.
   */
  async register<A extends readonly unknown[] = Args, K extends object = Dict>(
    uri: UriArgument,
    handler: ProcedureHandler<A, K>,
    options?: ClientRegisterOptions,
  ): Promise<Registration> {
    const procedure = resolveUri(uri, this.#setup.prefix, "register", options?.match);
    const usage = { method: "register", uri: procedure };
    checkHandler(handler, usage);
    const { limited, rest } = throughQueue(handler as unknown as ProcedureHandler, options, this.#setup.queues, usage);
    wireOptions(rest, usage, ["queue"]);
    this.#checkOpen();
    return await this.#durables.register(procedure, limited, rest);
  }

  /**
   * Listens to a topic, now and after every reconnect.
   *
   * @param uri The topic.
   * @param handler Receives its events.
   * @param options What can be said of the subscription.
   * @returns The subscription, when a router has confirmed it; before the first session that is at the next join.
   * @throws {RemoteError} When the router refuses; it is not tried again then.
   * @throws {WampError} `invalid_argument`, `unserializable`, or `closed` when the client is closed first.
   */
  subscribe<A extends readonly unknown[] = Args, K extends object = Dict>(
    uri: UriArgument,
    handler: EventHandler<A, K>,
    options?: SubscribeOptions,
  ): Promise<Subscription> {
    return this.#subscribe(uri, handler as unknown as EventHandler, options);
  }

  async #subscribe(
    uri: UriArgument,
    handler: EventHandler,
    options: SubscribeOptions | undefined,
  ): Promise<DurableSubscription> {
    const topic = resolveUri(uri, this.#setup.prefix, "subscribe", options?.match);
    const usage = { method: "subscribe", uri: topic };
    checkHandler(handler, usage);
    wireOptions(options, usage);
    this.#checkOpen();
    return await this.#durables.subscribe(topic, handler, options ?? emptyDict);
  }

  /**
   * Listens to a topic with a loop; it goes on over reconnects, and leaving the loop unsubscribes.
   *
   * @param uri The topic.
   * @param options The buffer, and what can be said of the subscription.
   * @returns The events; their subscription is under way at once.
   */
  events<A extends readonly unknown[] = Args, K extends object = Dict>(
    uri: UriArgument,
    options: EventsOptions = {},
  ): EventStream<A, K> {
    const { buffer: _buffer, overflow: _overflow, ...subscription } = options;
    const subscribe: EventSource["subscribe"] = async (receive, revoked) => {
      const durable = await this.#subscribe(uri, (_args, _kwargs, event) => receive(event), subscription);
      durable.revoked.listener = revoked;
      return durable;
    };
    const stream = new EventStream<A, K>({ subscribe }, options, () => this.#streams.delete(stream));
    this.#streams.add(stream);
    return stream;
  }

  /**
   * Closes the client at once: GOODBYE, then the connection. Running calls are refused with `closed`; harmless when closed already.
   *
   * @param reason The reason as a URI (default `wamp.close.close_realm`).
   * @param message What to say of it.
   * @returns Resolves when the router has answered, or after 5 seconds without.
   */
  async close(reason?: string, message?: string): Promise<void> {
    const session = this.#session;
    this.#stopped(new WampError("closed", "The client was closed"));
    this.#keeper.stop();
    await session?.leave(reason, message);
  }

  /**
   * Closes the client in peace: ends what was registered and subscribed, lets handlers finish and calls be answered, says GOODBYE and closes.
   *
   * What runs may still call and publish; a session that is lost meanwhile does not come back.
   *
   * @param options `timeout`: for how many milliseconds to wait for what runs, 0 for any time (default 20 000).
   * @returns Resolves when the client is closed.
   */
  async drain(options: { readonly timeout?: number | undefined } = {}): Promise<void> {
    const { timeout = DRAIN_TIMEOUT } = options;
    this.#draining = true;
    const session = this.#session;
    if (session !== undefined) await atMost(this.#setup.keeper.clock, timeout, this.#finish(session));
    await this.close();
  }

  async #finish(session: Session): Promise<void> {
    for (const stream of [...this.#streams]) stream.end(undefined);
    await Promise.all([this.#durables.releaseAll(), session.retire()]);
    await session.idle();
  }

  /** Closes the client. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #joined(session: Session): Promise<void> {
    this.#session = session;
    this.#status = "joined";
    const restored = this.#durables.restore(session);
    this.#unsent.flush(session);
    const run = this.#durables.runBegan();
    const listened = this.#hooks.emit("join", session, session.details).then(() => this.#durables.runEnded(run));
    await Promise.all([restored, listened]);
    if (this.#session !== session || !session.open) return;
    this.#status = "ready";
    this.#givesUp = false;
    for (const { resolve } of this.#opening.splice(0)) resolve();
    await this.#hooks.emit("ready", session);
  }

  #ended(info: LeaveInfo, url: string): void {
    this.#session = undefined;
    this.#durables.sessionEnded();
    if (this.#status !== "closed") {
      this.#status = "waiting";
      this.#why = new WampError("not_connected", `There is no session: the last one ended (${info.cause})`);
      if (this.#givesUp) {
        this.#keeper.stop();
        this.#stopped(
          new WampError("connection_lost", `The session ended before it was ready (${info.cause} ${info.reason})`),
        );
      }
    }
    void this.#hooks.emit("leave", info);
    void this.#hooks.emit("disconnect", { url });
  }

  #stopped(error: WampError): void {
    if (this.#status === "closed") return;
    this.#status = "closed";
    this.#why = error;
    const closed = this.#closedError();
    this.#durables.close(closed);
    this.#unsent.refuse(closed);
    for (const stream of [...this.#streams]) stream.end(error.code === "closed" ? undefined : closed);
    for (const { reject } of this.#opening.splice(0)) reject(error);
  }

  #checkOpen(): void {
    if (this.#status === "closed") throw this.#closedError();
    if (this.#draining) throw new WampError("closed", "The client is being drained: it takes no more work");
  }

  #closedError(): WampError {
    const { code, message } = this.#why;
    return new WampError(code === "credential_spent" ? code : "closed", `The client is closed: ${message}`, {
      cause: this.#why,
    });
  }
}

import type { Args, Dict, SentArgs, SentKwargs, WampValue } from "../wire/values.ts";
import { absolute, checkHandler, resolveUri, wireOptions } from "./arguments.ts";
import type { AbsoluteUri, UriArgument } from "./arguments.ts";
import type { SentParts } from "./call_input.ts";
import { CallStream } from "./call_stream.ts";
import type { StreamOptions } from "./call_stream.ts";
import type { CallOptions } from "./call_terms.ts";
import type { DurableSubscription } from "./durable.ts";
import { EventStream } from "./event_stream.ts";
import type { EventsOptions, EventSource } from "./event_stream.ts";
import { orGivenUp } from "./given_up.ts";
import type {
  ClientRegisterOptions,
  EventHandler,
  ProcedureHandler,
  Registration,
  SubscribeOptions,
  Subscription,
} from "./handles.ts";
import type { Life } from "./life.ts";
import type { PublishOptions } from "./publisher.ts";
import type { CallResult } from "./result.ts";
import { serving, SERVING_OPTIONS } from "./serving.ts";
import { asMethods } from "./rpc.ts";
import type { Rpc } from "./rpc.ts";

/** What a client does in the four roles: it calls, serves, publishes and listens. */
export abstract class ClientRoles {
  readonly #life: Life;

  /**
   * @internal
   * @param life The sessions on which it is done.
   */
  constructor(life: Life) {
    this.#life = life;
  }

  /** This client, without the interface that it was made with: for other URIs, and for what takes any client. */
  get untyped(): this {
    return this;
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
    return this.#life.session?.call<T>(uri, args, kwargs, options) ??
      this.#callLater(uri, args, kwargs, options, false) as Promise<T>;
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
    return this.#life.session?.callResult(uri, args, kwargs, options) ??
      this.#callLater(uri, args, kwargs, options, true) as Promise<unknown> as Promise<CallResult>;
  }

  #callLater(
    uri: UriArgument,
    args: SentArgs | undefined,
    kwargs: SentKwargs | undefined,
    options: CallOptions | undefined,
    whole: boolean,
  ): Promise<WampValue | CallResult> {
    return this.#life.unsent.call(
      uri,
      options,
      (session, _, left) => session.caller.call(uri, args, kwargs, left, whole),
    );
  }

  /**
   * Calls a procedure whose results, or whose arguments, come step by step; leaving the loop cancels the call.
   *
   * @param uri The procedure.
   * @param args Positional arguments (default none), or parts that are sent as they come.
   * @param kwargs Keyword arguments (default none); of parts, those that go along with the first.
   * @param options What can be said of the call.
   * @returns The interim results; `result` is the last one.
   * @throws {WampError} `invalid_argument` when `buffer` or `overflow` is wrong; whatever else is wrong rejects `result`.
   *
   * @example
   * ```ts
   * import { connect } from "@izaber/wamp";
   * import { openRealm, Router } from "@izaber/wamp/router";
   *
   * const router = new Router({ realms: [openRealm("realm1")] });
   * await using wamp = await connect(router.local(), { realm: "realm1" });
   * await wamp.register("com.example.sums", async function* (_args, _kwargs, call) {
   *   let sum = 0;
   *   for await (const { args } of call.input) yield sum += Number(args[0]);
   *   return "done";
   * });
   * async function* numbers() {
   *   yield [1];
   *   yield [2];
   * }
   * const sums = wamp.stream("com.example.sums", numbers()); // or a list of arguments, as of any call
   * const got: unknown[] = [];
   * for await (const { args } of sums) got.push(args[0]);
   * if (got.join() !== "1,3" || (await sums.result).args[0] !== "done") throw new Error("unexpected");
   * ```
   *
   * @see WAMP advanced profile, "Progressive Call Results", "Progressive Call Invocations"
   */
  stream(uri: UriArgument, args?: SentArgs | SentParts, kwargs?: SentKwargs, options?: StreamOptions): CallStream {
    return new CallStream(
      uri,
      options,
      (options, progress) =>
        this.#life.session?.streamed(uri, args, kwargs, options, progress) ??
          this.#life.unsent.call(
            uri,
            options,
            (session, all = {}) => session.caller.stream(uri, args, kwargs, all, progress),
          ),
    );
  }

  /** Procedures as methods: `rpc.example.add(1, 2)` calls `example.add`, `kwargs({...})` as the last argument are keyword arguments. */
  get rpc(): Rpc {
    return asMethods((uri, args, kwargs) => this.call(uri, args, kwargs));
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
   * @throws {WampError} When the event cannot be sent: `invalid_argument`, `unserializable`, `not_connected`; `aborted` when its signal is before it was
   * acknowledged.
   */
  publish(
    uri: UriArgument,
    args?: SentArgs,
    kwargs?: SentKwargs,
    options?: PublishOptions,
  ): Promise<number | undefined> {
    return this.#life.session?.publish(uri, args, kwargs, options) ??
      this.#life.unsent.publish(uri, options, (session, all) => session.publisher.publish(uri, args, kwargs, all));
  }

  /**
   * Serves a procedure, now and after every reconnect.
   *
   * Registering a (URI, match) that this client holds already replaces its handler, and gives the same registration: whoever ends it ends it for all.
   *
   * @param uri The procedure.
   * @param handler Serves it.
   * @param options What can be said of the registration.
   * @returns The registration, when a router has confirmed it; before the first session that is at the next join.
   * @throws {RemoteError} When the router refuses; it is not tried again then.
   * @throws {WampError} `invalid_argument`, `unserializable`, `aborted` when its signal is first, or `closed` when the client is closed or the registration
   * ended first.
   */
  register<A extends readonly unknown[] = Args, K extends object = Dict>(
    uri: UriArgument,
    handler: ProcedureHandler<A, K>,
    options?: ClientRegisterOptions<A, K>,
  ): Promise<Registration> {
    return orGivenUp(
      this.#register(
        uri,
        handler as unknown as ProcedureHandler,
        options as unknown as ClientRegisterOptions | undefined,
      ),
    );
  }

  async #register(
    uri: UriArgument,
    handler: ProcedureHandler,
    options: ClientRegisterOptions | undefined,
  ): Promise<Registration> {
    const procedure = resolveUri(uri, this.#life.setup.prefix, "register", options?.match);
    const usage = { method: "register", uri: procedure };
    checkHandler(handler, usage);
    const { queues } = this.#life.setup;
    const { serve, rest } = serving(handler, options, queues, usage);
    const wire = wireOptions(rest, usage, SERVING_OPTIONS);
    this.#life.checkOpen();
    return await this.#life.durables.register(usage, serve, wire, options?.signal);
  }

  /**
   * Listens to a topic, now and after every reconnect.
   *
   * What a join listener subscribes to takes the place of what it subscribed to in the session before by the same code: to the same topic, with the same
   * options.
   *
   * @param uri The topic.
   * @param handler Receives its events.
   * @param options What can be said of the subscription.
   * @returns The subscription, when a router has confirmed it; before the first session that is at the next join.
   * @throws {RemoteError} When the router refuses; it is not tried again then.
   * @throws {WampError} `invalid_argument`, `unserializable`, `aborted` when its signal is first, or `closed` when the client is closed first.
   */
  subscribe<A extends readonly unknown[] = Args, K extends object = Dict>(
    uri: UriArgument,
    handler: EventHandler<A, K>,
    options?: SubscribeOptions,
  ): Promise<Subscription> {
    return orGivenUp(this.#subscribe(uri, handler as unknown as EventHandler, options, true));
  }

  async #subscribe(
    uri: UriArgument,
    handler: EventHandler,
    options: SubscribeOptions | undefined,
    replaceable: boolean,
  ): Promise<DurableSubscription> {
    const topic = resolveUri(uri, this.#life.setup.prefix, "subscribe", options?.match);
    const usage = { method: "subscribe", uri: topic };
    checkHandler(handler, usage);
    const wire = wireOptions(options, usage);
    this.#life.checkOpen();
    // A copy, since it is sent again after every reconnect.
    return await this.#life.durables.subscribe(usage, handler, { ...wire }, options?.signal, replaceable);
  }

  /**
   * Listens to a topic with a loop; it goes on over reconnects, and leaving the loop unsubscribes. Nothing takes its place: a join listener that begins one
   * has another one for each session.
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
    const subscribe: EventSource["subscribe"] = async (receive, revoked, signal) => {
      const all = { ...subscription, signal };
      const durable = await this.#subscribe(uri, (_args, _kwargs, event) => receive(event), all, false);
      durable.revoked.listener = revoked;
      return durable;
    };
    const stream = new EventStream<A, K>(
      { topic: String(uri), subscribe },
      options,
      () => this.#life.streams.delete(stream),
    );
    this.#life.streams.add(stream);
    return stream;
  }
}

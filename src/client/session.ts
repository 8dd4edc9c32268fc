import type { Head } from "../codec/head.ts";
import type { SerializerName } from "../codec/serializer.ts";
import type { ConnectionHandler } from "../transport/connection.ts";
import type { CloseInfo } from "../transport/transport.ts";
import type { Timer } from "../wire/clock.ts";
import * as CloseUri from "../wire/close_uri.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { ProtocolViolation, WampError } from "../wire/errors.ts";
import type { Roles } from "../wire/features.ts";
import { messageName, MessageType } from "../wire/message_type.ts";
import type { Args, Dict, SentArgs, SentKwargs, WampValue } from "../wire/values.ts";
import { emptyDict } from "../wire/values.ts";
import { checkGoodbye } from "./arguments.ts";
import type { UriArgument } from "./arguments.ts";
import type { SentParts } from "./call_input.ts";
import { CallStream } from "./call_stream.ts";
import type { StreamOptions } from "./call_stream.ts";
import { Callee } from "./callee.ts";
import { Caller } from "./caller.ts";
import type { CallOptions } from "./call_terms.ts";
import { SessionCore } from "./core.ts";
import type { EventHandler, ProcedureHandler, RegisterOptions, SubscribeOptions } from "./handles.ts";
import { Publisher } from "./publisher.ts";
import type { PublishOptions } from "./publisher.ts";
import type { CallResult } from "./result.ts";
import { asMethods } from "./rpc.ts";
import type { Rpc } from "./rpc.ts";
import { Subscriber } from "./subscriber.ts";
import { sent } from "./tracing.ts";
import type { SessionRegistration } from "./callee.ts";
import type { LeaveInfo, SessionOptions, WelcomeDetails } from "./session_info.ts";
import type { SessionSubscription } from "./subscriber.ts";

const LEAVE_TIMEOUT = 5_000;
/** The close code of a WebSocket on which a message was larger than the other side takes. */
const TOO_LARGE = 1009;
const TOO_LARGE_TEXT =
  "a message is larger than the router takes; send less, or raise its maxMessageSize, max_message_size of nexus serve";

/**
 * One session: from WELCOME to GOODBYE, in the four roles of a client.
 *
 * What is made on it dies with it. A {@linkcode Client} owns sessions over time and restores what was made on the client.
 *
 * @see WAMP basic profile, "Sessions"
 */
export class Session implements ConnectionHandler {
  /** The session's id. */
  readonly id: number;
  /** The realm. */
  readonly realm: string;
  /** What the router said when the session joined. */
  readonly details: WelcomeDetails;

  readonly #options: SessionOptions;
  readonly #core: SessionCore;
  /** @ignore Calls without tracing it. */
  readonly caller: Caller;
  /** @ignore Publishes without tracing it. */
  readonly publisher: Publisher;
  readonly #callee: Callee;
  readonly #subscriber: Subscriber;
  #leaving: { readonly done: () => void; readonly timer: Timer; readonly keeps: boolean } | undefined;
  #left: Promise<void> | undefined;

  /**
   * @internal
   * @param welcome The WELCOME that opened it.
   * @param options What it was opened with.
   */
  constructor(welcome: Head, options: SessionOptions) {
    this.id = welcome.firstId;
    this.realm = options.realm;
    this.details = welcome.options as WelcomeDetails;
    this.#options = options;
    this.#core = new SessionCore({ ...options, routerRoles: (this.details.roles ?? emptyDict) as Roles });
    this.caller = new Caller(this.#core);
    this.#callee = new Callee(this.#core, this);
    this.#subscriber = new Subscriber(this.#core);
    this.publisher = new Publisher(this.#core);
    options.connection.start(this);
  }

  /** Whether requests can be sent. */
  get open(): boolean {
    return this.#core.over === undefined;
  }

  /** Which serializer the session speaks. */
  get serializer(): SerializerName {
    return this.#core.connection.serializer.name;
  }

  /** How much waits: calls, other requests, running invocations. */
  get pending(): { readonly calls: number; readonly requests: number; readonly invocations: number } {
    return { calls: this.caller.pending, requests: this.#core.pending, invocations: this.#callee.running };
  }

  /**
   * Tells whether the router announced a feature.
   *
   * @param role The router's role.
   * @param feature The feature, such as `"call_canceling"`.
   * @returns Whether it did.
   */
  hasFeature(role: "broker" | "dealer", feature: string): boolean {
    return this.#core.has(role, feature);
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
   * @throws {CallError} When no answer comes: `timeout`, `aborted`, `connection_lost`, `closed`.
   * @throws {WampError} `invalid_argument` or `unserializable` when the call cannot be sent.
   */
  call<T = WampValue>(uri: UriArgument, args?: SentArgs, kwargs?: SentKwargs, options?: CallOptions): Promise<T> {
    return sent(
      this.#options,
      "call",
      uri,
      options,
      (all) => this.caller.call(uri, args, kwargs, all, false),
    ) as Promise<T>;
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
    return sent(
      this.#options,
      "call",
      uri,
      options,
      (all) => this.caller.call(uri, args, kwargs, all, true) as Promise<unknown> as Promise<CallResult>,
    );
  }

  /**
   * Calls a procedure whose results, or whose arguments, come step by step.
   *
   * @param uri The procedure.
   * @param args Positional arguments (default none), or parts that are sent as they come.
   * @param kwargs Keyword arguments (default none); of parts, those that go along with the first.
   * @param options What can be said of the call.
   * @returns The interim results; `result` is the last one.
   * @throws {WampError} `invalid_argument` when `buffer` or `overflow` is wrong; whatever else is wrong rejects `result`.
   */
  stream(uri: UriArgument, args?: SentArgs | SentParts, kwargs?: SentKwargs, options?: StreamOptions): CallStream {
    return new CallStream(uri, options, (options, progress) => this.streamed(uri, args, kwargs, options, progress));
  }

  /** @ignore The call of a stream. */
  streamed(
    uri: UriArgument,
    args: SentArgs | SentParts | undefined,
    kwargs: SentKwargs | undefined,
    options: CallOptions,
    progress: (step: CallResult) => void,
  ): Promise<CallResult> {
    return sent(this.#options, "call", uri, options, (all) => this.caller.stream(uri, args, kwargs, all, progress));
  }

  /**
   * Serves a procedure for as long as the session lasts.
   *
   * @param uri The procedure.
   * @param handler Serves it.
   * @param options What can be said of the registration.
   * @returns The registration.
   * @throws {RemoteError} When the router refuses.
   * @throws {WampError} When the request cannot be sent, or the session ends or its signal is aborted first.
   */
  register<A extends readonly unknown[] = Args, K extends object = Dict>(
    uri: UriArgument,
    handler: ProcedureHandler<A, K>,
    options?: RegisterOptions,
  ): Promise<SessionRegistration> {
    return this.#callee.register(uri, handler as unknown as ProcedureHandler, options);
  }

  /**
   * Listens to a topic for as long as the session lasts.
   *
   * @param uri The topic.
   * @param handler Receives its events.
   * @param options What can be said of the subscription.
   * @returns The subscription.
   * @throws {RemoteError} When the router refuses.
   * @throws {WampError} When the request cannot be sent, or the session ends or its signal is aborted first.
   */
  subscribe<A extends readonly unknown[] = Args, K extends object = Dict>(
    uri: UriArgument,
    handler: EventHandler<A, K>,
    options?: SubscribeOptions,
  ): Promise<SessionSubscription> {
    return this.#subscriber.subscribe(uri, handler as unknown as EventHandler, options);
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
   * @throws {WampError} When the event cannot be sent, or the session ends or its signal is aborted before it is acknowledged.
   */
  publish(
    uri: UriArgument,
    args?: SentArgs,
    kwargs?: SentKwargs,
    options?: PublishOptions,
  ): Promise<number | undefined> {
    return sent(this.#options, "publish", uri, options, (all) => this.publisher.publish(uri, args, kwargs, all));
  }

  /** Ends every registration and subscription; resolves when the router has answered, whatever it says. */
  async retire(): Promise<void> {
    await Promise.all([this.#callee.unregisterAll(), this.#subscriber.unsubscribeAll()]);
  }

  /** Resolves when no handler runs, and no call or other request waits for an answer; or when the session is over. */
  async idle(): Promise<void> {
    while (this.open && this.#busy) {
      await Promise.all([this.#callee.idle(), this.#subscriber.idle(), this.caller.idle(), this.#core.idle()]);
    }
  }

  get #busy(): boolean {
    return this.#callee.running + this.#subscriber.running + this.caller.pending + this.#core.pending > 0;
  }

  /**
   * Leaves the realm and closes the connection.
   *
   * @param reason The reason as a URI (default `wamp.close.close_realm`).
   * @param message What to say of it.
   * @returns Resolves when the router has answered, or after 5 seconds without; a second call waits for the same.
   * @throws {WampError} `invalid_argument` when one of them is no text; nothing has changed then.
   */
  leave(reason?: string, message?: string): Promise<void> {
    return this.#leave(reason, message, false);
  }

  /**
   * @ignore Leaves the realm and keeps the connection for another session; closes it all the same when an answer may still come, since the other's
   * requests have the same ids.
   */
  leaveRealm(reason?: string, message?: string): Promise<void> {
    return this.#leave(reason, message, !this.#core.unanswered && !this.caller.unanswered);
  }

  #leave(reason: string = CloseUri.closeRealm, message: string | undefined, keeps: boolean): Promise<void> {
    if (!this.open) return this.#left ?? Promise.resolve();
    try {
      checkGoodbye(reason, message);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#left = new Promise((resolve) => {
      const { clock } = this.#core;
      this.#core.send([MessageType.GOODBYE, message === undefined ? emptyDict : { message }, reason]);
      this.#leaving = {
        keeps,
        timer: clock.timer(LEAVE_TIMEOUT, () => this.drop()),
        done: () => {
          resolve();
          this.#tell("closed", reason, message ?? "");
        },
      };
      this.#end(new WampError("closed", "The session was closed"));
    });
  }

  /** @ignore Waits no longer for an answer to GOODBYE. */
  drop(): void {
    if (this.#leaving === undefined) return;
    const { connection } = this.#core;
    // Closed first, for GOODBYE may still wait for the end of the turn.
    connection.close();
    connection.terminate();
    this.#hasLeft();
  }

  /** @ignore A message came. */
  message(head: Head): void {
    if (this.#leaving !== undefined) {
      if (head.type === MessageType.GOODBYE || head.type === MessageType.ABORT) {
        if (!this.#leaving.keeps || head.type === MessageType.ABORT) this.#core.connection.close();
        this.#hasLeft();
      }
      return;
    }
    if (!this.open) return;
    try {
      this.#dispatch(head);
    } catch (error) {
      // Details that do not decode: nothing that the session stands on.
      this.#core.report(error, { during: "session" });
    }
  }

  #dispatch(head: Head): void {
    switch (head.type) {
      case MessageType.RESULT:
        return this.caller.result(head);
      case MessageType.EVENT:
        return this.#subscriber.event(head);
      case MessageType.INVOCATION:
        return this.#callee.invoked(head);
      case MessageType.INTERRUPT:
        return this.#callee.interrupted(head);
      case MessageType.ERROR:
        return head.requestType === MessageType.CALL ? this.caller.failed(head) : this.#core.failed(head);
      case MessageType.UNREGISTERED:
        return head.firstId === 0 ? this.#callee.revoked(head) : this.#core.answered(head);
      case MessageType.UNSUBSCRIBED:
        return head.firstId === 0 ? this.#subscriber.revoked(head) : this.#core.answered(head);
      case MessageType.PUBLISHED:
      case MessageType.REGISTERED:
      case MessageType.SUBSCRIBED:
        return this.#core.answered(head);
      case MessageType.GOODBYE:
        this.#core.send([MessageType.GOODBYE, emptyDict, CloseUri.goodbyeAndOut]);
        return this.#endedByRouter("goodbye", "ended the session", head);
      case MessageType.ABORT:
        return this.#endedByRouter("aborted", "broke the session off", head);
      default:
        return this.#unexpected(head);
    }
  }

  #endedByRouter(cause: "goodbye" | "aborted", what: string, { uri, options }: Head): void {
    const message = textOf(options.message);
    this.#end(new WampError("connection_lost", `The router ${what} with ${uri}${inBrackets(message)}`));
    this.#core.connection.close();
    this.#tell(cause, uri, message);
  }

  #unexpected(head: Head): void {
    // Nexus answers a stray AUTHENTICATE with the WELCOME of the session once more.
    if (head.type === MessageType.WELCOME && head.firstId === this.id) return;
    if (this.#options.strict || head.type === MessageType.WELCOME) {
      this.violation(new ProtocolViolation(`The router sent ${messageName(head.type)} in an open session`));
    }
  }

  /** @ignore Something came that is not WAMP. */
  violation(error: ProtocolViolation): void {
    if (this.#leaving !== undefined) return this.drop();
    if (!this.open) return;
    const { message } = error;
    this.#core.send([MessageType.ABORT, { message }, ErrorUri.protocolViolation]);
    this.#end(error);
    this.#core.connection.close(1002, "protocol violation");
    this.#tell("violation", ErrorUri.protocolViolation, message);
  }

  /** @ignore The connection takes more. */
  drained(): void {
    this.#core.drained();
  }

  /** @ignore The connection is gone. */
  closed(info: CloseInfo): void {
    if (this.#leaving !== undefined) return this.#hasLeft();
    if (!this.open) return;
    const code = info.code === undefined ? "" : ` with code ${info.code}`;
    const message = info.code === TOO_LARGE ? TOO_LARGE_TEXT + inBrackets(info.reason) : info.reason;
    this.#end(new WampError("connection_lost", `The connection was lost${code}${inBrackets(message)}`));
    this.#tell("lost", "", message);
  }

  #hasLeft(): void {
    const leaving = this.#leaving;
    this.#leaving = undefined;
    leaving?.timer.cancel();
    leaving?.done();
  }

  #tell(cause: LeaveInfo["cause"], reason: string, message: string): void {
    this.#options.ended(this, { session: this.id, cause, reason, message });
  }

  #end(error: WampError): void {
    this.#core.end(error);
    this.caller.end(error);
    this.#callee.end(error);
    this.#subscriber.end();
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function inBrackets(text: string): string {
  return text === "" ? "" : ` (${text})`;
}

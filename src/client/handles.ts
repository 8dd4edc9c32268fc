import type { Args, Dict, WampValue } from "../wire/values.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import type { Invocation } from "./invocation.ts";
import type { InvocationQueue } from "./invocation_queue.ts";
import type { StandardSchema } from "./standard_schema.ts";
import type { TopicEvent } from "./topic_event.ts";

/**
 * Serves a procedure.
 *
 * What it returns, or what the promise that it returns resolves to, is the result: one value, nothing when undefined, `new Result(args, kwargs)`
 * for more. What an async generator yields is progress, what it returns the result. What it throws becomes the ERROR: a `RemoteError` as it is, any
 * other error as `wamp.error.runtime_error`.
 *
 * A handler may say what it takes, `([a, b]: [number, number]) => a + b`; nothing checks that callers hold to it.
 */
export type ProcedureHandler<A extends readonly unknown[] = Args, K extends object = Dict> = {
  /** @ignore A method, so that a variable of this type takes handlers that say more of their arguments. */
  serve(args: A, kwargs: K, call: Invocation): unknown;
}["serve"];

/**
 * Receives the events of a subscription, in the order in which they come; a promise that it returns is not waited for.
 *
 * A handler may say what it takes; nothing checks that publishers hold to it.
 */
export type EventHandler<A extends readonly unknown[] = Args, K extends object = Dict> = {
  /** @ignore A method, so that a variable of this type takes handlers that say more of their arguments. */
  receive(args: A, kwargs: K, event: TopicEvent<A, K>): unknown;
}["receive"];

/** How several callees share a procedure. */
export type InvokePolicy = "single" | "roundrobin" | "random" | "first" | "last";

/** What can be said of a registration. */
export interface RegisterOptions {
  /** How the URI matches (default `"exact"`). */
  readonly match?: MatchPolicy | undefined;
  /** How several callees share it (default `"single"`: there is one). */
  readonly invoke?: InvokePolicy | undefined;
  /** How many invocations the router may have running here at once. */
  readonly concurrency?: number | undefined;
  /** Whether to take the procedure from whoever has it. */
  readonly force_reregister?: boolean | undefined;
  /** Whether callers have to disclose themselves. */
  readonly disclose_caller?: boolean | undefined;
  /**
   * Gives it up when it is aborted before a router has accepted it: the promise rejects with a `WampError` with code `aborted`, whose cause is the signal's
   * reason, and what the router grants after all is given back. Later it does nothing.
   */
  readonly signal?: AbortSignal | undefined;
  /** Options of a router's own. */
  readonly [custom: `_${string}`]: WampValue;
}

/** What a procedure takes and gives, as JSON Schemas. */
export interface ProcedureDocument {
  /** The list of positional arguments. */
  readonly args?: Dict | undefined;
  /** The keyword arguments. */
  readonly kwargs?: Dict | undefined;
  /** The first positional result. */
  readonly result?: Dict | undefined;
}

/** What can be said of a registration that is made on a client. */
export interface ClientRegisterOptions<A extends readonly unknown[] = Args, K extends object = Dict>
  extends RegisterOptions {
  /** Checks the list of positional arguments, of which the handler gets what comes out (default: anything goes). */
  readonly args?: StandardSchema<unknown, A> | undefined;
  /** Checks the keyword arguments, likewise (default: anything goes). */
  readonly kwargs?: StandardSchema<unknown, K> | undefined;
  /** Checks what the handler returns; of a `Result`, `{ args, kwargs }` (default: anything goes). */
  readonly result?: StandardSchema<unknown, unknown> | undefined;
  /** What the router may tell others of the procedure, as `_document` of `wamp.registration.get` (default nothing). */
  readonly document?: ProcedureDocument | undefined;
  /** Through which queue calls go: the queue, or its name among the `queues` that the client was made with (default none). */
  readonly queue?: string | InvocationQueue | undefined;
}

/** What can be said of a subscription. */
export interface SubscribeOptions {
  /** How the URI matches (default `"exact"`). */
  readonly match?: MatchPolicy | undefined;
  /** Whether to get the event that the router keeps for the topic, once in each session; who did not ask for it does not get it (default false). */
  readonly get_retained?: boolean | undefined;
  /**
   * Gives it up when it is aborted before a router has accepted it: the promise rejects with a `WampError` with code `aborted`, whose cause is the signal's
   * reason, and what the router grants after all is given back. Later it does nothing.
   */
  readonly signal?: AbortSignal | undefined;
  /** Options of a router's own. */
  readonly [custom: `_${string}`]: WampValue;
}

/** A procedure that is served. */
export interface Registration extends AsyncDisposable {
  /** The URI, complete. */
  readonly procedure: string;
  /** How it matches. */
  readonly match: MatchPolicy;
  /** The router's id for it; undefined while there is none. */
  readonly id: number | undefined;
  /** Whether calls reach it now. */
  readonly active: boolean;

  /**
   * Ends it. No call is taken from here on; those that run go on.
   *
   * @returns Resolves when the router has confirmed, and also when it need not.
   * @throws {RemoteError} When the router refuses; no call is taken all the same.
   */
  unregister(): Promise<void>;
}

/** A topic that is listened to. */
export interface Subscription extends AsyncDisposable {
  /** The URI, complete. */
  readonly topic: string;
  /** How it matches. */
  readonly match: MatchPolicy;
  /** The router's id for it; undefined while there is none. */
  readonly id: number | undefined;
  /** Whether events reach it now. */
  readonly active: boolean;

  /**
   * Ends it. No event is delivered from here on.
   *
   * @returns Resolves when the router has confirmed, and also when it need not.
   * @throws {RemoteError} When the router refuses; no event is delivered all the same.
   */
  unsubscribe(): Promise<void>;
}

import type { Args } from "../wire/values.ts";
import type { CallStream, StreamOptions } from "./call_stream.ts";
import type { CallOptions } from "./call_terms.ts";
import type { Client } from "./client.ts";
import type { EventsOptions, EventStream } from "./event_stream.ts";
import type { ClientRegisterOptions, EventHandler, Registration, SubscribeOptions, Subscription } from "./handles.ts";
import type { Invocation } from "./invocation.ts";
import type { ClientOptions } from "./options.ts";
import type { PublishOptions } from "./publisher.ts";
import type { CallResult, Result } from "./result.ts";
import type { Kwargs } from "./rpc.ts";

/**
 * What an interface for {@linkcode connect} and {@linkcode createClient} says: procedures and topics by their URIs, relative to the client's prefix.
 *
 * Of a procedure it says `args`, `kwargs`, `result` (its first positional result) and `progress` (positional interim results), of a topic `args` and
 * `kwargs`; what it does not name is empty. It is for the compiler only: nothing is checked when the program runs.
 */
export interface Api {
  /** Procedures by their URIs. */
  readonly procedures?: object;
  /** Topics by their URIs. */
  readonly topics?: object;
}

/** What an interface says of procedures. */
type ProceduresOf<A> = A extends { readonly procedures: infer P } ? P : Record<never, never>;
/** What an interface says of topics. */
type TopicsOf<A> = A extends { readonly topics: infer T } ? T : Record<never, never>;
/** The URIs of what an interface names. */
type UriIn<Named> = keyof Named & string;
/** The positional arguments of a procedure or a topic. */
type ArgsOf<S> = S extends { readonly args: infer A extends readonly unknown[] } ? A : [];
/** The keyword arguments of a procedure or a topic. */
type KwargsOf<S> = S extends { readonly kwargs: infer K extends object } ? K : Record<never, never>;
/** The same as they are sent: a `{}` would take anything, options in the place of keyword arguments, too. */
type SentKwargsOf<S> = S extends { readonly kwargs: infer K extends object } ? K : { readonly [name: string]: never };
/** The first positional result of a procedure. */
type ResultOf<S> = S extends { readonly result: infer R } ? R : undefined;
/** The positional interim results of a procedure. */
type ProgressOf<S> = S extends { readonly progress: infer P extends readonly unknown[] } ? P : Args;
/** The whole result of a procedure. */
type WholeResult<S> = readonly [ResultOf<S>, ...Args];

/** What is sent: positional and keyword arguments, left out where they may be, and options. */
type Sent<S, Positional, Options> = Record<never, never> extends KwargsOf<S>
  ? [] extends ArgsOf<S> ? [args?: Positional, kwargs?: SentKwargsOf<S>, options?: Options]
  : [args: Positional, kwargs?: SentKwargsOf<S>, options?: Options]
  : [args: Positional, kwargs: SentKwargsOf<S>, options?: Options];

/** Positional arguments, or parts that come one after another. */
type Streamed<S> = Readonly<ArgsOf<S>> | AsyncIterable<Part<S>, Part<S> | void | undefined>;
type Part<S> = Readonly<ArgsOf<S>> | {
  readonly args?: Readonly<ArgsOf<S>> | undefined;
  readonly kwargs?: Partial<SentKwargsOf<S>> | undefined;
};

/** What a handler may return. */
type Returned<R> = R | Result;
type Served<S> =
  | Returned<ResultOf<S>>
  | PromiseLike<Returned<ResultOf<S>>>
  | AsyncIterable<Yielded<S>, Returned<ResultOf<S>>>;
/** What a generator may yield: the first value of an interim result, or a `Result` for more; anything where the interface says nothing of it. */
type Yielded<S> = S extends { readonly progress: readonly [infer F, ...unknown[]] } ? Returned<F> : unknown;

/** What a procedure is as a method. */
type Method<S> = Record<never, never> extends KwargsOf<S>
  ? (...args: [...ArgsOf<S>, kwargs?: Kwargs<SentKwargsOf<S>>]) => Promise<ResultOf<S>>
  : (...args: [...ArgsOf<S>, kwargs: Kwargs<SentKwargsOf<S>>]) => Promise<ResultOf<S>>;
type First<Uri> = Uri extends `${infer Component}.${string}` ? Component : Uri;
type Below<P, Component extends string> = {
  readonly [Uri in keyof P as Uri extends `${Component}.${infer Rest}` ? Rest : never]: P[Uri];
};

/** The procedures that an interface names, as methods. */
export type TypedRpc<P> = {
  readonly [Component in First<UriIn<P>> & string]:
    & (Component extends keyof P ? Method<P[Component]> : unknown)
    & ([keyof Below<P, Component>] extends [never] ? unknown : TypedRpc<Below<P, Component>>);
};

/** What a client does, for procedures and topics that an interface names. */
export interface TypedRoles<A extends Api> {
  /** The same client without the interface: for other URIs, and for what takes any client. */
  readonly untyped: Client;
  /** Procedures as methods. */
  readonly rpc: TypedRpc<ProceduresOf<A>>;
  /** Calls a procedure; as {@linkcode Client.call}. */
  call<Uri extends UriIn<ProceduresOf<A>>, S = ProceduresOf<A>[Uri]>(
    uri: Uri,
    ...sent: Sent<S, Readonly<ArgsOf<S>>, CallOptions>
  ): Promise<ResultOf<S>>;
  /** Calls a procedure, for the whole result; as {@linkcode Client.callResult}. */
  callResult<Uri extends UriIn<ProceduresOf<A>>, S = ProceduresOf<A>[Uri]>(
    uri: Uri,
    ...sent: Sent<S, Readonly<ArgsOf<S>>, CallOptions>
  ): Promise<CallResult<WholeResult<S>>>;
  /** Calls a procedure step by step; as {@linkcode Client.stream}. */
  stream<Uri extends UriIn<ProceduresOf<A>>, S = ProceduresOf<A>[Uri]>(
    uri: Uri,
    ...sent: Sent<S, Streamed<S>, StreamOptions>
  ): CallStream<ProgressOf<S>, WholeResult<S>>;
  /** Serves a procedure; as {@linkcode Client.register}. */
  register<Uri extends UriIn<ProceduresOf<A>>, S = ProceduresOf<A>[Uri]>(
    uri: Uri,
    handler: (args: ArgsOf<S>, kwargs: KwargsOf<S>, call: Invocation) => Served<S>,
    options?: ClientRegisterOptions<ArgsOf<S>, KwargsOf<S>>,
  ): Promise<Registration>;
  /** Publishes an event; as {@linkcode Client.publish}. */
  publish<Uri extends UriIn<TopicsOf<A>>, S = TopicsOf<A>[Uri]>(
    uri: Uri,
    ...sent: Sent<S, Readonly<ArgsOf<S>>, PublishOptions>
  ): Promise<number | undefined>;
  /** Listens to a topic; as {@linkcode Client.subscribe}. */
  subscribe<Uri extends UriIn<TopicsOf<A>>, S = TopicsOf<A>[Uri]>(
    uri: Uri,
    handler: EventHandler<ArgsOf<S>, KwargsOf<S>>,
    options?: SubscribeOptions,
  ): Promise<Subscription>;
  /** Listens to a topic with a loop; as {@linkcode Client.events}. */
  events<Uri extends UriIn<TopicsOf<A>>, S = TopicsOf<A>[Uri]>(
    uri: Uri,
    options?: EventsOptions,
  ): EventStream<ArgsOf<S>, KwargsOf<S>>;
  /** Connects a second client with the same interface; as {@linkcode Client.spawnConnection}. */
  spawnConnection(options?: Partial<ClientOptions>): Promise<TypedClient<A>>;
}

/** A client that knows only the procedures and topics that an interface names. */
export type TypedClient<A extends Api> = Omit<Client, keyof TypedRoles<A>> & TypedRoles<A>;

/** Any client, whether it has an interface or not: what takes one and uses its `untyped` takes them all. */
export interface AnyClient {
  /** The client, without an interface. */
  readonly untyped: Client;
}

/** The client for an interface; without one, any {@linkcode Client}. */
export type ClientFor<A extends Api | undefined> = [A] extends [Api] ? TypedClient<A> : Client;

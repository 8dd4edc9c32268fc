import { ownAttributes } from "../wire/attributes.ts";
import { isDict } from "../wire/values.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { refusal, resolveUri } from "./arguments.ts";
import type { UriArgument } from "./arguments.ts";
import type { Invocation } from "./invocation.ts";
import type { TopicEvent } from "./topic_event.ts";

/** Attributes of a program's own, such as `_traceparent`: options of the message that is sent, details of the one that comes. */
export interface Attributes {
  /** An attribute. */
  [name: `_${string}`]: WampValue;
}

/** What every operation of a client has that can be traced. */
export interface AnyOperation {
  /** The procedure or topic, complete. */
  readonly uri: string;
  /** Of what is sent, what its options say, and whatever is put here before it goes; of what comes, what came. */
  readonly attributes: Attributes;
}

/** Something that a client sends. */
export interface SentOperation extends AnyOperation {
  /** What it is; a stream is a call. */
  readonly kind: "call" | "publish";
}

/** A call that came, for one of the client's procedures. */
export interface InvocationOperation extends AnyOperation {
  /** What it is. */
  readonly kind: "invocation";
  /** The call, as its handler gets it. */
  readonly invocation: Invocation;
}

/** An event that came, for one of the client's handlers. */
export interface EventOperation extends AnyOperation {
  /** What it is. */
  readonly kind: "event";
  /** The event, as its handler gets it. */
  readonly event: TopicEvent;
}

/** What a client does that can be traced; its `kind` tells which of these it is. */
export type TracedOperation = SentOperation | InvocationOperation | EventOperation;

/**
 * Wraps what a client does, so that it can be timed, carry the context of a trace, and run in one.
 *
 * @param operation What is to be done.
 * @param proceed Does it, once: further calls give the same promise, which settles as the operation does. It has to be called before the function waits for
 * anything, that is, before it returns its promise: an operation that was not begun by then is refused with `invalid_argument`.
 * @returns Waited for; what it resolves to changes nothing. What it throws, or rejects with, is the error of the operation.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import type { Trace } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 *
 * const log: unknown[] = [];
 * const trace: Trace = async ({ kind, uri, attributes }, proceed) => {
 *   if (kind === "call") attributes._traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
 *   await proceed();
 *   log.push(kind, uri, attributes._traceparent);
 * };
 * const router = new Router({ realms: [openRealm("realm1")] });
 * await using wamp = await connect(router.local(), { realm: "realm1", trace });
 * await wamp.register("com.example.hello", (_args, _kwargs, call) => call.details._traceparent);
 * const parent = await wamp.call("com.example.hello");
 * if (log.join() !== `invocation,com.example.hello,${parent},call,com.example.hello,${parent}`) {
 *   throw new Error("unexpected");
 * }
 * ```
 */
export type Trace = (operation: TracedOperation, proceed: () => Promise<unknown>) => unknown;

/** Any of the operations, before its attributes are looked at. */
type Untold<Of> = Of extends AnyOperation ? Omit<Of, "attributes"> : never;

/**
 * Does what a client does, through the function that traces it.
 *
 * @param trace The function.
 * @param what What is done.
 * @param own Where attributes are of the program's own.
 * @param begin Does it; called once at most.
 * @returns Settles as it does, unless the function that traces it fails, or does not let it begin at once: what begins later would belong to no session,
 * deadline or signal until then.
 */
export async function traced<T>(
  trace: Trace,
  what: Untold<TracedOperation>,
  own: Dict,
  begin: (attributes: Attributes) => T | Promise<T>,
): Promise<T> {
  const attributes = { ...ownAttributes(own) };
  let running: Promise<T> | undefined;
  const proceed = () => {
    running ??= new Promise((resolve) => resolve(begin(attributes)));
    running.catch(() => {});
    return running;
  };
  let ended: unknown;
  try {
    ended = trace({ ...what, attributes }, proceed);
  } finally {
    begin = () => {
      const why = "the option trace has to call proceed() before it waits for anything";
      throw refusal({ method: "trace", uri: what.uri }, why);
    };
  }
  // What it has failed with already says more than that it did not proceed.
  await (running === undefined ? Promise.race([ended, proceed()]) : ended);
  return await proceed();
}

/** What traces that which is sent. */
export interface TracedBy {
  /** The function; undefined for none. */
  readonly trace: Trace | undefined;
  /** What relative URIs get in front; empty for nothing. */
  readonly prefix: string;
}

/**
 * Sends something, through the function that traces it where there is one.
 *
 * @param by What traces it.
 * @param kind What it is.
 * @param uri The procedure or topic.
 * @param options What was said of it.
 * @param send Sends it, with these options.
 * @returns Settles as it does.
 */
export function sent<Options extends object | undefined, T>(
  { trace, prefix }: TracedBy,
  kind: SentOperation["kind"],
  uri: UriArgument,
  options: Options,
  send: (options: Options) => Promise<T>,
): Promise<T> {
  if (trace === undefined) return send(options);
  return new Promise((resolve) => {
    const what = { kind, uri: resolveUri(uri, prefix, kind) };
    // What is no plain object stays so, for whoever checks it.
    const all = (own: Attributes) => isDict(options ?? own) ? { ...options, ...own } as Options : options;
    resolve(traced(trace, what, options as Dict, (own) => send(all(own))));
  });
}

import { absolute } from "../client/arguments.ts";
import type { UriArgument } from "../client/arguments.ts";
import type { ClientRegisterOptions, EventHandler, ProcedureHandler, SubscribeOptions } from "../client/handles.ts";
import { findQueue } from "../client/invocation_queue.ts";
import type { InvocationQueue, InvocationQueues } from "../client/invocation_queue.ts";
import { WampError } from "../wire/errors.ts";
import { isDict } from "../wire/values.ts";
import { decoratedOf } from "./decorators.ts";
import type { ConcurrencyQueue } from "./queue.ts";
import { queuedEvents } from "./queued_events.ts";

/** What procedures and topics are declared with alike. */
interface Declared<Handler> {
  /** Who serves it: the name of a method, or a function, whose `this` is the service. */
  readonly handler: string | Handler;
  /** Through which queue it goes: the queue, or its name among those that the service was given, or else the client. */
  readonly queue?: string | ConcurrencyQueue | undefined;
  /** Whether the URI is complete, so that the client's prefix is not added to it (default false). */
  readonly absolute?: boolean | undefined;
}

/** How a service declares a procedure: options of the registration, and what is checked. */
export interface ProcedureDeclaration extends Omit<ClientRegisterOptions, "queue">, Declared<ProcedureHandler> {}

/** How a service declares a topic: options of the subscription. */
export interface TopicDeclaration extends SubscribeOptions, Declared<EventHandler> {}

/** The procedures of a service by URI: the name of a method, a function, or a declaration. */
export type Procedures = Readonly<Record<string, string | ProcedureHandler | ProcedureDeclaration>>;

/** The topics of a service by URI: the name of a method, a function, or a declaration. */
export type Topics = Readonly<Record<string, string | EventHandler | TopicDeclaration>>;

/** What is to be registered for a procedure. */
export interface DeclaredProcedure {
  /** The URI. */
  readonly uri: UriArgument;
  /** Serves it. */
  readonly handler: ProcedureHandler;
  /** The options of the registration. */
  readonly options: ClientRegisterOptions;
}

/** What is to be subscribed for a topic. */
export interface DeclaredTopic {
  /** The URI. */
  readonly uri: UriArgument;
  /** Receives its events. */
  readonly handler: EventHandler;
  /** The options of the subscription. */
  readonly options: SubscribeOptions;
}

/**
 * Finds the procedures that a service declares.
 *
 * @param service The service.
 * @param queues The queues that declarations name; undefined when there are none.
 * @returns What is to be registered.
 * @throws {WampError} `invalid_argument` when a method or a queue is missing; the message names it.
 */
export function proceduresOf(service: object, queues: InvocationQueues | undefined): DeclaredProcedure[] {
  return Object.entries(declared<Procedures>(service, "procedures")).map(([uri, declaration]) => {
    const whole = isDict(declaration) ? declaration as unknown as ProcedureDeclaration : { handler: declaration };
    const { handler, queue, absolute, ...options } = whole as ProcedureDeclaration;
    return {
      uri: uriOf(uri, absolute),
      handler: bound<ProcedureHandler>(service, handler, uri),
      options: queue === undefined ? options : { ...options, queue: queueOf(queue, queues, uri) },
    };
  });
}

/**
 * Finds the topics that a service declares.
 *
 * @param service The service.
 * @param queues The queues that declarations name; undefined when there are none.
 * @returns What is to be subscribed.
 * @throws {WampError} `invalid_argument` when a method or a queue is missing; the message names it.
 */
export function topicsOf(service: object, queues: InvocationQueues | undefined): DeclaredTopic[] {
  return Object.entries(declared<Topics>(service, "topics")).map(([uri, declaration]) => {
    const whole = isDict(declaration) ? declaration as unknown as TopicDeclaration : { handler: declaration };
    const { handler, queue, absolute, ...options } = whole as TopicDeclaration;
    const received = bound<EventHandler>(service, handler, uri);
    const limited = queue === undefined ? received : queuedEvents(queueOf(queue, queues, uri), received);
    return { uri: uriOf(uri, absolute), handler: limited, options };
  });
}

/** An object declares for itself, an instance by its class and its decorators. */
function declared<T extends object>(service: object, name: "procedures" | "topics"): T {
  const own: unknown = Reflect.get(service, name) ?? Reflect.get(service.constructor ?? {}, name) ?? {};
  if (isDict(own)) return { ...own as unknown as T, ...decoratedOf(service)?.[name] };
  throw new WampError(
    "invalid_argument",
    `Cannot serve this object: its ${name} are no plain object; write ${name} = { "com.example.name": "method" }`,
  );
}

function bound<Handler extends ProcedureHandler | EventHandler>(
  service: object,
  handler: unknown,
  uri: string,
): Handler {
  const method: unknown = typeof handler === "string" ? Reflect.get(service, handler) : handler;
  if (typeof method === "function") return method.bind(service);
  throw new WampError(
    "invalid_argument",
    typeof handler === "string"
      ? `Cannot serve "${uri}": the service has no method "${handler}"`
      : `Cannot serve "${uri}": its handler is neither the name of a method nor a function`,
  );
}

function queueOf(
  queue: string | InvocationQueue,
  queues: InvocationQueues | undefined,
  uri: string,
): InvocationQueue {
  return findQueue(queue, queues, { method: "serve", uri });
}

function uriOf(uri: string, complete = false): UriArgument {
  return complete ? absolute(uri) : uri;
}

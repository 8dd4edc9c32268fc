/**
 * The client with JSON only: no WebAssembly, nothing to compile, the smallest bundle. Other serializers are handed in.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp/lite";
 * import { openRealm, Router } from "@izaber/wamp/router";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * await using wamp = await connect(router.local(), { realm: "realm1" });
 * await wamp.publish("com.example.topic", ["hello"], {}, { acknowledge: true });
 * ```
 *
 * @module
 */
import type { Client } from "./client/client.ts";
import { makeClient } from "./client/make_client.ts";
import type { ClientDefaults } from "./client/make_client.ts";
import type { ClientOptions, Target } from "./client/options.ts";
import { json } from "./codec/json.ts";
import { webSocketDialer } from "./transport/websocket.ts";

const defaults: ClientDefaults = { serializers: [json], dialer: (url) => webSocketDialer(url) };

/**
 * Makes a client that does nothing until it is opened.
 *
 * @param target What leads to a router: a URL, a dialer, or several of these, tried in turn.
 * @param options What the client is made with; `serializers` defaults to JSON.
 * @returns The client.
 * @throws {WampError} `invalid_argument` when an option or a URL is wrong; the message names it.
 */
export function createClient(target: Target, options: ClientOptions): Client {
  return makeClient(target, options, defaults);
}

/**
 * Connects to a router and joins a realm.
 *
 * @param target What leads to a router: a URL, a dialer, or several of these, tried in turn.
 * @param options What the client is made with; `serializers` defaults to JSON.
 * @returns The client, ready.
 * @throws {ConnectError} When no target works; the code says why, and nothing is left open.
 * @throws {WampError} `invalid_argument` when an option or a URL is wrong; the message names it.
 */
export async function connect(target: Target, options: ClientOptions): Promise<Client> {
  const client = createClient(target, options);
  await client.open();
  return client;
}

export { createJson, json } from "./codec/json.ts";
export type { JsonOptions } from "./codec/json.ts";
export { absolute, AbsoluteUri } from "./client/arguments.ts";
export type { SentArgs, SentKwargs, UriArgument } from "./client/arguments.ts";
export type { SessionRegistration } from "./client/callee.ts";
export type { CallOptions, CancelMode } from "./client/caller.ts";
export { Client } from "./client/client.ts";
export type { ClientSetup, ClientStatus } from "./client/setup.ts";
export type { ErrorContext } from "./client/core.ts";
export { EventStream } from "./client/event_stream.ts";
export type { EventsOptions, EventSource, Overflow } from "./client/event_stream.ts";
export type {
  EventHandler,
  InvokePolicy,
  ProcedureHandler,
  RegisterOptions,
  Registration,
  SubscribeOptions,
  Subscription,
} from "./client/handles.ts";
export type { ClientEvent, ClientEvents, ConnectionInfo } from "./client/hooks.ts";
export { Invocation } from "./client/invocation.ts";
export type { InvocationDetails, InvocationHost } from "./client/invocation.ts";
export type { KeeperOptions } from "./client/keeper.ts";
export type { Backoff, ClientOptions, Offline, Target } from "./client/options.ts";
export type { PublishOptions } from "./client/publisher.ts";
export { Result } from "./client/result.ts";
export type { CallResult } from "./client/result.ts";
export { Session } from "./client/session.ts";
export type { LeaveInfo, SessionOptions, WelcomeDetails } from "./client/session.ts";
export type { SessionSubscription } from "./client/subscriber.ts";
export { TopicEvent } from "./client/topic_event.ts";
export type { EventDetails } from "./client/topic_event.ts";
export { anonymous } from "./auth/anonymous.ts";
export type { Auth, AuthMethod, AuthSource, Challenge, ChallengeAnswer } from "./auth/method.ts";
export { ticket } from "./auth/ticket.ts";
export { webSocketDialer } from "./transport/websocket.ts";
export type { WebSocketDialerOptions } from "./transport/websocket.ts";
export type { WebSocketConstructor, WebSocketEvent, WebSocketLike } from "./transport/websocket_like.ts";
export { Connection } from "./transport/connection.ts";
export type { ConnectionHandler, ConnectionOptions } from "./transport/connection.ts";
export type { Dialer, DialRequest } from "./transport/dialer.ts";
export type { CloseInfo, PeerInfo, Transport, TransportHandler } from "./transport/transport.ts";
export type { Serializer, SerializerName } from "./codec/serializer.ts";
export type { Clock, Timer } from "./wire/clock.ts";
export { CallError, ConnectError, ProtocolViolation, RemoteError, WampError } from "./wire/errors.ts";
export type { ErrorCode, WampErrorOptions } from "./wire/errors.ts";
export { CloseUri, ErrorUri } from "./wire/error_uris.ts";
export type { Random } from "./wire/random.ts";
export type { MatchPolicy } from "./wire/uri.ts";
export type { Args, Dict, WampValue } from "./wire/values.ts";

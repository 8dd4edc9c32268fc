/**
 * A WAMP client for Deno, Bun, Node, browsers and edge workers: calls, procedures, topics, and reconnects that restore all of it.
 *
 * @example
 * ```ts
 * import { connect, RemoteError } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * await using wamp = await connect(router.local(), { realm: "realm1" }); // or a URL, "wss://nexus.example.com/ws"
 *
 * await wamp.register("com.example.hello", ([name]: [string]) => `Hello ${name}`);
 * if (await wamp.call("com.example.hello", ["you"]) !== "Hello you") throw new Error("unexpected");
 *
 * await wamp.subscribe("com.example.topic", (args, kwargs, event) => {
 *   if (args[0] !== "news" || event.topic !== "com.example.topic") throw new Error("unexpected");
 * });
 * await wamp.publish("com.example.topic", ["news"], {}, { exclude_me: false, acknowledge: true });
 *
 * const refusal = await wamp.call("com.example.nothing").catch((error) => error);
 * if (!(refusal instanceof RemoteError) || refusal.uri !== "wamp.error.no_such_procedure") throw new Error("unexpected");
 * ```
 *
 * @module
 */
export { connect, createClient } from "./src/client/connect.ts";
export { codecBackend } from "./src/codec/backend.ts";
export type { CodecBackend } from "./src/codec/core.ts";
export { cbor, createCbor } from "./src/codec/cbor.ts";
export { createJson, json } from "./src/codec/json.ts";
export type { JsonOptions } from "./src/codec/json.ts";
export { createMsgpack, msgpack } from "./src/codec/msgpack.ts";
export type { BinaryOptions } from "./src/codec/msgpack.ts";
export { absolute, AbsoluteUri } from "./src/client/arguments.ts";
export type { SentArgs, SentKwargs, UriArgument } from "./src/client/arguments.ts";
export type { SessionRegistration } from "./src/client/callee.ts";
export type { CallOptions, CancelMode } from "./src/client/caller.ts";
export { Client } from "./src/client/client.ts";
export type { ClientSetup, ClientStatus } from "./src/client/setup.ts";
export type { ErrorContext } from "./src/client/core.ts";
export { EventStream } from "./src/client/event_stream.ts";
export type { EventsOptions, EventSource, Overflow } from "./src/client/event_stream.ts";
export type {
  EventHandler,
  InvokePolicy,
  ProcedureHandler,
  RegisterOptions,
  Registration,
  SubscribeOptions,
  Subscription,
} from "./src/client/handles.ts";
export type { ClientEvent, ClientEvents, ConnectionInfo } from "./src/client/hooks.ts";
export { Invocation } from "./src/client/invocation.ts";
export type { InvocationDetails, InvocationHost } from "./src/client/invocation.ts";
export type { KeeperOptions } from "./src/client/keeper.ts";
export type { Backoff, ClientOptions, Offline, Target } from "./src/client/options.ts";
export type { PublishOptions } from "./src/client/publisher.ts";
export { Result } from "./src/client/result.ts";
export type { CallResult } from "./src/client/result.ts";
export { Session } from "./src/client/session.ts";
export type { LeaveInfo, SessionOptions, WelcomeDetails } from "./src/client/session.ts";
export type { SessionSubscription } from "./src/client/subscriber.ts";
export { TopicEvent } from "./src/client/topic_event.ts";
export type { EventDetails } from "./src/client/topic_event.ts";
export { anonymous } from "./src/auth/anonymous.ts";
export type { ChannelBinding } from "./src/auth/channel_binding.ts";
export { cookie } from "./src/auth/cookie.ts";
export { cryptosign } from "./src/auth/cryptosign.ts";
export type { Auth, AuthMethod, AuthSource, Challenge, ChallengeAnswer } from "./src/auth/method.ts";
export { scram } from "./src/auth/scram.ts";
export type { ScramOptions } from "./src/auth/scram_client.ts";
export { ticket } from "./src/auth/ticket.ts";
export { wampcra } from "./src/auth/wampcra.ts";
export { webSocketDialer } from "./src/transport/websocket.ts";
export type { WebSocketDialerOptions } from "./src/transport/websocket.ts";
export type { WebSocketConstructor, WebSocketEvent, WebSocketLike } from "./src/transport/websocket_like.ts";
export { Connection } from "./src/transport/connection.ts";
export type { ConnectionHandler, ConnectionOptions } from "./src/transport/connection.ts";
export type { Dialer, DialRequest } from "./src/transport/dialer.ts";
export type { CloseInfo, PeerInfo, Transport, TransportHandler } from "./src/transport/transport.ts";
export type { Serializer, SerializerName } from "./src/codec/serializer.ts";
export type { Clock, Timer } from "./src/wire/clock.ts";
export { CallError, ConnectError, ProtocolViolation, RemoteError, WampError } from "./src/wire/errors.ts";
export type { ErrorCode, WampErrorOptions } from "./src/wire/errors.ts";
export { CloseUri, ErrorUri } from "./src/wire/error_uris.ts";
export type { Random } from "./src/wire/random.ts";
export type { MatchPolicy } from "./src/wire/uri.ts";
export type { Args, Dict, WampValue } from "./src/wire/values.ts";

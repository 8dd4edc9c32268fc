/** What the entry points of the client have in common. Classes that only the client makes are exported as types. */
export type { AnyClient, Api, ClientFor, TypedClient, TypedRoles, TypedRpc } from "./api.ts";
export { absolute, AbsoluteUri } from "./arguments.ts";
export type { UriArgument } from "./arguments.ts";
export type { ErrorClass, ErrorClasses } from "./bound_errors.ts";
export type { CallInput, CallPart, SentPart, SentParts } from "./call_input.ts";
export type { CallStream, StreamOptions } from "./call_stream.ts";
export type { SessionRegistration } from "./callee.ts";
export type { CallOptions, CancelMode } from "./call_terms.ts";
export type { Client } from "./client.ts";
export type { ClientStatus } from "./setup.ts";
export type { ErrorContext } from "./core.ts";
export type { EventsOptions, EventStream } from "./event_stream.ts";
export type {
  ClientRegisterOptions,
  EventHandler,
  InvokePolicy,
  ProcedureDocument,
  ProcedureHandler,
  RegisterOptions,
  Registration,
  SubscribeOptions,
  Subscription,
} from "./handles.ts";
export type { ClientEvent, ClientEvents, ConnectionInfo } from "./hooks.ts";
export type { Invocation, InvocationDetails } from "./invocation.ts";
export type { InvocationQueue, InvocationQueues, JobOptions, Slot } from "./invocation_queue.ts";
export type {
  Backoff,
  ClientOptions,
  ConnectOptions,
  LivenessLimits,
  Offline,
  Reconnect,
  Target,
  Targets,
} from "./options.ts";
export type { PassthruOptions } from "./passthru.ts";
export type { PublishOptions } from "./publisher.ts";
export type { BufferOptions, Overflow } from "./read_buffer.ts";
export { Result } from "./result.ts";
export type { CallResult } from "./result.ts";
export { Kwargs, kwargs } from "./rpc.ts";
export type { Rpc } from "./rpc.ts";
export type { Session } from "./session.ts";
export type { LeaveInfo, WelcomeDetails } from "./session_info.ts";
export type { StandardIssue, StandardResult, StandardSchema, Validated } from "./standard_schema.ts";
export type { SessionSubscription } from "./subscriber.ts";
export type { EventDetails, TopicEvent } from "./topic_event.ts";
export type {
  AnyOperation,
  Attributes,
  EventOperation,
  InvocationOperation,
  SentOperation,
  Trace,
  TracedOperation,
} from "./tracing.ts";
export { anonymous } from "../auth/anonymous.ts";
export type { Auth, AuthMethod, AuthSource, Challenge, ChallengeAnswer } from "../auth/method.ts";
export { ticket } from "../auth/ticket.ts";
export { createJson, json } from "../codec/json.ts";
export type { JsonOptions } from "../codec/json_serializer.ts";
export type { Serializer, SerializerName } from "../codec/serializer.ts";
export type { Connection } from "../transport/connection.ts";
export type { Dialer, DialRequest } from "../transport/dialer.ts";
export { fetchDialer } from "../transport/fetch.ts";
export type { Fetch, FetchDialerOptions } from "../transport/fetch.ts";
export { webSocketDialer } from "../transport/websocket_dialer.ts";
export type { WebSocketDialerOptions } from "../transport/websocket.ts";
export type { WebSocketConstructor, WebSocketEvent, WebSocketLike } from "../transport/websocket_like.ts";
export type { Clock, Timer } from "../wire/clock.ts";
export { CallError, ConnectError, ProtocolViolation, RemoteError, WampError } from "../wire/errors.ts";
export type { ErrorCode, WampErrorOptions } from "../wire/errors.ts";
export { CloseUri, ErrorUri } from "../wire/error_uris.ts";
export type { Random } from "../wire/random.ts";
export type { MatchPolicy } from "../wire/uri.ts";
export type { Args, Dict, SentArgs, SentKwargs, WampValue } from "../wire/values.ts";

export { connect, createClient } from "./connect.ts";
export { absolute, AbsoluteUri } from "./arguments.ts";
export type { SentArgs, SentKwargs, UriArgument } from "./arguments.ts";
export type { CallOptions, CancelMode } from "./caller.ts";
export type { SessionRegistration } from "./callee.ts";
export { Client } from "./client.ts";
export type { ClientSetup, ClientStatus } from "./setup.ts";
export { makeClient } from "./make_client.ts";
export type { ClientDefaults } from "./make_client.ts";
export type { ErrorContext } from "./core.ts";
export { EventStream } from "./event_stream.ts";
export type { EventsOptions, EventSource, Overflow } from "./event_stream.ts";
export type {
  EventHandler,
  InvokePolicy,
  ProcedureHandler,
  RegisterOptions,
  Registration,
  SubscribeOptions,
  Subscription,
} from "./handles.ts";
export type { ClientEvent, ClientEvents, ConnectionInfo } from "./hooks.ts";
export { Invocation } from "./invocation.ts";
export type { InvocationDetails, InvocationHost } from "./invocation.ts";
export type { KeeperOptions } from "./keeper.ts";
export type { Backoff, ClientOptions, Offline, Target } from "./options.ts";
export type { PublishOptions } from "./publisher.ts";
export { Result } from "./result.ts";
export type { CallResult } from "./result.ts";
export { Session } from "./session.ts";
export type { LeaveInfo, SessionOptions, WelcomeDetails } from "./session.ts";
export type { SessionSubscription } from "./subscriber.ts";
export { TopicEvent } from "./topic_event.ts";
export type { EventDetails } from "./topic_event.ts";

import type { Auth, AuthMethod, AuthSource } from "../auth/method.ts";
import { serializersRule } from "../codec/negotiation.ts";
import type { Serializer } from "../codec/serializer.ts";
import type { Dialer } from "../transport/dialer.ts";
import type { Clock } from "../wire/clock.ts";
import { WampError } from "../wire/errors.ts";
import {
  anything,
  callable,
  checkOptions,
  clockRule,
  flag,
  groupRule,
  numberRule,
  randomRule,
  text,
  uriRule,
  withMethods,
} from "../wire/option_rules.ts";
import type { Random } from "../wire/random.ts";
import type { ErrorClasses } from "./bound_errors.ts";
import type { InvocationQueues } from "./invocation_queue.ts";
import type { Trace } from "./tracing.ts";

/** How long to wait before an attempt to reconnect: `initialDelay * factor ** n`, at most `maxDelay`, less a random part. */
export interface Backoff {
  /** Milliseconds before the first attempt (least 1, default 250). */
  readonly initialDelay?: number | undefined;
  /** The most, in milliseconds (least 1, default 30 000). */
  readonly maxDelay?: number | undefined;
  /** By how much each wait is longer than the one before (default 2). */
  readonly factor?: number | undefined;
  /** Which part of a wait is random, 0 to 1 (default 0.5): clients of one router do not come back all at once. */
  readonly jitter?: number | undefined;
}

/** How to come back when a session is lost. */
export interface Reconnect extends Backoff {
  /**
   * Says which failures are final: the client is closed then (default: none is, but for credentials that are spent, or denied five times in a row
   * where no function gives them or the secret in them, and for five sessions in a row that the router broke off at once for a violation; these are
   * final in any case).
   *
   * @param error Why there is no session: what the last attempt failed with, or `connection_lost`, whose `reason` is what the router ended it with.
   * @param failures How many attempts in a row have failed; a session that was lost within five seconds counts as one.
   * @returns Whether to give up.
   */
  readonly final?: ((error: WampError, failures: number) => boolean) | undefined;
}

/** When a router that is silent is asked for a sign of life. */
export interface LivenessLimits {
  /** After how many milliseconds in which nothing came (least 1, default 30 000). */
  readonly silence?: number | undefined;
  /** How many milliseconds it has to answer; then the connection is dropped, and another one made (least 1, default 10 000). */
  readonly deadline?: number | undefined;
}

/** What is sent while there is no session waits for the next one. */
export interface Offline {
  /** For how many milliseconds; then it is refused with `not_connected`. */
  readonly ttl: number;
  /** How many may wait; what exceeds it is refused with `not_connected`. */
  readonly max: number;
}

/** What a client is made with. */
export interface ClientOptions {
  /** The realm to join. */
  readonly realm: string;
  /** Credentials: a method, several in order of preference, or a function that is asked at each join (default `anonymous()`). */
  readonly auth?: Auth | undefined;
  /** Goes in front of every URI that is not {@linkcode absolute}, with a dot between (default none). */
  readonly prefix?: string | undefined;
  /** The serializers to offer, the preferred one first; `createCodec({ backend }).serializers` from `./codec` forces one half of the codec. */
  readonly serializers?: readonly Serializer[] | undefined;
  /** How long a call may take, in milliseconds; 0 for any time (default 0). */
  readonly timeout?: number | undefined;
  /**
   * How long the router may take to answer what is no call, in milliseconds: REGISTER, SUBSCRIBE, their opposites, an acknowledged PUBLISH; 0 for any
   * time (default 30 000).
   */
  readonly requestTimeout?: number | undefined;
  /** How long an attempt to connect and join may take, in milliseconds (default 10 000). */
  readonly connectTimeout?: number | undefined;
  /** How to come back when a session is lost; `false` for not at all. */
  readonly reconnect?: false | Reconnect | undefined;
  /**
   * When a router that is silent is asked for a sign of life, by a call of `wamp.session.count`, so that a connection that is gone and does not say so is
   * noticed; `false` for never. A machine that has slept is noticed by it, too.
   */
  readonly liveness?: false | LivenessLimits | undefined;
  /** What becomes of calls and publications while there is no session (default: they are refused with `not_connected`). */
  readonly offline?: Offline | undefined;
  /** The queues that registrations name with `queue`, as `Queues` of `@izaber/wamp/service` (default none). */
  readonly queues?: InvocationQueues | undefined;
  /** Classes by the URIs of the errors that they stand for: calls reject with them, and handlers throw them to send those URIs (default none). */
  readonly errors?: ErrorClasses | undefined;
  /**
   * Wraps each call, publication, invocation and event, so that it can be a span of a trace; `proceed()`, to be called before anything is waited for, does
   * it and settles as it does (default nothing: they are not wrapped). An error of this function is theirs.
   */
  readonly trace?: Trace | undefined;
  /** What the router is told of the program (default `"@izaber/wamp"`). */
  readonly agent?: string | undefined;
  /** Whether what the protocol forbids ends the session where it could be ignored (default false). */
  readonly strict?: boolean | undefined;
  /** Where time comes from (default the runtime's clock). */
  readonly clock?: Clock | undefined;
  /** Where randomness comes from (default the runtime's). */
  readonly random?: Random | undefined;
}

/** What a client is made and opened with. */
export interface ConnectOptions extends ClientOptions {
  /** Gives the attempt up when it is aborted before the client is ready: the client is closed, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What leads to a router: a URL, a dialer of another kind, or several of these, tried in turn. */
export type Targets = string | Dialer | readonly (string | Dialer)[];

/**
 * What leads to a router, or a function that says so: it is asked before each round of attempts, within the connect deadline, and what is wrong with its
 * answer is a failed attempt. Dialers that it gives should be the same objects each time: by these it is known where a connection that was left leads, which is
 * closed when it is not among them, and which router to try last.
 */
export type Target = Targets | (() => Targets | Promise<Targets>);

/**
 * Checks credentials, as far as that can be done before they are shown.
 *
 * @param auth What was given, by a function at last.
 * @throws {WampError} `invalid_argument` when it is no method, nor a list of some; the message does not show it, since it may be a secret.
 */
export function checkAuth(auth: unknown): asserts auth is AuthSource {
  const methods = [auth].flat();
  const none = methods.length === 0;
  if (!none && methods.every((one) => typeof (one as AuthMethod | null | undefined)?.answer === "function")) return;
  const given = none ? "an empty list" : `of type ${typeof auth}`;
  throw new WampError(
    "invalid_argument",
    `Cannot join: auth is ${given}, expected a method such as ticket("name", "secret"), or several of them`,
  );
}

const CANNOT = "Cannot make a client";

/**
 * Checks what a client is made with.
 *
 * @param options What was given.
 * @throws {WampError} `invalid_argument`; the message names the option, its value and what was expected.
 */
export function checkClientOptions(options: ClientOptions): void {
  checkOptions(CANNOT, options, {
    realm: { ...uriRule("realm1"), required: true },
    auth: anything,
    prefix: uriRule("com.example", ""),
    serializers: serializersRule,
    timeout: numberRule(0),
    requestTimeout: numberRule(0),
    connectTimeout: numberRule(1),
    reconnect: groupRule({
      initialDelay: numberRule(1),
      maxDelay: numberRule(1),
      factor: numberRule(1),
      jitter: numberRule(0, 1),
      final: callable("(error) => boolean"),
    }, false),
    liveness: groupRule({ silence: numberRule(1), deadline: numberRule(1) }, false),
    offline: groupRule({ ttl: { ...numberRule(0), required: true }, max: { ...numberRule(0), required: true } }),
    queues: withMethods("new Queues({ name: { limit: 2 } })", "get"),
    errors: anything,
    trace: callable("(operation, proceed) => proceed()"),
    agent: text,
    strict: flag,
    clock: clockRule,
    random: randomRule,
  }, '{ realm: "realm1" }');
  if (options.auth !== undefined && typeof options.auth !== "function") checkAuth(options.auth);
}

/**
 * Makes the error of a client that cannot be made.
 *
 * @param text What is wrong.
 * @returns The error.
 */
export function unmakable(text: string): WampError {
  return new WampError("invalid_argument", `${CANNOT}: ${text}`);
}

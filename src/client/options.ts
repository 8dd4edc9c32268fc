import type { Auth } from "../auth/method.ts";
import type { Serializer } from "../codec/serializer.ts";
import type { Dialer } from "../transport/dialer.ts";
import type { Clock } from "../wire/clock.ts";
import { WampError } from "../wire/errors.ts";
import type { Random } from "../wire/random.ts";
import { isUri } from "../wire/uri.ts";
import { isDict } from "../wire/values.ts";
import { describe } from "./arguments.ts";
import type { ErrorClasses } from "./bound_errors.ts";
import type { InvocationQueues } from "./invocation_queue.ts";

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
   * Says which failures are final: the client is closed then (default: none is, but for credentials that are spent, or refused five times in a row
   * and not given as a function; these are final in any case).
   *
   * @param error Why there is no session: what the last attempt failed with, or `connection_lost`, whose `reason` is what the router ended it with.
   * @param failures How many attempts in a row have failed; a session that was lost at once counts as one.
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
  /** What the router is told of the program (default `"@izaber/wamp"`). */
  readonly agent?: string | undefined;
  /** Whether what the protocol forbids ends the session where it could be ignored (default false). */
  readonly strict?: boolean | undefined;
  /** Where time comes from (default the runtime's clock). */
  readonly clock?: Clock | undefined;
  /** Where randomness comes from (default the runtime's). */
  readonly random?: Random | undefined;
}

/** What leads to a router: a URL, a dialer of another kind, or several of these, tried in turn. */
export type Target = string | Dialer | readonly (string | Dialer)[];

const NAMES: ReadonlySet<string> = new Set([
  "realm",
  "auth",
  "prefix",
  "serializers",
  "timeout",
  "requestTimeout",
  "connectTimeout",
  "reconnect",
  "liveness",
  "offline",
  "queues",
  "errors",
  "agent",
  "strict",
  "clock",
  "random",
]);

const RECONNECT: ReadonlySet<string> = new Set(["initialDelay", "maxDelay", "factor", "jitter", "final"]);
const LIVENESS: ReadonlySet<string> = new Set(["silence", "deadline"]);
const OFFLINE: ReadonlySet<string> = new Set(["ttl", "max"]);

/**
 * Checks what a client is made with.
 *
 * @param options What was given.
 * @throws {WampError} `invalid_argument`; the message names the option, its value and what was expected.
 */
export function checkOptions(options: ClientOptions): void {
  if (!isDict(options)) {
    throw new WampError(
      "invalid_argument",
      `Cannot make a client: options is ${describe(options)}, expected an object such as { realm: "realm1" }`,
    );
  }
  checkNames("", options, NAMES);
  const { realm, prefix = "", reconnect, liveness, offline } = options;
  check(typeof realm === "string" && isUri(realm), "realm", realm, 'a URI such as "realm1"');
  check(
    prefix === "" || (typeof prefix === "string" && isUri(prefix)),
    "prefix",
    prefix,
    'a URI such as "com.example"',
  );
  const { serializers } = options;
  check(
    serializers === undefined || (Array.isArray(serializers) && serializers.length > 0),
    "serializers",
    serializers,
    "at least one serializer",
  );
  const { queues } = options;
  check(
    queues === undefined || typeof queues?.get === "function",
    "queues",
    queues,
    "new Queues({ name: { limit: 2 } })",
  );
  checkNumber("timeout", options.timeout, 0);
  checkNumber("requestTimeout", options.requestTimeout, 0);
  checkNumber("connectTimeout", options.connectTimeout, 1);
  if (reconnect !== undefined && reconnect !== false) {
    checkNames("reconnect", reconnect, RECONNECT);
    const { final } = reconnect;
    check(final === undefined || typeof final === "function", "reconnect.final", final, "(error) => boolean");
    checkNumber("reconnect.initialDelay", reconnect.initialDelay, 1);
    checkNumber("reconnect.maxDelay", reconnect.maxDelay, 1);
    checkNumber("reconnect.factor", reconnect.factor, 1);
    checkNumber("reconnect.jitter", reconnect.jitter, 0, 1);
  }
  if (liveness !== undefined && liveness !== false) {
    checkNames("liveness", liveness, LIVENESS);
    checkNumber("liveness.silence", liveness.silence, 1);
    checkNumber("liveness.deadline", liveness.deadline, 1);
  }
  if (offline !== undefined) {
    checkNames("offline", offline, OFFLINE);
    checkNumber("offline.ttl", offline.ttl, 0);
    checkNumber("offline.max", offline.max, 0);
  }
}

function checkNames(within: string, options: object, names: ReadonlySet<string>): void {
  if (within !== "") check(isDict(options), within, options, `an object with ${[...names].join(", ")}`);
  const unknown = Object.keys(options).find((name) => !names.has(name));
  if (unknown === undefined) return;
  const name = within === "" ? unknown : `${within}.${unknown}`;
  throw new WampError(
    "invalid_argument",
    `Cannot make a client: there is no option "${name}"; there are ${[...names].join(", ")}`,
  );
}

function checkNumber(name: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): void {
  const good = value === undefined || (typeof value === "number" && value >= least && value <= most);
  const limit = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  check(good, name, value, `a number ${limit}`);
}

function check(good: boolean, name: string, value: unknown, expected: string): void {
  if (good) return;
  throw new WampError(
    "invalid_argument",
    `Cannot make a client: the option ${name} is ${describe(value)}, expected ${expected}`,
  );
}

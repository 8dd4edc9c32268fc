import * as ErrorUri from "./error_uri.ts";
import type { Args, Dict, SentArgs, SentKwargs } from "./values.ts";
import { emptyArgs, emptyDict } from "./values.ts";

/** What a {@linkcode WampError} can be told apart by; these never change. `docs/errors.md` says what each means and what to do. */
export type ErrorCode =
  | "aborted"
  | "authentication_failed"
  | "authorization_failed"
  | "closed"
  | "config_invalid"
  | "config_malformed"
  | "config_missing"
  | "connect_timeout"
  | "connection_failed"
  | "connection_limit"
  | "connection_lost"
  | "connection_refused"
  | "credential_spent"
  | "host_unknown"
  | "invalid_argument"
  | "left_behind"
  | "length_unacceptable"
  | "listen_failed"
  | "no_common_serializer"
  | "no_such_realm"
  | "not_connected"
  | "not_wamp"
  | "overflow"
  | "payload_size_exceeded"
  | "protocol_violation"
  | "refused"
  | "remote"
  | "revoked"
  | "store_damaged"
  | "store_locked"
  | "timeout"
  | "tls_failed"
  | "unserializable"
  | "unsupported";

/** What a {@linkcode WampError} can carry besides its message. */
export interface WampErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/**
 * The base of every error that this package throws or rejects with.
 *
 * Tell errors apart by `code`, which never changes; the message is for people: what was wrong, what the value was, what to do.
 */
export class WampError extends Error {
  override name = "WampError";

  /** Stable, for programs. */
  readonly code: ErrorCode;

  /**
   * @param code Stable, for programs.
   * @param message For people.
   * @param options The cause, if there is one.
   */
  constructor(code: ErrorCode, message: string, options: WampErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : options);
    this.code = code;
  }

  /**
   * Tells whether something is a {@linkcode WampError}, also one of another copy of this package.
   *
   * @param value What was caught.
   * @param code If given, whether it has this code, too.
   * @returns Whether it is.
   */
  static is(value: unknown, code?: ErrorCode): value is WampError {
    return value instanceof Error && "code" in value && typeof value.code === "string" &&
      wampErrorNames.has(value.name) && (code === undefined || value.code === code);
  }
}

/** A peer broke the protocol; on the wire `wamp.error.protocol_violation`. */
export class ProtocolViolation extends WampError {
  override name = "ProtocolViolation";

  /** The limit that a message was past, where it was nothing else that was wrong with it. */
  readonly limit: "depth" | "messageSize" | undefined;

  /**
   * @param message What was expected, what came, and where.
   * @param options The cause, if there is one; the limit that the message was past.
   */
  constructor(message: string, options: WampErrorOptions & { readonly limit?: "depth" | "messageSize" } = {}) {
    super("protocol_violation", message, options);
    this.limit = options.limit;
  }
}

/** No session could be opened: the URL, the network, the handshake or the authentication. */
export class ConnectError extends WampError {
  override name = "ConnectError";

  /** The URL that was tried; empty where there was none, since the function given as target gave none. */
  readonly url: string;
  /** The URI with which the router refused, if it got that far. */
  readonly reason: string | undefined;
  /** How many attempts in a row had failed when the client gave up, each over all targets; where it was more than one, `cause` is what the last failed with. */
  readonly attempts: number;

  /**
   * @param code Stable, for programs.
   * @param message For people.
   * @param options The URL, the router's reason, the cause; how many attempts there were (default 1).
   */
  constructor(
    code: ErrorCode,
    message: string,
    options: WampErrorOptions & {
      readonly url: string;
      readonly reason?: string | undefined;
      readonly attempts?: number;
    },
  ) {
    super(code, message, options);
    this.url = options.url;
    this.reason = options.reason;
    this.attempts = options.attempts ?? 1;
  }
}

/** A call that ended without an answer: a timeout, an abort, a lost connection. */
export class CallError extends WampError {
  override name = "CallError";

  /** The procedure that was called. */
  readonly procedure: string;
  /** Whether the callee may have run: false only if the CALL was never sent. */
  readonly mayHaveRun: boolean;

  /**
   * @param code Stable, for programs.
   * @param message For people.
   * @param options The procedure, whether it may have run, the cause.
   */
  constructor(
    code: ErrorCode,
    message: string,
    options: WampErrorOptions & { readonly procedure: string; readonly mayHaveRun: boolean },
  ) {
    super(code, message, options);
    this.procedure = options.procedure;
    this.mayHaveRun = options.mayHaveRun;
  }
}

/**
 * An error that came over the wire, or that a handler throws to send one.
 *
 * @example
 * ```ts
 * import { RemoteError } from "@izaber/wamp";
 *
 * const error = new RemoteError("com.example.error.sold_out", ["no seats left"], { show: 7 });
 * if (error.uri !== "com.example.error.sold_out") throw new Error("unexpected");
 * ```
 *
 * @see WAMP basic profile, "ERROR"
 */
export class RemoteError extends WampError {
  override name = "RemoteError";

  /** The error's URI. */
  readonly uri: string;
  /** Positional arguments of the error. */
  readonly args: Args;
  /** Keyword arguments of the error. */
  readonly kwargs: Dict;
  /** What the router says of the error. */
  readonly details: Dict;

  /**
   * @param uri The error's URI (default `wamp.error.runtime_error`).
   * @param args Positional arguments (default none); the first, if it is a string, becomes part of the message.
   * @param kwargs Keyword arguments (default none).
   * @param details What the router says of the error (default nothing); of one that is sent, how the payload is to be read (`ppt_scheme` and the like).
   */
  constructor(
    uri: string = ErrorUri.runtimeError,
    args: SentArgs = emptyArgs,
    kwargs: SentKwargs = emptyDict,
    details: Dict = emptyDict,
  ) {
    super("remote", typeof args[0] === "string" ? `${uri}: ${args[0]}` : uri);
    this.uri = uri;
    this.args = args as Args;
    this.kwargs = kwargs as Dict;
    this.details = details;
  }
}

const wampErrorNames: ReadonlySet<string> = new Set([
  "WampError",
  "ProtocolViolation",
  "ConnectError",
  "CallError",
  "RemoteError",
]);

import type { Connection } from "../transport/connection.ts";
import type { Clock } from "../wire/clock.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import type { BoundErrors } from "./bound_errors.ts";
import type { ErrorContext } from "./core.ts";
import type { Session } from "./session.ts";
import type { Trace } from "./tracing.ts";

/** What the router says of a session that has joined. */
export interface WelcomeDetails {
  /** The realm, where the router names it. */
  readonly realm?: string;
  /** Who the session belongs to. */
  readonly authid?: string;
  /** The role that decides what it may do. */
  readonly authrole?: string;
  /** The method that accepted it. */
  readonly authmethod?: string;
  /** Where the identity comes from. */
  readonly authprovider?: string;
  /** What the method or the router adds. */
  readonly authextra?: Dict;
  /** The program that the router is. */
  readonly agent?: string;
  /** The router's roles and their features. */
  readonly roles?: Dict;
  /** Whatever else the router says. */
  readonly [name: string]: WampValue;
}

/** How a session ended. */
export interface LeaveInfo {
  /** The session's id. */
  readonly session: number;
  /**
   * What ended it: `closed` we did, `goodbye` the router did, `aborted` the router broke it off, `lost` the connection went, `violation` the router sent
   * what is not WAMP.
   */
  readonly cause: "closed" | "goodbye" | "aborted" | "lost" | "violation";
  /** The URI that was given as the reason; empty when the connection went without one. */
  readonly reason: string;
  /** What was said of it. */
  readonly message: string;
}

/** What a session is opened with. */
export interface SessionOptions {
  /** Where messages go. */
  readonly connection: Connection;
  /** Where time comes from. */
  readonly clock: Clock;
  /** The realm that was joined. */
  readonly realm: string;
  /** What relative URIs get in front; empty for nothing. */
  readonly prefix: string;
  /** How long a call may take by default, in milliseconds; 0 for any time. */
  readonly callTimeout: number;
  /** How long any other request may wait for its answer, in milliseconds; 0 for any time. */
  readonly requestTimeout: number;
  /** Whether what the protocol forbids ends the session where it could be ignored. */
  readonly strict: boolean;
  /** The classes that stand for errors of URIs. */
  readonly errors: BoundErrors;
  /** Wraps what is sent and what comes; undefined for nothing. */
  readonly trace: Trace | undefined;
  /** Told of errors that no promise carries. */
  report(error: unknown, context: ErrorContext): void;
  /** Told when more is queued than the connection wants. */
  slow(queuedBytes: number): void;
  /** Told once when the session is over; the connection is closed by then, or closing, unless it is kept for another session. */
  ended(session: Session, info: LeaveInfo): void;
}

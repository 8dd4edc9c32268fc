import type { KeeperOptions } from "./keeper.ts";
import type { Client } from "./client.ts";
import type { ClientOptions, Offline } from "./options.ts";
import type { BoundErrors } from "./bound_errors.ts";
import type { InvocationQueues } from "./invocation_queue.ts";
import type { Trace } from "./tracing.ts";

/**
 * What a client is doing: `idle` not opened, `connecting` on the way to a session, `joined` restoring, `ready`, `waiting` for its next attempt,
 * `left` until it joins again, `closed` for good.
 */
export type ClientStatus = "idle" | "connecting" | "joined" | "ready" | "waiting" | "left" | "closed";

/** When a router that is silent is asked for a sign of life, in milliseconds. */
export interface LivenessSettings {
  /** After how long a silence. */
  readonly silence: number;
  /** How long it has to answer. */
  readonly deadline: number;
}

/** What {@linkcode createClient} puts together for a client. */
export interface ClientSetup {
  /** How sessions are had. */
  readonly keeper: Omit<KeeperOptions, "session">;
  /** What relative URIs get in front; empty for nothing. */
  readonly prefix: string;
  /** How long a call may take by default, in milliseconds; 0 for any time. */
  readonly callTimeout: number;
  /** How long any other request may wait for its answer, in milliseconds; 0 for any time. */
  readonly requestTimeout: number;
  /** Whether what the protocol forbids ends the session where it could be ignored. */
  readonly strict: boolean;
  /** What becomes of requests while there is no session. */
  readonly offline: Offline | undefined;
  /** The queues that registrations name. */
  readonly queues: InvocationQueues | undefined;
  /** The classes that stand for errors of URIs. */
  readonly errors: BoundErrors;
  /** Wraps what is sent and what comes; undefined for nothing. */
  readonly trace: Trace | undefined;
  /** Makes another client of the same kind: the same settings but for those that are given. */
  spawn(options: Partial<ClientOptions>): Client;
}

import { describe } from "../wire/describe.ts";
import { refusal } from "./arguments.ts";
import type { Usage } from "./arguments.ts";

/** On whose behalf something runs, and until when it is wanted. */
export interface JobOptions {
  /** The caller, for callers to take turns: anything by which one is told from another (default: one that has no name). */
  readonly caller?: unknown;
  /** Aborted when it is no longer wanted; if it still waits then, it never begins. */
  readonly signal?: AbortSignal | undefined;
}

/** A place among those that run; whoever has it gives it back. */
export interface Slot {
  /**
   * Gives the place back; harmless a second time.
   *
   * @param failed Whether the work failed (default false).
   */
  release(failed?: boolean): void;
}

/** What decides how many calls run at once, as `ConcurrencyQueue` of `@izaber/wamp/service` does. */
export interface InvocationQueue {
  /**
   * Takes a place among those that run, when there is one.
   *
   * @param options On whose behalf, and until when it is wanted.
   * @returns The place.
   * @throws {WampError} `overflow` or `timeout` when there is none: the caller gets `wamp.error.unavailable`.
   */
  enter(options: JobOptions): Promise<Slot>;
}

/** Queues by their names, as `Queues` of `@izaber/wamp/service`. */
export interface InvocationQueues {
  /**
   * Finds a queue.
   *
   * @param name Its name.
   * @returns The queue; undefined when there is none.
   */
  get(name: string): InvocationQueue | undefined;
}

/**
 * Finds the queue that was asked for.
 *
 * @param queue The queue, or its name.
 * @param queues Those that have names.
 * @param usage Where, for the error text.
 * @returns The queue.
 * @throws {WampError} `invalid_argument` when there is none.
 */
export function findQueue(
  queue: string | InvocationQueue,
  queues: InvocationQueues | undefined,
  usage: Usage,
): InvocationQueue {
  const found = typeof queue === "string" ? queues?.get(queue) : queue;
  if (typeof found?.enter === "function") return found;
  throw refusal(
    usage,
    `there is no queue ${describe(queue)}; make the client with { queues: new Queues({ name: { limit: 2 } }) }, or ` +
      `give the queue itself`,
  );
}

import type { EventHandler } from "../client/handles.ts";
import type { InvocationQueue, Slot } from "../client/invocation_queue.ts";
import type { Args, Dict } from "../wire/values.ts";

/** What a client calls a handler of events on. */
interface Source {
  readonly ended?: boolean;
}

/**
 * Receives events through a queue. Those that find it full are dropped, and counted as rejected; those that still wait when their subscription is ended by
 * `unsubscribe()`, or the client closed, are dropped, too, while `drain()` lets them have their turn. For that it has to be itself what a client, or a service,
 * subscribes with: behind a handler that calls it, and on a session, the events that wait have their turn after the end of the subscription.
 *
 * @param queue The queue.
 * @param handler Receives the events; with `fair: false` they begin in the order in which they come.
 * @returns What to subscribe with, as it is.
 */
export function queuedEvents<A extends readonly unknown[] = Args, K extends object = Dict>(
  queue: InvocationQueue,
  handler: EventHandler<A, K>,
): EventHandler<A, K> {
  return async function (this: Source | undefined, args, kwargs, event) {
    const caller = event.publisher ?? event.publisher_authid;
    let slot: Slot;
    try {
      slot = await queue.enter({ caller });
    } catch {
      return;
    }
    let failed = true;
    try {
      if (!this?.ended) await handler(args, kwargs, event);
      failed = false;
    } finally {
      slot.release(failed);
    }
  };
}

import type { EventHandler, ProcedureHandler } from "../client/handles.ts";
import { ErrorUri } from "../wire/error_uris.ts";
import { RemoteError, WampError } from "../wire/errors.ts";
import { isGenerator } from "./generator.ts";
import type { ConcurrencyQueue, JobOptions, Slot } from "./queue.ts";

/**
 * Serves a procedure through a queue: its callers take turns, and who finds it full gets `wamp.error.unavailable`. A call that its caller gives up, or
 * whose session is lost, while it waits never begins; an async generator has its place until it ends.
 *
 * @param queue The queue.
 * @param handler Serves the procedure.
 * @returns What to register.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 * import { ConcurrencyQueue, queued } from "@izaber/wamp/service";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * await using wamp = await connect(router.local(), { realm: "realm1" });
 * const reports = new ConcurrencyQueue("reports", { limit: 1 });
 * await wamp.register("com.example.report", queued(reports, ([name]) => `report ${name}`));
 * if (await wamp.call("com.example.report", ["a"]) !== "report a") throw new Error("unexpected");
 * ```
 */
export function queued(queue: ConcurrencyQueue, handler: ProcedureHandler): ProcedureHandler {
  return async (args, kwargs, call) => {
    const slot = await enter(queue, { caller: call.caller ?? call.caller_authid, signal: call.signal });
    let generator: AsyncGenerator<unknown> | undefined;
    let failed = true;
    try {
      const value: unknown = await handler(args, kwargs, call);
      failed = false;
      if (!isGenerator(value)) return value;
      generator = value;
    } finally {
      if (generator === undefined) slot.release(failed);
    }
    return holding(slot, generator);
  };
}

/**
 * Receives events through a queue. Those that find it full are dropped, and counted as rejected.
 *
 * @param queue The queue.
 * @param handler Receives the events; with `fair: false` they begin in the order in which they come.
 * @returns What to subscribe with.
 */
export function queuedEvents(queue: ConcurrencyQueue, handler: EventHandler): EventHandler {
  return async (args, kwargs, event) => {
    const caller = event.publisher ?? event.publisher_authid;
    let slot: Slot;
    try {
      slot = await queue.enter({ caller });
    } catch {
      return;
    }
    let failed = true;
    try {
      await handler(args, kwargs, event);
      failed = false;
    } finally {
      slot.release(failed);
    }
  };
}

async function enter(queue: ConcurrencyQueue, options: JobOptions): Promise<Slot> {
  try {
    return await queue.enter(options);
  } catch (error) {
    if (!(WampError.is(error, "overflow") || WampError.is(error, "timeout"))) throw error;
    throw new RemoteError(ErrorUri.unavailable, [error.message]);
  }
}

async function* holding(slot: Slot, generator: AsyncGenerator<unknown>): AsyncGenerator<unknown> {
  let failed = true;
  try {
    const result: unknown = yield* generator;
    failed = false;
    return result;
  } finally {
    slot.release(failed);
  }
}

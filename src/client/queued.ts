import * as ErrorUri from "../wire/error_uri.ts";
import { RemoteError, WampError } from "../wire/errors.ts";
import type { Args, Dict } from "../wire/values.ts";
import { isGenerator } from "./generator.ts";
import type { ProcedureHandler } from "./handles.ts";
import type { InvocationQueue, JobOptions, Slot } from "./invocation_queue.ts";

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
export function queued<A extends readonly unknown[] = Args, K extends object = Dict>(
  queue: InvocationQueue,
  handler: ProcedureHandler<A, K>,
): ProcedureHandler<A, K> {
  return async (args, kwargs, call) => {
    const slot = await enter(queue, { caller: call.caller ?? call.caller_authid, signal: call.signal });
    let generator: AsyncIterable<unknown> | undefined;
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

async function enter(queue: InvocationQueue, options: JobOptions): Promise<Slot> {
  try {
    return await queue.enter(options);
  } catch (error) {
    if (!(WampError.is(error, "overflow") || WampError.is(error, "timeout"))) throw error;
    throw new RemoteError(ErrorUri.unavailable, [error.message]);
  }
}

async function* holding(slot: Slot, generator: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  let failed = true;
  try {
    const result: unknown = yield* generator;
    failed = false;
    return result;
  } finally {
    slot.release(failed);
  }
}

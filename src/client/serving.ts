import { describe } from "../wire/describe.ts";
import type { Dict } from "../wire/values.ts";
import { checkDict, refusal } from "./arguments.ts";
import type { Usage } from "./arguments.ts";
import type { ClientRegisterOptions, ProcedureHandler, RegisterOptions } from "./handles.ts";
import { findQueue } from "./invocation_queue.ts";
import type { InvocationQueues } from "./invocation_queue.ts";
import { queued } from "./queued.ts";
import { validated } from "./validated.ts";
import type { ProcedureSchemas } from "./validated.ts";

/** What {@linkcode serving} takes out of the options of a registration. */
export const SERVING_OPTIONS: readonly string[] = ["queue", "args", "kwargs", "result", "document"];

/**
 * Takes out of what was said of a registration what is done here: calls are checked, and then go through the queue.
 *
 * @param handler Serves the procedure.
 * @param options What was said of it.
 * @param queues The queues that have names.
 * @param usage Where, for the error text.
 * @returns What serves it, and the options that are for the router.
 * @throws {WampError} `invalid_argument` when there is no such queue, a schema is none, or options are no plain object.
 */
export function serving(
  handler: ProcedureHandler,
  options: ClientRegisterOptions | undefined,
  queues: InvocationQueues | undefined,
  usage: Usage,
): { readonly serve: ProcedureHandler; readonly rest: RegisterOptions } {
  if (options === undefined) return { serve: handler, rest: {} };
  checkDict(options, usage);
  const { queue, args, kwargs, result, document, ...others } = options;
  if (document !== undefined) checkDict(document, usage, "document", '{ result: { type: "number" } }');
  const rest: RegisterOptions = document === undefined ? others : { ...others, _document: document as Dict };
  const limited = queue === undefined ? handler : queued(findQueue(queue, queues, usage), handler);
  const schemas = { args, kwargs, result };
  const given = Object.entries(schemas).filter(([, schema]) => schema !== undefined);
  for (const [name, schema] of given) checkSchema(name, schema, usage);
  return { serve: given.length === 0 ? limited : validated(schemas as ProcedureSchemas, limited as never), rest };
}

function checkSchema(name: string, schema: unknown, usage: Usage): void {
  const standard = (schema as { readonly "~standard"?: { readonly validate?: unknown } } | null)?.["~standard"];
  if (typeof standard?.validate === "function") return;
  throw refusal(usage, `${name} is ${describe(schema)}, expected a Standard Schema, as zod and others make them`);
}

import * as ErrorUri from "../wire/error_uri.ts";
import { RemoteError } from "../wire/errors.ts";
import type { Args, Dict } from "../wire/values.ts";
import { isGenerator } from "./generator.ts";
import type { ProcedureHandler } from "./handles.ts";
import type { Invocation } from "./invocation.ts";
import { Result } from "./result.ts";
import type { StandardIssue, StandardSchema, Validated } from "./standard_schema.ts";

/** The validators of a procedure, of any library that follows Standard Schema. */
export interface ProcedureSchemas<
  ArgsSchema extends StandardSchema = StandardSchema,
  KwargsSchema extends StandardSchema = StandardSchema,
> {
  /** For the list of positional arguments (default: anything). */
  readonly args?: ArgsSchema | undefined;
  /** For the keyword arguments (default: anything). */
  readonly kwargs?: KwargsSchema | undefined;
  /** For what the handler returns; of a {@linkcode Result}, for `{ args, kwargs }` (default: anything). */
  readonly result?: StandardSchema | undefined;
}

/**
 * Serves a procedure with values that have been checked: what does not pass becomes `wamp.error.invalid_argument`, whose text and `issues` name the
 * path, such as `args[0].name`. The handler gets what comes out of the validators, with their defaults and conversions. Of arguments that come in parts
 * the first is checked; what `call.input` gives is as it came.
 *
 * @param schemas The validators.
 * @param handler Serves the procedure.
 * @returns What to register.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 * import { type StandardSchema, validated } from "@izaber/wamp/service";
 *
 * const numbers: StandardSchema<unknown, number[]> = { // or z.array(z.number())
 *   "~standard": {
 *     version: 1,
 *     vendor: "example",
 *     validate: (value) => {
 *       const wrong = (value as unknown[]).findIndex((item) => typeof item !== "number");
 *       return wrong < 0 ? { value: value as number[] } : { issues: [{ message: "expected a number", path: [wrong] }] };
 *     },
 *   },
 * };
 * const router = new Router({ realms: [openRealm("realm1")] });
 * await using wamp = await connect(router.local(), { realm: "realm1" });
 * await wamp.register("com.example.add", validated({ args: numbers }, ([a = 0, b = 0]) => a + b));
 * if (await wamp.call("com.example.add", [1, 2]) !== 3) throw new Error("unexpected");
 * const refused = await wamp.call("com.example.add", [1, "2"]).catch((error) => error);
 * if (refused.message !== "wamp.error.invalid_argument: args[1]: expected a number") throw new Error("unexpected");
 * ```
 */
export function validated<
  ArgsSchema extends StandardSchema<unknown, unknown> = StandardSchema<unknown, Args>,
  KwargsSchema extends StandardSchema<unknown, unknown> = StandardSchema<unknown, Dict>,
>(
  schemas: ProcedureSchemas<ArgsSchema, KwargsSchema>,
  handler: (args: Validated<ArgsSchema>, kwargs: Validated<KwargsSchema>, call: Invocation) => unknown,
): ProcedureHandler {
  return async (args, kwargs, call) => {
    const checked = await Promise.all([check(schemas.args, args, "args"), check(schemas.kwargs, kwargs, "kwargs")]);
    const value = await handler(
      checked[0] as Validated<ArgsSchema>,
      checked[1] as Validated<KwargsSchema>,
      call,
    );
    if (schemas.result === undefined) return value;
    return isGenerator(value) ? checkedAtItsEnd(value, schemas.result) : await checkResult(schemas.result, value);
  };
}

async function* checkedAtItsEnd(
  generator: AsyncIterable<unknown>,
  schema: StandardSchema,
): AsyncGenerator<unknown> {
  return await checkResult(schema, yield* generator);
}

async function checkResult(schema: StandardSchema, value: unknown): Promise<unknown> {
  if (!(value instanceof Result)) return await check(schema, value, "result");
  const { args, kwargs, options } = value;
  const checked = await check(schema, { args, kwargs }, "result") as Result;
  return new Result(checked.args, checked.kwargs, options);
}

async function check(schema: StandardSchema | undefined, value: unknown, name: string): Promise<unknown> {
  if (schema === undefined) return value;
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map((issue) => ({ path: pathOf(name, issue), message: issue.message }));
  throw new RemoteError(
    ErrorUri.invalidArgument,
    [issues.map(({ path, message }) => `${path}: ${message}`).join("; ")],
    { issues },
  );
}

function pathOf(name: string, { path = [] }: StandardIssue): string {
  return path.reduce<string>((before, segment) => {
    const key = typeof segment === "object" ? segment.key : segment;
    if (typeof key === "number" || /^\d+$/.test(String(key))) return `${before}[${String(key)}]`;
    return `${before}.${String(key)}`;
  }, name);
}

import type { ProcedureSchemas } from "../client/validated.ts";
import { WampError } from "../wire/errors.ts";
import { anything, arrayOf, checkOptions, groupRule } from "../wire/option_rules.ts";
import type { OptionRule, OptionRules } from "../wire/option_rules.ts";
import { isDict } from "../wire/values.ts";
import type { Args, Dict } from "../wire/values.ts";
import type { AppCall } from "./app_call.ts";
import { Parameters } from "./parameters.ts";
import type { Parameter } from "./parameters.ts";
import { RouteTable } from "./route_table.ts";
import type { RouteOptions, RoutePattern } from "./route_table.ts";

/**
 * Serves the calls of a route.
 *
 * What the groups of an expression hold comes first among the arguments, named ones among the keyword arguments; with `params`, args holds one value for
 * each of them. An array that it returns becomes args, a plain object kwargs, any other value one argument; `new Result(args, kwargs)` says both. A
 * `RemoteError` may be returned, yielded or thrown. What an async generator yields is progress, what it returns the result.
 */
export type RouteHandler<A extends readonly unknown[] = Args, K extends object = Dict> = {
  /** @ignore A method, so that a variable of this type takes handlers that say more of their arguments. */
  serve(args: A, kwargs: K, call: AppCall): unknown;
}["serve"];

/** What can be said of the route of a procedure. */
export interface ProcedureRouteOptions extends RouteOptions {
  /** The parameters, in the order in which the handler takes them (default: it takes what comes). */
  readonly params?: readonly (string | Parameter)[] | undefined;
  /** Standard Schema validators of args, kwargs and result (default: anything). */
  readonly schemas?: ProcedureSchemas | undefined;
}

/** The route of a procedure. */
export interface ProcedureRoute {
  /** Serves it. */
  readonly handler: RouteHandler;
  /** Its parameters, if it names them. */
  readonly parameters: Parameters | undefined;
  /** Its validators. */
  readonly schemas: ProcedureSchemas | undefined;
}

const schema: OptionRule = {
  expected: "a Standard Schema, as zod and others make them",
  allows: (value) =>
    typeof (value as { readonly "~standard"?: { readonly validate?: unknown } } | null)?.["~standard"]?.validate ===
      "function",
};

const rules: OptionRules = {
  match: anything,
  params: arrayOf("names, or { name, default }", (value) => typeof value === "string" || isDict(value)),
  schemas: groupRule({ args: schema, kwargs: schema, result: schema }),
};

/**
 * A set of procedures, to be written in one module and added to an app in another.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { createApp, ProcedureRoutes } from "@izaber/wamp/app";
 *
 * const rpc = new ProcedureRoutes();
 * rpc.route("com.example.greet", ([name, greeting]) => `${greeting} ${name}`, {
 *   params: ["name", { name: "greeting", default: "Hello" }],
 * });
 * rpc.route(/com\.example\.double\.(\d+)/, ([number]) => Number(number) * 2);
 *
 * const app = createApp({ realm: "realm1" });
 * app.add(rpc);
 * const wamp = await connect(app.router.local(), { realm: "realm1" });
 * if (await wamp.call("com.example.greet", [], { name: "you" }) !== "Hello you") throw new Error("unexpected");
 * if (await wamp.call("com.example.double.21") !== 42) throw new Error("unexpected");
 * await wamp.close();
 * await app.close();
 * ```
 */
export class ProcedureRoutes {
  /** @internal The routes. */
  readonly table: RouteTable<ProcedureRoute> = new RouteTable();

  /**
   * Adds a procedure.
   *
   * @param pattern Its URI, the beginning of many, or an expression.
   * @param handler Serves it.
   * @param options How it matches, and what it takes and gives.
   * @returns The set, to go on with.
   * @throws {WampError} `invalid_argument` when something is wrong, or there is such a route already.
   */
  route<A extends readonly unknown[] = Args, K extends object = Dict>(
    pattern: RoutePattern,
    handler: RouteHandler<A, K>,
    options: ProcedureRouteOptions = {},
  ): this {
    if (typeof handler !== "function") {
      throw new WampError(
        "invalid_argument",
        `Cannot add a route for ${
          String(pattern)
        }: the handler is no function; write route("com.example.name", (args) => ...)`,
      );
    }
    checkOptions(`Cannot add a route for ${String(pattern)}`, options, rules, '{ params: ["name"] }');
    const { params, schemas } = options;
    const parameters = params === undefined ? undefined : new Parameters(params);
    this.table.add(pattern, { handler: handler as unknown as RouteHandler, parameters, schemas }, options);
    return this;
  }
}

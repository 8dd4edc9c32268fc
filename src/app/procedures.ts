import { isGenerator } from "../client/generator.ts";
import type { Invocation } from "../client/invocation.ts";
import type { Result } from "../client/result.ts";
import { validated } from "../client/validated.ts";
import * as CloseUri from "../wire/close_uri.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { RemoteError } from "../wire/errors.ts";
import type { Args, Dict, WampValue } from "../wire/values.ts";
import { AppCall } from "./app_call.ts";
import type { AppSession } from "./app_session.ts";
import { outcomeOf } from "./outcome.ts";
import type { ArgumentFactory } from "./parameters.ts";
import { RouteTable } from "./route_table.ts";
import type { RouteMatch } from "./route_table.ts";
import type { ProcedureRoute } from "./procedure_routes.ts";

/** Serves the calls of an app: finds the route, brings the arguments in its form, and makes a result of what its handler gives. */
export class Procedures {
  /** The routes. */
  readonly table: RouteTable<ProcedureRoute> = new RouteTable();
  /** The arguments that the app provides. */
  readonly provided: Map<string, ArgumentFactory> = new Map();

  readonly #sessionOf: (id: number) => AppSession | undefined;

  /** @param sessionOf Finds a session by its id. */
  constructor(sessionOf: (id: number) => AppSession | undefined) {
    this.#sessionOf = sessionOf;
  }

  /**
   * Serves a call.
   *
   * @param args Positional arguments.
   * @param kwargs Keyword arguments.
   * @param invocation The call.
   * @returns The result, or a generator of progress that ends with it.
   * @throws {RemoteError} `wamp.error.no_such_procedure`, `wamp.error.invalid_argument`, or what the handler throws.
   */
  async serve(args: Args, kwargs: Dict, invocation: Invocation): Promise<unknown> {
    const { procedure, caller } = invocation;
    const found = this.table.find(procedure);
    if (found === undefined) throw new RemoteError(ErrorUri.noSuchProcedure, [`there is no procedure "${procedure}"`]);
    const session = this.#sessionOf(caller!);
    if (session === undefined) {
      throw new RemoteError(ErrorUri.canceled, [`the session is over: ${CloseUri.closeRealm}`]);
    }
    const value = await this.#run(found, args, kwargs, new AppCall(invocation, session), invocation);
    return isGenerator(value) ? outcomes(value) : outcomeOf(value);
  }

  async #run(
    { route, groups, named }: RouteMatch<ProcedureRoute>,
    args: Args,
    kwargs: Dict,
    call: AppCall,
    invocation: Invocation,
  ): Promise<unknown> {
    const { handler, parameters, schemas } = route;
    let givenArgs: readonly unknown[] = groups.length === 0 ? args : [...groups, ...args];
    let givenKwargs: Dict = {};
    if (parameters !== undefined) {
      givenArgs = await parameters.bind(givenArgs as Args, kwargs, call, this.provided, named);
    } else {
      givenKwargs = Object.keys(named).length === 0 ? kwargs : { ...kwargs, ...named };
    }
    if (schemas === undefined) return await handler(givenArgs as WampValue[], givenKwargs, call);
    const checked = validated(schemas, (args, kwargs) => handler(args as Args, kwargs as Dict, call));
    return await checked(givenArgs as WampValue[], givenKwargs, invocation);
  }
}

async function* outcomes(iterable: AsyncIterable<unknown>): AsyncGenerator<Result, Result> {
  const values = iterable[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value, done } = await values.next();
      const outcome = outcomeOf(value);
      if (done) return outcome;
      yield outcome;
    }
  } finally {
    await values.return?.();
  }
}

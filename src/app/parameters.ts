import * as ErrorUri from "../wire/error_uri.ts";
import { RemoteError, WampError } from "../wire/errors.ts";
import type { Args, Dict } from "../wire/values.ts";
import type { AppCall } from "./app_call.ts";

/** A parameter of a procedure. */
export interface Parameter {
  /** Its name: callers may say it by keyword as well as by position. */
  readonly name: string;
  /** What it is where the caller says nothing (default: the caller has to say it). */
  readonly default?: unknown;
  /** Makes what it is where the caller says nothing; asked at each such call. */
  readonly factory?: ((call: AppCall) => unknown) | undefined;
}

/** Makes an argument that callers cannot say. */
export type ArgumentFactory = (call: AppCall) => unknown;

/** The arguments that an app provides to the procedures that name them. */
export type Provided = ReadonlyMap<string, ArgumentFactory>;

/**
 * The parameters of one procedure, in the order in which its handler takes them.
 *
 * Names are said, and never read from the source of a function: bundlers shorten them.
 */
export class Parameters {
  readonly #parameters: readonly Parameter[];

  /**
   * @param parameters Names, or names with what holds where the caller says nothing.
   * @throws {WampError} `invalid_argument` when a name is missing or stands twice.
   */
  constructor(parameters: readonly (string | Parameter)[]) {
    this.#parameters = parameters.map((parameter) => typeof parameter === "string" ? { name: parameter } : parameter);
    const names = new Set<unknown>();
    for (const { name } of this.#parameters) {
      if (typeof name !== "string" || name === "" || names.has(name)) {
        throw new WampError(
          "invalid_argument",
          `Cannot take the parameter ${String(name)}: each needs a name, and one of its own`,
        );
      }
      names.add(name);
    }
  }

  /**
   * Brings the arguments of a call in the order of the parameters.
   *
   * @param args Positional arguments.
   * @param kwargs Keyword arguments.
   * @param call The call.
   * @param provided What the app provides; callers can neither say nor replace it.
   * @param named What the named groups of an expression hold; the parameters of these names are no others' position.
   * @returns One value for each parameter.
   * @throws {RemoteError} `wamp.error.invalid_argument` when an argument is missing, said twice or unknown; the text names it.
   */
  async bind(
    args: Args,
    kwargs: Dict,
    call: AppCall,
    provided: Provided,
    named: { readonly [name: string]: string | undefined } = {},
  ): Promise<unknown[]> {
    const isNamed = (name: string) => Object.hasOwn(named, name);
    const open = this.#parameters.filter(({ name }) => !provided.has(name));
    checkNames(open, Object.keys(named));
    const said = open.filter(({ name }) => !isNamed(name));
    checkArguments(said, args, Object.keys(kwargs).filter((name) => !isNamed(name)));
    let position = 0;
    const values = this.#parameters.map(async (parameter) => {
      const { name } = parameter;
      const factory = provided.get(name);
      if (factory !== undefined) return await factory(call);
      if (isNamed(name)) return named[name] ?? await fallback(parameter, call);
      const index = position++;
      const own = Object.hasOwn(kwargs, name) ? kwargs[name] : undefined;
      // A group of an expression may have matched nothing.
      const value = index < args.length ? args[index] : own;
      return value === undefined ? await fallback(parameter, call) : value;
    });
    return await Promise.all(values);
  }
}

function checkNames(parameters: readonly Parameter[], names: readonly string[]): void {
  const known = parameters.map(({ name }) => name);
  const usage = known.length === 0 ? "nothing" : known.join(", ");
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw invalid(`there is no parameter "${unknown}"; there are ${usage}`);
}

function checkArguments(said: readonly Parameter[], args: Args, keywords: readonly string[]): void {
  const names = said.map(({ name }) => name);
  const usage = names.length === 0 ? "nothing" : names.join(", ");
  if (args.length > said.length) {
    throw invalid(`${args.length} positional arguments, but at most ${said.length} are taken: ${usage}`);
  }
  checkNames(said, keywords);
  const twice = keywords.find((name) => names.indexOf(name) < args.length);
  if (twice !== undefined) throw invalid(`the argument "${twice}" is given twice, by position and by keyword`);
  const missing = said.findIndex((parameter, index) =>
    index >= args.length && !keywords.includes(parameter.name) && !hasFallback(parameter)
  );
  if (missing >= 0) throw invalid(`the argument "${names[missing]}" is missing; there are ${usage}`);
}

function hasFallback(parameter: Parameter): boolean {
  return parameter.factory !== undefined || "default" in parameter;
}

function fallback(parameter: Parameter, call: AppCall): unknown {
  return parameter.factory === undefined ? parameter.default : parameter.factory(call);
}

function invalid(text: string): RemoteError {
  return new RemoteError(ErrorUri.invalidArgument, [text]);
}

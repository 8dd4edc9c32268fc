import { Payload } from "../codec/payload.ts";
import { emptyArgs, emptyDict } from "../wire/values.ts";
import type { Args, Dict, SentArgs, SentKwargs } from "../wire/values.ts";
import { toPayload } from "./arguments.ts";
import type { Usage } from "./arguments.ts";
import type { PassthruOptions } from "./passthru.ts";

/**
 * What a procedure returns to answer with more than one value, or with keyword arguments.
 *
 * @example
 * ```ts
 * import { Result } from "@izaber/wamp";
 *
 * const divmod = ([a, b]: [number, number]) => new Result([Math.floor(a / b), a % b], { exact: a % b === 0 });
 * if (divmod([7, 2]).args[0] !== 3) throw new Error("unexpected");
 * ```
 */
export class Result {
  /** Positional results. */
  readonly args: SentArgs;
  /** Keyword results. */
  readonly kwargs: { readonly [name: string]: unknown };
  /** How they are to be read, where they are not for the router. */
  readonly options: PassthruOptions;

  /**
   * @param args Positional results (default none).
   * @param kwargs Keyword results (default none).
   * @param options How they are to be read, where they are not for the router (default nothing).
   */
  constructor(args: SentArgs = emptyArgs, kwargs: SentKwargs = emptyDict, options: PassthruOptions = emptyDict) {
    this.args = args;
    this.kwargs = kwargs as { readonly [name: string]: unknown };
    this.options = options;
  }
}

/** The whole answer to a call. */
export interface CallResult<A extends readonly unknown[] = Args> {
  /** Positional results. */
  readonly args: A;
  /** Keyword results. */
  readonly kwargs: Dict;
  /** What the router says of the result. */
  readonly details: Dict;
}

/**
 * Makes the payload of a YIELD from what a handler returned.
 *
 * @param value What it returned: a {@linkcode Result}, one value, or undefined for none.
 * @param procedure The procedure, for error texts.
 * @returns The payload.
 * @throws {WampError} `invalid_argument` when a `Result` holds no array or no plain object.
 */
export function resultPayload(value: unknown, procedure: string): Payload {
  if (value === undefined) return Payload.empty;
  if (!(value instanceof Result)) return Payload.of([value] as Args);
  const usage: Usage = { method: "return new Result for", uri: procedure };
  return toPayload(value.args, value.kwargs, usage);
}

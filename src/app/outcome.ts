import { Result } from "../client/result.ts";
import { WampError } from "../wire/errors.ts";
import { isDict } from "../wire/values.ts";

/**
 * Makes a result or an event of what a route's handler gave: an array stands for args, a plain object for kwargs, any other value for one argument.
 *
 * @param value What the handler returned or yielded.
 * @returns The args and kwargs.
 * @throws {RemoteError} When it is one: it may be returned and yielded as well as thrown.
 */
export function outcomeOf(value: unknown): Result {
  if (value instanceof Result) return value;
  if (WampError.is(value, "remote")) throw value;
  if (value === undefined) return new Result();
  if (Array.isArray(value)) return new Result(value);
  return isDict(value) ? new Result([], value) : new Result([value]);
}

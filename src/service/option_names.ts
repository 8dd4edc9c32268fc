import { describe } from "../wire/describe.ts";
import { WampError } from "../wire/errors.ts";
import { isDict } from "../wire/values.ts";

/**
 * Refuses options that there are not: one that is misspelt would be left out silently.
 *
 * @param task What they are for, for the error text, such as `run`.
 * @param options What was given.
 * @param names Those that there are.
 * @throws {WampError} `invalid_argument` when options are no plain object, or one of them is none of these; the message names it.
 */
export function checkOptionNames(task: string, options: object, names: readonly string[]): void {
  const known = names.join(", ");
  if (!isDict(options)) {
    throw new WampError("invalid_argument", `Cannot ${task}: options is ${describe(options)}, expected ${known}`);
  }
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new WampError("invalid_argument", `Cannot ${task}: there is no option "${unknown}"; there are ${known}`);
}

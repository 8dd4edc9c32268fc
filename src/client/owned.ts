import { emptyArgs, emptyDict } from "../wire/values.ts";
import type { Args, Dict } from "../wire/values.ts";

/**
 * Makes the positional arguments of a message those of the program that gets them, which may change them.
 *
 * @param args The arguments; where none came, the one list that everybody shares.
 * @returns The arguments; where none came, a list of its own.
 */
export function ownArgs(args: Args): Args {
  return args === emptyArgs ? [] : args;
}

/**
 * Makes the keyword arguments of a message those of the program that gets them, which may change them.
 *
 * @param kwargs The arguments; where none came, the one dictionary that everybody shares.
 * @returns The arguments; where none came, a dictionary of its own.
 */
export function ownKwargs(kwargs: Dict): Dict {
  return kwargs === emptyDict ? {} : kwargs;
}

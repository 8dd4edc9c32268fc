import { describe } from "../wire/describe.ts";
import { WampError } from "../wire/errors.ts";
import { anything, checkOptions } from "../wire/option_rules.ts";
import type { OptionRules } from "../wire/option_rules.ts";

/** Who is refused when the waiting list is full: who comes, or who has waited longest. */
export type RejectPolicy = "newest" | "oldest";

/** What a queue goes by; each of these can be changed while it works. */
export interface QueueOptions {
  /** How many may run at once (default any number). */
  readonly limit?: number | undefined;
  /** How many may wait (default any number). */
  readonly waiting?: number | undefined;
  /** How long one may wait, in milliseconds (default any time). */
  readonly maxWait?: number | undefined;
  /** Whether callers take turns, so that many calls of one do not hold up the few of another (default true). */
  readonly fair?: boolean | undefined;
  /** Who is refused when the waiting list is full (default `"newest"`). */
  readonly reject?: RejectPolicy | undefined;
}

/** What a queue goes by, the defaults filled in. */
export type AllQueueOptions = { readonly [Name in keyof QueueOptions]-?: NonNullable<QueueOptions[Name]> };

const DEFAULTS: AllQueueOptions = {
  limit: Infinity,
  waiting: Infinity,
  maxWait: Infinity,
  fair: true,
  reject: "newest",
};

/** What each has to be is said below, where it may be infinite. */
const NAMES: OptionRules = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, anything]));

/**
 * Checks the options of a queue.
 *
 * @param name The queue, for the error text.
 * @param options What was given.
 * @param before What holds where nothing was given (default the defaults).
 * @returns All options.
 * @throws {WampError} `invalid_argument`; the message names the option, its value and what was expected.
 */
export function queueOptions(
  name: string,
  options: QueueOptions,
  before: AllQueueOptions = DEFAULTS,
): AllQueueOptions {
  const refuse = (option: string, value: unknown, expected: string) =>
    new WampError(
      "invalid_argument",
      `Cannot set up the queue "${name}": ${option} is ${describe(value)}, expected ${expected}`,
    );
  checkOptions(`Cannot set up the queue "${name}"`, options, NAMES, "{ limit: 2 }");
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const all: AllQueueOptions = { ...before, ...given };
  for (const [option, least] of [["limit", 1], ["waiting", 0], ["maxWait", 0]] as const) {
    const value = all[option];
    const whole = option === "maxWait" || value === Infinity || Number.isInteger(value);
    if (!(typeof value === "number" && value >= least && whole)) {
      throw refuse(option, value, `a ${option === "maxWait" ? "" : "whole "}number from ${least} on, or Infinity`);
    }
  }
  if (typeof all.fair !== "boolean") throw refuse("fair", all.fair, "true or false");
  if (all.reject !== "newest" && all.reject !== "oldest") throw refuse("reject", all.reject, '"newest" or "oldest"');
  return all;
}

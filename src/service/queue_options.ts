import { checkOptions, flag, numberRule, oneOf, orInfinity, said } from "../wire/option_rules.ts";
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

const RULES: OptionRules = {
  limit: orInfinity(numberRule(1, undefined, "whole")),
  waiting: orInfinity(numberRule(0, undefined, "whole")),
  maxWait: orInfinity(numberRule(0)),
  fair: flag,
  reject: oneOf("newest", "oldest"),
};

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
  checkOptions(`Cannot set up the queue "${name}"`, options, RULES, "{ limit: 2 }");
  return { ...before, ...said(options) } as AllQueueOptions;
}

import { describe } from "../client/arguments.ts";
import { WampError } from "../wire/errors.ts";

/** Who is refused when the waiting list is full: who comes, or who has waited longest. */
export type RejectPolicy = "newest" | "oldest";

/** What a queue goes by; each of these can be changed while it works. */
export interface QueueOptions {
  /** How many may run at once (default any number). */
  readonly limit?: number;
  /** How many may wait (default any number). */
  readonly waiting?: number;
  /** How long one may wait, in milliseconds (default any time). */
  readonly maxWait?: number;
  /** Whether callers take turns, so that many calls of one do not hold up the few of another (default true). */
  readonly fair?: boolean;
  /** Who is refused when the waiting list is full (default `"newest"`). */
  readonly reject?: RejectPolicy;
}

const DEFAULTS: Required<QueueOptions> = {
  limit: Infinity,
  waiting: Infinity,
  maxWait: Infinity,
  fair: true,
  reject: "newest",
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
  before: Required<QueueOptions> = DEFAULTS,
): Required<QueueOptions> {
  const refuse = (option: string, value: unknown, expected: string) =>
    new WampError(
      "invalid_argument",
      `Cannot set up the queue "${name}": ${option} is ${describe(value)}, expected ${expected}`,
    );
  for (const option of Object.keys(options)) {
    if (!Object.hasOwn(DEFAULTS, option)) {
      throw new WampError(
        "invalid_argument",
        `Cannot set up the queue "${name}": there is no option "${option}"; there are ${
          Object.keys(DEFAULTS).join(", ")
        }`,
      );
    }
  }
  const all = { ...before, ...options };
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

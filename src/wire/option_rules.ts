import { describe } from "./describe.ts";
import { WampError } from "./errors.ts";
import { isUri } from "./uri.ts";
import { isDict } from "./values.ts";

/** What the value of one option has to be. */
export interface OptionRule {
  /** In words, such as `a number of at least 0`. */
  readonly expected: string;
  /** Whether it is that. */
  readonly allows: (value: unknown) => boolean;
  /** Whether there is no default for it (default false). */
  readonly required?: boolean;
  /** What the options are that it consists of (default: none are looked at). */
  readonly within?: OptionRules;
}

/** What options there are, and what each has to be. */
export type OptionRules = { readonly [name: string]: OptionRule };

/** An option whose value somebody else checks. */
export const anything: OptionRule = { expected: "anything", allows: () => true };

/**
 * Makes the rule of an option that is a URI.
 *
 * @param example What it may look like.
 * @param others What else it may be.
 * @returns The rule.
 */
export function uriRule(example: string, ...others: unknown[]): OptionRule {
  return {
    expected: `a URI such as "${example}"`,
    allows: (value) => others.includes(value) || (typeof value === "string" && isUri(value)),
  };
}

/**
 * Makes the rule of an option that is a number.
 *
 * @param least The least that it may be.
 * @param most The most (default any number that is safe).
 * @returns The rule.
 */
export function numberRule(least: number, most: number = Infinity): OptionRule {
  return {
    expected: most === Infinity ? `a number of at least ${least}` : `a number from ${least} to ${most}`,
    allows: (value) => typeof value === "number" && value >= least && value <= Math.min(most, Number.MAX_SAFE_INTEGER),
  };
}

/**
 * Makes the rule of an option that consists of options.
 *
 * @param within What these are.
 * @param others What else it may be.
 * @returns The rule.
 */
export function groupRule(within: OptionRules, ...others: unknown[]): OptionRule {
  return {
    expected: `an object with ${Object.keys(within).join(", ")}`,
    allows: (value) => others.includes(value) || isDict(value),
    within,
  };
}

/**
 * Checks options.
 *
 * @param cannot What they are for, for the error text, such as `Cannot make a client`.
 * @param options What was given.
 * @param rules What there is.
 * @param example What options may look like, for the error text.
 * @throws {WampError} `invalid_argument`; the message names the option, its value and what was expected.
 */
export function checkOptions(cannot: string, options: unknown, rules: OptionRules, example: string): void {
  if (isDict(options)) return check(cannot, "", options, rules);
  throw new WampError(
    "invalid_argument",
    `${cannot}: options is ${describe(options)}, expected an object such as ${example}`,
  );
}

function check(
  cannot: string,
  path: string,
  options: { readonly [name: string]: unknown },
  rules: OptionRules,
): void {
  const refuse = (text: string) => new WampError("invalid_argument", `${cannot}: ${text}`);
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(rules, name));
  if (unknown !== undefined) {
    throw refuse(`there is no option "${path}${unknown}"; there are ${Object.keys(rules).join(", ")}`);
  }
  for (const [name, { allows, expected, required, within }] of Object.entries(rules)) {
    const value = options[name];
    if (value === undefined && required !== true) continue;
    if (!allows(value)) throw refuse(`the option ${path}${name} is ${describe(value)}, expected ${expected}`);
    if (within !== undefined && isDict(value)) check(cannot, `${path}${name}.`, value, within);
  }
}

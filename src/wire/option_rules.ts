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

/** An option that is on or off. */
export const flag: OptionRule = { expected: "true or false", allows: (value) => typeof value === "boolean" };

/** An option that is a text. */
export const text: OptionRule = { expected: "a text", allows: (value) => typeof value === "string" };

/** An option that is a limit, which may be infinite. */
export const aboveZero: OptionRule = {
  expected: "a number above 0",
  allows: (value) => typeof value === "number" && value > 0,
};

/**
 * Makes the rule of an option that is one of some words.
 *
 * @param words The words.
 * @returns The rule.
 */
export function oneOf(...words: string[]): OptionRule {
  return {
    expected: words.map((word) => `"${word}"`).join(" or "),
    allows: (value) => words.includes(value as string),
  };
}

/**
 * Makes the rule of an option that is a function.
 *
 * @param expected What it is called with, in words, such as `(error) => void`.
 * @returns The rule.
 */
export function callable(expected: string): OptionRule {
  return { expected, allows: (value) => typeof value === "function" };
}

/**
 * Makes the rule of an option that is an object which does its work by methods; it may be one of a class.
 *
 * @param expected What it is, in words.
 * @param names The methods that it has to have.
 * @returns The rule.
 */
export function withMethods(expected: string, ...names: string[]): OptionRule {
  return {
    expected,
    allows: (value) =>
      names.every((name) => typeof (value as { readonly [name: string]: unknown } | null)?.[name] === "function"),
  };
}

/** An option that says when something is no longer wanted. */
export const signalRule: OptionRule = withMethods("an AbortSignal", "addEventListener");

/** An option that says where time comes from. */
export const clockRule: OptionRule = withMethods("a clock: { now, timer }", "now", "timer");

/** An option that says where randomness comes from. */
export const randomRule: OptionRule = withMethods("a source of randomness: { bytes, number }", "bytes", "number");

/**
 * Makes the rule of an option that is an array.
 *
 * @param what What is in it, in words, such as `texts`.
 * @param allows Whether a value may be in it.
 * @returns The rule.
 */
export function arrayOf(what: string, allows: OptionRule["allows"]): OptionRule {
  return { expected: `an array of ${what}`, allows: (value) => Array.isArray(value) && value.every(allows) };
}

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
 * @param kind What kind of number (default any).
 * @returns The rule.
 */
export function numberRule(
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
  kind: "finite" | "whole" = "finite",
): OptionRule {
  const range = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of at least ${least}`;
  return {
    expected: `a ${kind} number ${range}`,
    allows: (value) =>
      typeof value === "number" && value >= least && value <= most &&
      (kind === "finite" || Number.isInteger(value)),
  };
}

/**
 * Makes the rule of an option that is a limit, which there may be none of.
 *
 * @param rule What it has to be else.
 * @returns The rule.
 */
export function orInfinity({ expected, allows }: OptionRule): OptionRule {
  return { expected: `${expected}, or Infinity`, allows: (value) => value === Infinity || allows(value) };
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

/**
 * Checks one value by itself, such as one of an array.
 *
 * @param cannot What it is for, for the error text.
 * @param place Where it stands, such as `authenticators[0]`.
 * @param value What was given.
 * @param rule What it has to be.
 * @throws {WampError} `invalid_argument`; the message names the place, the value and what was expected.
 */
export function checkOption(cannot: string, place: string, value: unknown, rule: OptionRule): void {
  check(cannot, "", { [place]: value }, { [place]: { ...rule, required: true } });
}

function check(
  cannot: string,
  path: string,
  options: { readonly [name: string]: unknown },
  rules: OptionRules,
): void {
  for (const name of Object.keys({ ...options, ...rules })) {
    const value = options[name];
    const wrong = wrongOption(name, value, rules, path);
    if (wrong !== undefined) throw new WampError("invalid_argument", `${cannot}: ${wrong}`);
    const within = rules[name]?.within;
    if (within !== undefined && isDict(value)) check(cannot, `${path}${name}.`, value, within);
  }
}

/**
 * Says what is wrong with one option.
 *
 * @param name Its name.
 * @param value Its value.
 * @param rules What there is.
 * @param path What it is within, with a dot at the end (default nothing).
 * @param own What else there is, for the error text (default nothing).
 * @param others What there may be besides, in words (default nothing).
 * @returns The text, or undefined when nothing is wrong.
 */
export function wrongOption(
  name: string,
  value: unknown,
  rules: OptionRules,
  path: string = "",
  own: readonly string[] = [],
  others: string = "",
): string | undefined {
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  if (rule === undefined) {
    return `there is no option "${path}${name}"; there are ${[...own, ...Object.keys(rules)].join(", ")}${others}`;
  }
  if ((value === undefined && rule.required !== true) || rule.allows(value)) return;
  return `the option ${path}${name} is ${describe(value)}, expected ${rule.expected}`;
}

/**
 * Leaves out what is undefined, so that it does not stand above a default.
 *
 * @param options The options.
 * @returns Those that say something.
 */
export function said<Options extends object>(options: Options | undefined): Options {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as Options;
}

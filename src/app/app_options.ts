import { commonRules, ownMethod, slowSubscribersRule } from "../router/router_options.ts";
import { callable, checkOption, checkOptions, uriRule } from "../wire/option_rules.ts";
import type { OptionRule, OptionRules } from "../wire/option_rules.ts";

const { limits, clock, onError } = commonRules;

const authenticator: OptionRule = {
  expected: "a function such as (request) => ({ authid }), or { method, begin }",
  allows: (value) => typeof value === "function" || ownMethod.allows(value),
};

const appRules: OptionRules = {
  realm: { ...uriRule("realm1"), required: true },
  authenticators: {
    expected: 'an array of authenticators, such as [() => ({ authid: "guest" })]',
    allows: Array.isArray,
  },
  identify: callable("(principal, request) => identity"),
  limits,
  slowSubscribers: slowSubscribersRule,
  onError,
  clock,
};

/**
 * Checks what an app is made with.
 *
 * @param options What was given.
 * @throws {WampError} `invalid_argument`; the message names the option, its value and what was expected.
 */
export function checkAppOptions(options: unknown): void {
  const cannot = "Cannot make an app";
  checkOptions(cannot, options, appRules, '{ realm: "realm1" }');
  const { authenticators = [] } = options as { authenticators?: unknown[] };
  for (const [index, one] of authenticators.entries()) {
    checkOption(cannot, `authenticators[${index}]`, one, authenticator);
  }
}

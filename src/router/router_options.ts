import { serializersRule } from "../codec/negotiation.ts";
import { describe } from "../wire/describe.ts";
import {
  callable,
  checkOption,
  checkOptions,
  clockRule,
  flag,
  groupRule,
  numberRule,
  oneOf,
  randomRule,
  text,
  uriRule,
  withMethods,
} from "../wire/option_rules.ts";
import type { OptionRule, OptionRules } from "../wire/option_rules.ts";
import { WampError } from "../wire/errors.ts";
import { isDict } from "../wire/values.ts";
import { historyTopicsRule } from "./event_history.ts";
import { limitsRule } from "./limits.ts";

/** A token of HTTP; what else a name has would end it, or the header. */
const COOKIE_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** What an object may have that does its work by methods; it may be one of a class. */
type Methods = { readonly [name: string]: unknown } | null | undefined;

/** What a router has in common with what is built around one. */
export const commonRules: Readonly<Record<"limits" | "serializers" | "clock" | "random" | "onError", OptionRule>> = {
  limits: limitsRule,
  serializers: serializersRule,
  clock: clockRule,
  random: randomRule,
  onError: callable("(error) => void"),
};

const routerRules: OptionRules = {
  realms: { expected: 'an array of realms, such as [openRealm("realm1")]', allows: Array.isArray, required: true },
  onDemand: {
    expected: "true, or (name) => the options of a realm",
    allows: (value) => value === true || typeof value === "function",
  },
  ...commonRules,
  cookies: withMethods("what memoryCookies() gives", "handshake", "recall", "remember", "forget"),
  agent: text,
};

const cookieRules: OptionRules = {
  name: {
    expected: 'a name of letters, digits and such signs as "-", such as "cbtid"',
    allows: (value) => typeof value === "string" && COOKIE_NAME.test(value),
  },
  maxAge: numberRule(1, undefined, "whole"),
  secure: flag,
  clock: clockRule,
  random: randomRule,
};

/** What a realm does with subscribers that do not keep up. */
export const slowSubscribersRule: OptionRule = oneOf("drop-newest", "drop-oldest", "disconnect");

/** An authorizer or authenticator that is a procedure. */
const asked: OptionRules = { procedure: { ...uriRule("com.example.name"), required: true }, timeout: numberRule(1) };
/** An authenticator that is an object. */
export const ownMethod: OptionRule = {
  expected: "{ method, begin } or { method, procedure }",
  allows: (value) =>
    typeof (value as Methods)?.["method"] === "string" && typeof (value as Methods)?.["begin"] === "function",
};

const realmRules: OptionRules = {
  name: { ...uriRule("realm1"), required: true },
  authenticators: {
    expected: "an array of authenticators, such as [anonymousAuthenticator()]",
    allows: Array.isArray,
    required: true,
  },
  authorizer: {
    expected: "{ authorize(session, action, uri) } or { procedure }",
    allows: (value) => isProcedure(value) || typeof (value as Methods)?.["authorize"] === "function",
  },
  uriRules: oneOf("loose", "strict"),
  strict: flag,
  timeoutUnit: oneOf("milliseconds", "seconds"),
  slowSubscribers: slowSubscribersRule,
  history: groupRule({
    topics: { ...historyTopicsRule, required: true },
    store: withMethods("what memoryHistory() gives", "append", "events"),
  }),
  observer: withMethods("an object with joined, left and loggedOut", "joined", "left", "loggedOut"),
};

/**
 * Checks what a router is made of, but for its realms.
 *
 * @param options What was given.
 * @throws {WampError} `invalid_argument`; the message names the option, its value and what was expected.
 */
export function checkRouterOptions(options: unknown): void {
  checkOptions("Cannot make a router", options, routerRules, '{ realms: [openRealm("realm1")] }');
}

/**
 * Checks the options of `memoryCookies`.
 *
 * @param options What was given.
 * @throws {WampError} `invalid_argument`; the message names the option, its value and what was expected.
 */
export function checkCookieOptions(options: unknown): void {
  checkOptions("Cannot keep cookies", options, cookieRules, "{ maxAge: 3_600 }");
}

/**
 * Checks what a realm is.
 *
 * @param options What was given.
 * @throws {WampError} `invalid_argument`; the message names the realm, the option, its value and what was expected.
 */
export function checkRealmOptions(options: unknown): void {
  const { name, authenticators, authorizer } = isDict(options) ? options : {};
  const cannot = `Cannot open ${name === undefined ? "a realm" : `realm ${describe(name)}`}`;
  checkOptions(cannot, options, realmRules, '{ name: "realm1", authenticators: [anonymousAuthenticator()] }');
  if (isProcedure(authorizer)) checkOption(cannot, "authorizer", authorizer, groupRule(asked));
  const methods = new Set<unknown>();
  for (const [index, one] of (authenticators as unknown[]).entries()) {
    const place = `authenticators[${index}]`;
    checkOption(
      cannot,
      place,
      one,
      isProcedure(one) ? groupRule({ method: { ...text, required: true }, ...asked }) : ownMethod,
    );
    const { method } = one as { readonly method: string };
    if (methods.has(method)) {
      throw new WampError(
        "invalid_argument",
        `${cannot}: ${place} is a second one for ${describe(method)}; make one of the two, for only one can be asked`,
      );
    }
    methods.add(method);
  }
}

function isProcedure(value: unknown): boolean {
  return (value as Methods)?.["procedure"] !== undefined;
}

import { describe } from "../wire/describe.ts";
import { anything, checkOptions, flag, groupRule, numberRule, oneOf, text, uriRule } from "../wire/option_rules.ts";
import type { OptionRule, OptionRules } from "../wire/option_rules.ts";
import { WampError } from "../wire/errors.ts";
import { isDict } from "../wire/values.ts";
import { limitRules } from "./limits.ts";

/** What an object has that does its work by methods; it may be one of a class. */
type Methods = { readonly [name: string]: unknown } | null | undefined;

const callable: OptionRule = {
  expected: "(error) => void",
  allows: (value) => typeof value === "function",
};

function withMethods(expected: string, ...names: string[]): OptionRule {
  return { expected, allows: (value) => names.every((name) => typeof (value as Methods)?.[name] === "function") };
}

const routerRules: OptionRules = {
  realms: { expected: 'an array of realms, such as [openRealm("realm1")]', allows: Array.isArray, required: true },
  onDemand: {
    expected: "true, or (name) => the options of a realm",
    allows: (value) => value === true || typeof value === "function",
  },
  limits: { ...groupRule(limitRules), expected: "an object such as { sessions: 1_000 }" },
  cookies: withMethods("what memoryCookies() gives", "handshake", "recall", "remember", "forget"),
  serializers: {
    expected: "at least one serializer",
    allows: (value) => Array.isArray(value) && value.length > 0,
  },
  agent: text,
  clock: anything,
  random: anything,
  onError: callable,
};

/** An authorizer or authenticator that is a procedure. */
const asked: OptionRules = { procedure: { ...uriRule("com.example.name"), required: true }, timeout: numberRule(1) };
/** One that is an object. */
const ownMethod: OptionRule = {
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
  history: groupRule({
    topics: { expected: "an array of { uri, match, limit }", allows: Array.isArray, required: true },
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
 * Checks what a realm is.
 *
 * @param options What was given.
 * @throws {WampError} `invalid_argument`; the message names the realm, the option, its value and what was expected.
 */
export function checkRealmOptions(options: unknown): void {
  const { name, authenticators, authorizer } = isDict(options) ? options : {};
  const cannot = `Cannot open ${name === undefined ? "a realm" : `realm ${describe(name)}`}`;
  checkOptions(cannot, options, realmRules, '{ name: "realm1", authenticators: [anonymousAuthenticator()] }');
  if (isProcedure(authorizer)) checkOne(cannot, "authorizer", authorizer, groupRule(asked));
  const methods = new Set<unknown>();
  for (const [index, one] of (authenticators as unknown[]).entries()) {
    const place = `authenticators[${index}]`;
    checkOne(
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

function checkOne(cannot: string, place: string, value: unknown, rule: OptionRule): void {
  checkOptions(cannot, { [place]: value }, { [place]: { ...rule, required: true } }, "");
}

function isProcedure(value: unknown): boolean {
  return (value as Methods)?.["procedure"] !== undefined;
}

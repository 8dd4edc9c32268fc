import { historyTopics, historyTopicsRule } from "../router/event_history.ts";
import type { HistoryTopic } from "../router/event_history.ts";
import { commonRules, slowSubscribersRule } from "../router/router_options.ts";
import {
  checkOption,
  checkOptions,
  flag,
  groupRule,
  numberRule,
  orInfinity,
  uriRule,
  withMethods,
} from "../wire/option_rules.ts";
import type { OptionRule, OptionRules } from "../wire/option_rules.ts";
import { closed } from "./leniency.ts";
import type { LoginSource } from "./login_sources.ts";
import { MAX_ROUNDS } from "./password_hash.ts";
import type { Seed } from "./seed.ts";
import { storeRule } from "./store.ts";
import { isTimeZone } from "./warning_schedule.ts";

const limit = orInfinity(numberRule(0));
const count = orInfinity(numberRule(0, undefined, "whole"));

/** What the realm is named by. */
export const realmRule: OptionRule = uriRule("izaber");
/** What metadata may need. */
export const metadataLimitRules: OptionRules = { valueBytes: limit, keys: limit, userBytes: limit };
/** What rosters may need. */
export const rosterLimitRules: OptionRules = { entries: limit, dataBytes: limit, userBytes: limit };

const seed: OptionRule = {
  expected: "what parseSeed() gives",
  allows: (value) => {
    const { file, text, roles, restrictions, users } = (value ?? {}) as Partial<Seed>;
    return typeof file === "string" && typeof text === "string" && roles instanceof Map &&
      restrictions instanceof Map && Array.isArray(users);
  },
};

const loginSource: OptionRule = {
  expected: "{ name, judge }",
  allows: (value) => {
    const { name, judge } = (value ?? {}) as Partial<LoginSource>;
    return typeof name === "string" && typeof judge === "function";
  },
};

const identityRules: OptionRules = {
  loginSources: { expected: "an array of { name, judge }", allows: Array.isArray },
  cookies: groupRule({ maxAge: numberRule(1, undefined, "whole"), secure: flag }),
  audit: groupRule({ logins: count, changes: count }),
  leniency: groupRule(Object.fromEntries(Object.keys(closed).map((name) => [name, flag]))),
};

const dataRules: OptionRules = {
  metadataLimits: groupRule(metadataLimitRules),
  rosterLimits: groupRule(rosterLimitRules),
  directory: withMethods("what ldapDirectory() or fileDirectory() gives", "users", "groups", "authenticate"),
  startupSync: flag,
  startupReset: flag,
  startupVacuum: flag,
  notificationGrace: limit,
  zombieLifespan: limit,
  timeZone: { expected: 'a time zone such as "America/Vancouver"', allows: isTimeZone },
};

const nexusRules: OptionRules = {
  store: { ...storeRule, required: true },
  realm: realmRule,
  seed,
  passwordRounds: numberRule(1, MAX_ROUNDS, "whole"),
  slowSubscribers: slowSubscribersRule,
  history: historyTopicsRule,
  ...commonRules,
  ...identityRules,
  ...dataRules,
};

/**
 * Checks what a Nexus is made of.
 *
 * @param options What was given.
 * @throws {WampError} `invalid_argument`; the message names the option or the topic, its value and what was expected.
 */
export function checkNexusOptions(options: unknown): void {
  const cannot = "Cannot start a Nexus";
  checkOptions(cannot, options, nexusRules, "{ store: memoryStore() }");
  const { loginSources = [], history = [] } = options as { loginSources?: unknown[]; history?: HistoryTopic[] };
  for (const [index, one] of loginSources.entries()) checkOption(cannot, `loginSources[${index}]`, one, loginSource);
  historyTopics(history);
}

/**
 * Checks what is given as a seed.
 *
 * @param given What was given.
 * @throws {WampError} `invalid_argument` when it is none.
 */
export function checkSeed(given: unknown): void {
  checkOption("Cannot apply a seed", "seed", given, seed);
}

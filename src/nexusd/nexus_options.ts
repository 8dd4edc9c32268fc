import { historyTopics } from "../router/event_history.ts";
import type { HistoryTopic } from "../router/event_history.ts";
import { commonRules } from "../router/router_options.ts";
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
import { isTimeZone } from "./warning_schedule.ts";

const limit = orInfinity(numberRule(0));
const count = orInfinity(numberRule(0, undefined, "whole"));

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
  metadataLimits: groupRule({ valueBytes: limit, keys: limit, userBytes: limit }),
  rosterLimits: groupRule({ entries: limit, dataBytes: limit, userBytes: limit }),
  directory: withMethods("what ldapDirectory() or fileDirectory() gives", "users", "groups", "authenticate"),
  startupSync: flag,
  startupReset: flag,
  startupVacuum: flag,
  notificationGrace: limit,
  zombieLifespan: limit,
  timeZone: { expected: 'a time zone such as "America/Vancouver"', allows: isTimeZone },
};

const nexusRules: OptionRules = {
  store: {
    ...withMethods("what openSqliteStore() or memoryStore() gives", "get", "list", "write", "close"),
    required: true,
  },
  realm: uriRule("izaber"),
  seed,
  passwordRounds: numberRule(1, MAX_ROUNDS, "whole"),
  history: { expected: "an array of { uri, match, limit }", allows: Array.isArray },
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

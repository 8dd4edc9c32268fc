import {
  aboveZero,
  anything,
  arrayOf,
  checkOptions,
  clockRule,
  flag,
  groupRule,
  numberRule,
  oneOf,
  orInfinity,
  randomRule,
  text,
} from "../wire/option_rules.ts";
import type { OptionRule, OptionRules } from "../wire/option_rules.ts";

const host: OptionRule = { expected: 'an address such as "127.0.0.1"', allows: isFilledText };
const port = numberRule(0, 65_535, "whole");
const path: OptionRule = {
  expected: 'a path that begins with "/" and does not end with one, such as "/lp"',
  allows: (value) => isPath(value) && !value.endsWith("/"),
};
/** What each limit of a listener has to be. */
export const listenLimitRules: OptionRules = {
  connections: aboveZero,
  connectionsPerAddress: aboveZero,
  connectionsPerMinute: aboveZero,
};
/** What is in it is looked at when it is used. */
const pem: OptionRule = {
  expected: "a text in PEM",
  allows: (value) => value !== undefined && value !== null,
  required: true,
};
const tls = groupRule({
  cert: pem,
  key: pem,
  ca: anything,
  clientCertificate: oneOf("request", "require"),
});

/** What every way of serving has. */
const common: OptionRules = {
  limits: groupRule(listenLimitRules),
  pingInterval: numberRule(0),
  pingTimeout: numberRule(0),
  closeTimeout: numberRule(0),
  highWaterMark: orInfinity(numberRule(0)),
  maxMessageSize: numberRule(1),
  clock: clockRule,
};

const origins = arrayOf('origins such as ["https://example.com"]', text.allows);

const mountRules: OptionRules = {
  paths: arrayOf('paths that begin with "/", such as ["/ws"]', isPath),
  origins: {
    expected: `${origins.expected}, or (origin, host) => boolean`,
    allows: (value) => typeof value === "function" || origins.allows(value),
  },
  proxies: arrayOf('addresses such as ["10.0.0.1"]', text.allows),
  longPoll: groupRule(
    {
      path,
      holdTime: numberRule(0),
      sessionTimeout: numberRule(1),
      bodyTimeout: numberRule(1),
      answerSize: numberRule(1),
    },
    true,
    false,
  ),
  compression: flag,
  random: randomRule,
  ...common,
};

const listenRules: OptionRules = {
  port,
  hostname: host,
  tls,
  handshakeTimeout: numberRule(1),
  ...mountRules,
};

const rawSocketRules: OptionRules = {
  port,
  hostname: host,
  path: {
    expected: 'a path such as "/run/nexus.socket"',
    allows: isFilledText,
  },
  tls,
  handshakeTimeout: numberRule(1),
  ...common,
};

/**
 * Checks the options of `mountNode`, `mountDeno` and `mountBun`.
 *
 * @param options What was given.
 * @throws {WampError} `invalid_argument`; the message names the option, its value and what was expected.
 */
export function checkMountOptions(options: unknown): void {
  checkOptions("Cannot mount the router", options, mountRules, '{ paths: ["/ws"] }');
}

/**
 * Checks the options of `listen`.
 *
 * @param options What was given.
 * @throws {WampError} `invalid_argument`; the message names the option, its value and what was expected.
 */
export function checkListenOptions(options: unknown): void {
  checkOptions("Cannot listen", options, listenRules, "{ port: 8080 }");
}

/**
 * Checks the options of `listenRawSocket`.
 *
 * @param options What was given.
 * @throws {WampError} `invalid_argument`; the message names the option, its value and what was expected.
 */
export function checkRawSocketOptions(options: unknown): void {
  checkOptions("Cannot listen for RawSocket", options, rawSocketRules, "{ port: 18080 }");
}

// An empty host would be every address of this machine.
function isFilledText(value: unknown): boolean {
  return text.allows(value) && value !== "";
}

function isPath(value: unknown): value is string {
  return typeof value === "string" && value.startsWith("/");
}

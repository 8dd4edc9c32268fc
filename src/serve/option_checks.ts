import { anything, checkOptions, groupRule, numberRule } from "../wire/option_rules.ts";
import type { OptionRule, OptionRules } from "../wire/option_rules.ts";

const flag: OptionRule = { expected: "true or false", allows: (value) => typeof value === "boolean" };
const some: OptionRule = {
  expected: "a number above 0",
  allows: (value) => typeof value === "number" && value > 0,
};
const host: OptionRule = { expected: 'an address such as "127.0.0.1"', allows: isText };
const port: OptionRule = {
  expected: "a whole number from 0 to 65535",
  allows: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535,
};
const path: OptionRule = { expected: 'a path that begins with "/", such as "/lp"', allows: isPath };
const limits = groupRule({ connections: some, connectionsPerAddress: some, connectionsPerMinute: some });
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
  clientCertificate: {
    expected: '"request" or "require"',
    allows: (value) => value === "request" || value === "require",
  },
});

/** What every way of serving has. */
const common: OptionRules = {
  limits,
  pingInterval: numberRule(0),
  pingTimeout: numberRule(0),
  closeTimeout: numberRule(0),
  highWaterMark: numberRule(0),
  maxMessageSize: numberRule(1),
  clock: anything,
};

const mountRules: OptionRules = {
  paths: {
    expected: 'an array of paths that begin with "/", such as ["/ws"]',
    allows: (value) => Array.isArray(value) && value.every(isPath),
  },
  origins: {
    expected: 'an array of origins such as ["https://example.com"], or (origin, host) => boolean',
    allows: (value) => typeof value === "function" || isTexts(value),
  },
  proxies: { expected: 'an array of addresses such as ["10.0.0.1"]', allows: isTexts },
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
  random: anything,
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
  path: { expected: 'a path such as "/run/nexus.socket"', allows: (value) => isText(value) && value !== "" },
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

/**
 * Leaves out what is undefined, so that it does not stand above a default.
 *
 * @param options The options.
 * @returns Those that say something.
 */
export function said<Options extends object>(options: Options | undefined): Options {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as Options;
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

function isPath(value: unknown): boolean {
  return typeof value === "string" && value.startsWith("/");
}

import { aboveZero, checkOptions, flag, oneOf, text } from "../wire/option_rules.ts";
import type { OptionRules } from "../wire/option_rules.ts";
import { isDict } from "../wire/values.ts";

/** What every dialer has that goes through HTTP. */
export const httpRules: OptionRules = {
  headers: {
    expected: 'an object of texts such as { cookie: "a=b" }',
    allows: (value) => isDict(value) && Object.values(value).every(text.allows),
  },
  batched: flag,
  highWaterMark: aboveZero,
  maxMessageSize: aboveZero,
};

/** What every dialer of a WebSocket has. */
export const webSocketRules: OptionRules = { ...httpRules, batchSeparator: oneOf("\x1e", "\x18") };

/**
 * Checks what a dialer is made with.
 *
 * @param options What was given.
 * @param rules What there is.
 * @throws {WampError} `invalid_argument`; the message names the option, its value and what was expected.
 */
export function checkDialerOptions(options: unknown, rules: OptionRules): void {
  checkOptions("Cannot make a dialer", options, rules, "{ highWaterMark: 65_536 }");
}

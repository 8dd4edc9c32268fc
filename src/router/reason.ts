import { checkOption } from "../wire/option_rules.ts";
import type { OptionRule } from "../wire/option_rules.ts";
import { isSayable } from "../wire/sayable.ts";
import { isUri } from "../wire/uri.ts";

/** What others are told of an end or a refusal. */
export const messageRule: OptionRule = {
  expected: "a text that every serializer can represent",
  allows: (value) => typeof value === "string" && isSayable(value),
};

/** Why a session ends, or is refused something. */
export const reasonRule: OptionRule = {
  expected: 'a URI such as "wamp.close.killed"',
  allows: (value) => typeof value === "string" && isSayable(value) && isUri(value),
};

/**
 * Checks why a session is to end.
 *
 * @param reason The reason.
 * @param message What is said of it.
 * @throws {WampError} `invalid_argument` when the reason is no URI, or the message no text.
 */
export function checkEnd(reason: unknown, message: unknown): void {
  checkOption("Cannot end a session", "reason", reason, reasonRule);
  checkOption("Cannot end a session", "message", message, messageRule);
}

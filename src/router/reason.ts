import { callable, checkOption } from "../wire/option_rules.ts";
import type { OptionRule } from "../wire/option_rules.ts";
import { isUri } from "../wire/uri.ts";

/** What others are told of an end or a refusal. */
export const messageRule: OptionRule = { expected: "a text that every serializer can represent", allows: isSayable };

/** Why a session ends, or is refused something. */
export const reasonRule: OptionRule = {
  expected: 'a URI such as "wamp.close.killed"',
  allows: (value) => isSayable(value) && isUri(value),
};

const judgeRule: OptionRule = callable("(action, uri) => boolean");

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

/**
 * Checks what tells whether a session may keep what it has.
 *
 * @param permits The function.
 * @throws {WampError} `invalid_argument` when it is none.
 */
export function checkJudge(permits: unknown): void {
  checkOption("Cannot review a session", "permits", permits, judgeRule);
}

/** A surrogate that stands alone has no UTF-8, and what begins with NUL is binary to JSON. */
function isSayable(value: unknown): value is string {
  return typeof value === "string" && value.isWellFormed() && !value.startsWith("\0");
}

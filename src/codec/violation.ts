import { ProtocolViolation } from "../wire/errors.ts";

/** What is expected where a message is nested too deep. */
export const FEWER_LEVELS = "fewer levels of nesting";

/**
 * Says what is wrong with a frame, in the same words in every format.
 *
 * @param format The format, for people, such as `JSON`.
 * @param offset Where in the frame, in bytes or, in text, UTF-16 units.
 * @param expected What should have been there.
 * @param found What was there, if that can be said.
 * @returns The error, to be thrown.
 */
export function violation(format: string, offset: number, expected: string, found?: string): ProtocolViolation {
  const but = found === undefined ? "" : `, found ${found}`;
  return new ProtocolViolation(
    `Cannot read a ${format} message: expected ${expected} at offset ${offset}${but}`,
    expected === FEWER_LEVELS ? { limit: "depth" } : {},
  );
}

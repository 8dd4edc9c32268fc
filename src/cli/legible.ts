/** What steers a terminal, or turns the order of what is read; a line's end and a tab do not. */
// deno-lint-ignore no-control-regex
const STEERING = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Makes a text of others harmless for a terminal: what would steer it is written as `\x1b`.
 *
 * @param text The text.
 * @returns The same text, all of it to be read.
 */
export function legible(text: string): string {
  return text.replaceAll(STEERING, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });
}

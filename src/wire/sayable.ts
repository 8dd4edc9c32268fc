/**
 * Tells whether a text can be said, and kept, in every format: a surrogate that stands alone has no UTF-8, and what begins with NUL is binary to JSON.
 *
 * @param text The text.
 * @returns Whether it can.
 */
export function isSayable(text: string): boolean {
  return !text.startsWith("\0") && text.isWellFormed();
}

const MAX_REASON_BYTES = 123;

/**
 * Brings a close code and reason into the form that a WebSocket takes.
 *
 * @param code A close code (default 1000); one that must not be sent becomes 1000.
 * @param reason A text; cut at 123 bytes, which is what a close frame holds.
 * @returns Both.
 *
 * @see RFC 6455, section 7.4
 */
export function closeArguments(code = 1000, reason = ""): [number, string] {
  return [maySend(code) ? code : 1000, closeReason(reason)];
}

/**
 * Tells whether a close frame may have a code.
 *
 * @param code The code.
 * @returns Whether it may; some only stand for what no frame said.
 *
 * @see RFC 6455, section 7.4
 */
export function maySend(code: number): boolean {
  return code >= 3000 && code <= 4999 || code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
}

/**
 * Cuts a text to what a close frame holds.
 *
 * @param reason The text.
 * @returns At most 123 bytes of it.
 */
export function closeReason(reason: string): string {
  const buffer = new Uint8Array(MAX_REASON_BYTES);
  const { read } = new TextEncoder().encodeInto(reason, buffer);
  return reason.slice(0, read);
}

/**
 * What a WebSocket frame carries.
 *
 * @see RFC 6455, section 5.2
 */
export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/**
 * Why a WebSocket is closed; `none` and `broken` are never sent, but stand for a close frame without a code, and for none at all.
 *
 * @see RFC 6455, section 7.4.1
 */
export const CloseCode = { protocolError: 1002, none: 1005, broken: 1006, notUtf8: 1007, tooLarge: 1009 } as const;

/** The bit of a frame's first byte that says that its message ends with it. */
export const FINAL: number = 0x80;

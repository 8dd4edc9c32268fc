/**
 * The type codes of the 24 WAMP messages.
 *
 * @see WAMP basic profile, "Message Codes and Direction"
 */
export const MessageType = {
  HELLO: 1,
  WELCOME: 2,
  ABORT: 3,
  CHALLENGE: 4,
  AUTHENTICATE: 5,
  GOODBYE: 6,
  ERROR: 8,
  PUBLISH: 16,
  PUBLISHED: 17,
  SUBSCRIBE: 32,
  SUBSCRIBED: 33,
  UNSUBSCRIBE: 34,
  UNSUBSCRIBED: 35,
  EVENT: 36,
  CALL: 48,
  CANCEL: 49,
  RESULT: 50,
  REGISTER: 64,
  REGISTERED: 65,
  UNREGISTER: 66,
  UNREGISTERED: 67,
  INVOCATION: 68,
  INTERRUPT: 69,
  YIELD: 70,
} as const;

/** One of the 24 type codes in {@linkcode MessageType}. */
export type MessageType = typeof MessageType[keyof typeof MessageType];

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(MessageType).map(([name, code]) => [code, name]),
);

/**
 * The name of a message type, for error texts.
 *
 * @param type The type code.
 * @returns The name, or `message 77` for a code that WAMP does not define.
 */
export function messageName(type: number): string {
  return names.get(type) ?? `message ${type}`;
}

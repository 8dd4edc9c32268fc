import { MessageType } from "./message_type.ts";

/**
 * What one element of a message has to be.
 *
 * `id` is a WAMP id, `type` a message type code, `uri` a URI, `string` any other string, `dict` an Options or Details dictionary.
 */
export type ElementKind = "id" | "type" | "uri" | "string" | "dict";

/** The elements of one message type, in wire order, after the type code. */
export interface MessageShape {
  /** Elements that must be there. */
  readonly elements: readonly ElementKind[];
  /** Whether a further dictionary may follow (UNREGISTERED and UNSUBSCRIBED that nobody asked for; Crossbar's UNREGISTER and UNSUBSCRIBE). */
  readonly optionalDict: boolean;
  /** Whether `Arguments|list, ArgumentsKw|dict` may follow. */
  readonly payload: boolean;
}

function shape(elements: ElementKind[], extra: { payload?: boolean; optionalDict?: boolean } = {}): MessageShape {
  return { elements, payload: extra.payload ?? false, optionalDict: extra.optionalDict ?? false };
}

const payload = { payload: true };
const optionalDict = { optionalDict: true };

/**
 * The shape of every message type, by type code: the one table that scanners, encoders and validators follow.
 *
 * @see WAMP basic profile, "Message Definitions"
 */
export const messageShapes: ReadonlyMap<number, MessageShape> = new Map<number, MessageShape>([
  [MessageType.HELLO, shape(["uri", "dict"])],
  [MessageType.WELCOME, shape(["id", "dict"])],
  [MessageType.ABORT, shape(["dict", "uri"], payload)],
  [MessageType.CHALLENGE, shape(["string", "dict"])],
  [MessageType.AUTHENTICATE, shape(["string", "dict"])],
  [MessageType.GOODBYE, shape(["dict", "uri"])],
  [MessageType.ERROR, shape(["type", "id", "dict", "uri"], payload)],
  [MessageType.PUBLISH, shape(["id", "dict", "uri"], payload)],
  [MessageType.PUBLISHED, shape(["id", "id"])],
  [MessageType.SUBSCRIBE, shape(["id", "dict", "uri"])],
  [MessageType.SUBSCRIBED, shape(["id", "id"])],
  [MessageType.UNSUBSCRIBE, shape(["id", "id"], optionalDict)],
  [MessageType.UNSUBSCRIBED, shape(["id"], optionalDict)],
  [MessageType.EVENT, shape(["id", "id", "dict"], payload)],
  [MessageType.CALL, shape(["id", "dict", "uri"], payload)],
  [MessageType.CANCEL, shape(["id", "dict"])],
  [MessageType.RESULT, shape(["id", "dict"], payload)],
  [MessageType.REGISTER, shape(["id", "dict", "uri"])],
  [MessageType.REGISTERED, shape(["id", "id"])],
  [MessageType.UNREGISTER, shape(["id", "id"], optionalDict)],
  [MessageType.UNREGISTERED, shape(["id"], optionalDict)],
  [MessageType.INVOCATION, shape(["id", "id", "dict"], payload)],
  [MessageType.INTERRUPT, shape(["id", "dict"])],
  [MessageType.YIELD, shape(["id", "dict"], payload)],
]);

/** The first type code that is open to extensions: those messages are ignored, not refused. */
export const FIRST_EXTENSION_TYPE = 256;
/** The last type code that is open to extensions. */
export const LAST_EXTENSION_TYPE = 1023;

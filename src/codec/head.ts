import type { Dict } from "../wire/values.ts";
import { emptyDict } from "../wire/values.ts";
import { Payload } from "./payload.ts";
import type { Frame, Serializer } from "./serializer.ts";

/**
 * What a scan finds in a message: enough to route it, the rest decoded on demand.
 *
 * | message | firstId | secondId | uri |
 * |---|---|---|---|
 * | HELLO | | | realm |
 * | WELCOME | session | | |
 * | ABORT, GOODBYE | | | reason |
 * | CHALLENGE, AUTHENTICATE | | | method, signature |
 * | ERROR | request | | error; `requestType` is set, too |
 * | PUBLISH, SUBSCRIBE, CALL, REGISTER | request | | topic or procedure |
 * | PUBLISHED, SUBSCRIBED, REGISTERED, UNSUBSCRIBE, UNREGISTER | request | publication, subscription or registration | |
 * | EVENT | subscription | publication | |
 * | INVOCATION | request | registration | |
 * | UNSUBSCRIBED, UNREGISTERED, CANCEL, RESULT, INTERRUPT, YIELD | request | | |
 */
export class Head {
  /** The message type code. */
  type = 0;
  /** The first id of the message. */
  firstId = 0;
  /** The second id of the message. */
  secondId = 0;
  /** Of ERROR, the type of the request that failed. */
  requestType = 0;
  /** The URI of the message, or its one text. */
  uri = "";
  /** Where Options or Details begin in the frame. */
  optionsStart = 0;
  /** Where Options or Details end; the same as where they begin when they are empty. */
  optionsEnd = 0;
  /** How much the message is, in bytes; of text, in characters. */
  size = 0;
  /** The slot that the core has for the URI, 0 where it has none; for `notedSlot`. */
  uriSlot = 0;
  /** Of CALL and PUBLISH, which patterns match the URI, one `Pattern` each, where the core knows; for `matchedPatterns`. */
  patterns: readonly number[] | undefined = undefined;
  /** Which URIs and patterns the core knew. */
  version = 0;
  /** The payload; empty when the message has none. */
  payload: Payload = Payload.empty;

  /** The serializer that scanned the frame. */
  readonly serializer: Serializer;
  readonly #frame: Frame;
  #options: Dict | undefined;

  /**
   * @param serializer The serializer that scanned the frame.
   * @param frame The frame.
   * @param options Options or Details where they are at hand decoded.
   */
  constructor(serializer: Serializer, frame: Frame, options?: Dict) {
    this.serializer = serializer;
    this.#frame = frame;
    this.#options = options;
  }

  /** Options or Details, decoded on first reading. */
  get options(): Dict {
    return this.#options ??= this.optionsEnd === this.optionsStart
      ? emptyDict
      : this.serializer.decode(this.#frame, this.optionsStart, this.optionsEnd) as Dict;
  }
}

/**
 * Tells whether the payload of a message may be one string or one piece of binary instead of args and kwargs.
 *
 * @param options Options or Details of the message.
 * @returns Whether they name the algorithm of the older payload transparency.
 */
export function isOpaqueAllowed(options: Dict): boolean {
  return typeof options.enc_algo === "string";
}

import type { Dict, WampValue } from "../wire/values.ts";
import type { Args } from "../wire/values.ts";
import type { DirectFrame } from "./direct.ts";
import type { Head } from "./head.ts";
import type { EncodedPayload, Payload } from "./payload.ts";

/**
 * One message as a transport carries it: text for JSON, bytes for MessagePack and CBOR, the values themselves between sessions in one process.
 *
 * A frame handed to a transport is never changed and never used for another message. One that comes from a transport that hands its frames over may be, by whoever
 * gets it.
 */
export type Frame = string | Uint8Array<ArrayBuffer> | DirectFrame;

/** Which serializer a session speaks. `direct` hands values over inside a process. */
export type SerializerName = "json" | "msgpack" | "cbor" | "direct";

/** A value that has been encoded already and goes into a message as it is. */
export class Encoded {
  /** The text or bytes of the value; for the serializer `direct` the value itself. */
  readonly data: string | Uint8Array<ArrayBuffer> | Dict;

  /** @param data The text or bytes of the value; for the serializer `direct` the value itself. */
  constructor(data: string | Uint8Array<ArrayBuffer> | Dict) {
    this.data = data;
  }
}

/** One element of a message before its payload: an id or type code, a URI or text, Options or Details. */
export type HeaderElement = number | string | Dict | Encoded;

/**
 * Turns messages into frames and back.
 *
 * A serializer has no state that one session could see of another. Each half of the codec, TypeScript and WASM, gives a serializer for each
 * binary format with the same behaviour, errors included.
 */
export interface Serializer {
  /** Its name on the wire, as in `wamp.2.json`. */
  readonly name: SerializerName;

  /** The WebSocket subprotocol that carries one message a frame. */
  readonly subprotocol: string;

  /** The WebSocket subprotocol that carries a turn's messages in one frame. */
  readonly batchedSubprotocol: string;

  /**
   * The same format for a session that reads all that it gets, as a client's does: it decodes in `scan`, which costs less than to check first and to
   * decode later (default this one).
   */
  readonly eager?: Serializer | undefined;

  /**
   * Reads what routing needs and checks the rest, without decoding options or payload.
   *
   * The whole frame is checked: structure, nesting depth, lengths, UTF-8; a frame that passes decodes on every peer of this serializer.
   *
   * @param frame The frame.
   * @returns What it says; for an extension message (type 256 to 1023) the type alone.
   * @throws {ProtocolViolation} When the frame is not a WAMP message; the message names the offset and what was expected.
   */
  scan(frame: Frame): Head;

  /**
   * Decodes one value inside a frame that has been scanned.
   *
   * @param frame The frame.
   * @param start Where the value begins.
   * @param end Where it ends.
   * @returns The value.
   */
  decode(frame: Frame, start: number, end: number): WampValue;

  /**
   * Writes a message.
   *
   * @param header The type code and the elements before the payload, in wire order.
   * @param payload The payload, if the message has one; its bytes are taken as they came where its serializer is this one.
   * @returns The frame.
   * @throws {WampError} `unserializable` when a value cannot be represented, `payload_size_exceeded` when there are more lists, dictionaries and
   *   pieces of binary in it than a message may have.
   */
  encode(header: readonly HeaderElement[], payload?: Payload): Frame;

  /**
   * Encodes one value, to be used in headers.
   *
   * @param value The value.
   * @returns The value, encoded.
   * @throws {WampError} `unserializable` when it cannot be represented.
   */
  encodeValue(value: WampValue): Encoded;

  /**
   * Encodes the payload of a message: nothing, args, or args and kwargs.
   *
   * @param args Positional arguments; left out on the wire when there are neither these nor kwargs.
   * @param kwargs Keyword arguments; left out on the wire when empty.
   * @returns The encoded elements.
   * @throws {WampError} `unserializable` when a value cannot be represented.
   */
  encodePayload(args: Args, kwargs: Dict): EncodedPayload;

  /**
   * Puts several frames into one, for a batched subprotocol.
   *
   * @param frames At least one frame.
   * @param separator What goes behind each, where the format is text (default the specification's).
   * @returns The batch.
   */
  joinBatch(frames: readonly Frame[], separator?: string): Frame;

  /**
   * Reads the messages of a batch as `scan` does, one whenever one is asked for.
   *
   * @param batch The batch, as received.
   * @returns What they say, at least one.
   * @throws {ProtocolViolation} On the way, when the batch or a message in it is empty, truncated or not a WAMP message.
   */
  scanBatch(batch: Frame): Iterable<Head>;

  /**
   * Takes a batch apart, a frame whenever one is asked for.
   *
   * @param batch The batch, as received.
   * @returns Its frames, at least one.
   * @throws {ProtocolViolation} Here or on the way, when the batch or a message in it is empty or truncated.
   */
  splitBatch(batch: Frame): Iterable<Frame>;

  /**
   * How much a frame counts in a queue.
   *
   * @param frame The frame.
   * @returns Its size in bytes, or for text in UTF-16 units, which is never more.
   */
  sizeOf(frame: Frame): number;
}

import { Payload } from "../codec/payload.ts";
import type { Frame, HeaderElement, Serializer } from "../codec/serializer.ts";
import { WampError } from "../wire/errors.ts";
import { messageName, MessageType } from "../wire/message_type.ts";
import type { Connection } from "./connection.ts";

/** How large a message may be that the other side takes; for transports on which it has said so. */
export class FrameLimit {
  /** The largest frame, in bytes. */
  readonly bytes: number;

  /** @param bytes The largest frame that the other side takes, in bytes. */
  constructor(bytes: number) {
    this.bytes = bytes;
  }

  /**
   * Tells whether a frame is within the limit.
   *
   * @param frame The frame.
   * @param serializer Whose frame it is.
   * @returns Whether it is.
   */
  takes(frame: Frame, serializer: Serializer): boolean {
    return frameSize(frame, serializer, this.bytes) <= this.bytes;
  }

  /**
   * Deals with a message that is larger than the other side takes: an ERROR goes without its payload, without HELLO, WELCOME and their like the
   * connection is of no use.
   *
   * @param connection Where it was to be sent.
   * @param header The message without its payload.
   * @param payload Its payload, if it has one.
   * @param frame The message, encoded.
   * @throws {WampError} `payload_size_exceeded` for any other message.
   */
  exceeded(connection: Connection, header: readonly HeaderElement[], payload: Payload | undefined, frame: Frame): void {
    const [type] = header;
    if (type === MessageType.ERROR && payload !== undefined && payload !== Payload.empty) {
      return connection.send(header, Payload.empty);
    }
    const size = frameSize(frame, connection.serializer, this.bytes);
    const what = messageName(Number(type));
    const message =
      `Cannot send ${what} of ${size} bytes: the other side takes ${this.bytes}; send less, or raise its limit`;
    if (typeof type === "number" && type <= MessageType.GOODBYE) return connection.close(1009, message);
    throw new WampError("payload_size_exceeded", message);
  }
}

/**
 * Measures a frame against a limit.
 *
 * @param frame The frame.
 * @param serializer Whose frame it is.
 * @param limit What it is compared with; text that surely is shorter is not counted.
 * @returns Its size in bytes, or any number up to the limit when it is surely not above that.
 */
export function frameSize(frame: Frame, serializer: Serializer, limit: number): number {
  const size = serializer.sizeOf(frame);
  return typeof frame !== "string" || 3 * size <= limit ? size : bytesOf(frame);
}

function bytesOf(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) bytes++;
    // Each half of a pair counts two bytes, a lone one three, and so does the rest above U+07FF.
    if (unit >= 0x800 && !isPaired(text, at, unit)) bytes++;
  }
  return bytes;
}

function isPaired(text: string, at: number, unit: number): boolean {
  if (unit < 0xd800 || unit > 0xdfff) return false;
  const other = unit < 0xdc00 ? text.charCodeAt(at + 1) : text.charCodeAt(at - 1);
  return unit < 0xdc00 ? other >= 0xdc00 && other <= 0xdfff : other >= 0xd800 && other < 0xdc00;
}

import { readUint32, writeUint32 } from "./big_endian.ts";
import type { Frame } from "./serializer.ts";
import { violation } from "./violation.ts";

/** How many bytes stand before each message of a batch, which say its length. */
export const LENGTH_PREFIX = 4;
const SEPARATOR = "\x1e";
/** What autobahn-python 26.10 and Crossbar 26.10 put between messages, having read the specification's `\30` as octal. */
const OTHER_SEPARATOR = "\x18";

/**
 * Finds out what a peer puts between messages of text.
 *
 * @param batch A batch of the peer's.
 * @returns The separator; the specification's when there is none.
 */
export function separatorIn(batch: string): string {
  // Neither separator can be part of JSON, so whichever is there is meant.
  return !batch.includes(SEPARATOR) && batch.includes(OTHER_SEPARATOR) ? OTHER_SEPARATOR : SEPARATOR;
}

/**
 * Puts messages of text into one frame.
 *
 * @param frames The messages.
 * @param separator What goes behind each (default the specification's).
 * @returns Each with a separator behind it.
 *
 * @see WAMP advanced profile, "Message Batching"
 */
export function joinTexts(frames: readonly string[], separator: string = SEPARATOR): string {
  return `${frames.join(separator)}${separator}`;
}

/**
 * Takes a batch of text apart, a message whenever one is asked for.
 *
 * @param batch The batch; the last message may lack its separator.
 * @returns The messages, at least one.
 * @throws {ProtocolViolation} On the way, where a message is empty.
 */
export function* splitTexts(batch: string): Generator<string, void> {
  const separator = separatorIn(batch);
  let at = 0;
  do {
    const found = batch.indexOf(separator, at);
    const end = found < 0 ? batch.length : found;
    if (end === at) throw violation("JSON", at, "a message", "none");
    yield batch.slice(at, end);
    at = end + 1;
  } while (at < batch.length);
}

/**
 * Puts messages of bytes into one frame.
 *
 * @param frames The messages.
 * @returns Each with its length before it.
 *
 * @see WAMP advanced profile, "Message Batching"
 */
export function joinBytes(frames: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const frame of frames) size += LENGTH_PREFIX + frame.length;
  const batch = new Uint8Array(size);
  let at = 0;
  for (const frame of frames) {
    at = writeUint32(batch, at, frame.length);
    batch.set(frame, at);
    at += frame.length;
  }
  return batch;
}

/**
 * Takes a batch of bytes apart, a message whenever one is asked for.
 *
 * @param label The format, for error texts.
 * @param batch The batch.
 * @returns The messages, at least one, as views of the batch.
 * @throws {ProtocolViolation} On the way, where a message is empty or lacks its end.
 */
export function* splitBytes(label: string, batch: Uint8Array<ArrayBuffer>): Generator<Frame, void> {
  let at = 0;
  do {
    const length = lengthAt(label, batch, at);
    yield new Uint8Array(batch.buffer, batch.byteOffset + at + LENGTH_PREFIX, length);
    at += LENGTH_PREFIX + length;
  } while (at < batch.length);
}

/**
 * Reads how long a message of a batch is.
 *
 * @param label The format, for error texts.
 * @param batch The batch.
 * @param at Where the length stands.
 * @returns The length in bytes.
 * @throws {ProtocolViolation} When the message is empty or lacks its end.
 */
export function lengthAt(label: string, batch: Uint8Array, at: number): number {
  const left = batch.length - at - LENGTH_PREFIX;
  if (left < 0) throw violation(label, at, "a length of 4 bytes", "the end");
  const length = readUint32(batch, at);
  if (length > 0 && length <= left) return length;
  const found = length === 0 ? "0" : `${length} with ${left} bytes left`;
  throw violation(label, at, "the length of a message in the batch", found);
}

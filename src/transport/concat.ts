import type { Frame } from "../codec/serializer.ts";

/**
 * Puts pieces of bytes behind each other.
 *
 * @param pieces The pieces.
 * @returns All of them in one.
 */
export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/**
 * Takes out of a queue what one HTTP body carries: a frame, or several that are batches, which behind each other are a batch again.
 *
 * @param queue What waits, at least one frame.
 * @param framing Whether frames are batches, and how much one counts.
 * @param limit How many bytes of batches go together at most.
 * @returns The body, and how much its frames count.
 */
export function takeBody(
  queue: Frame[],
  framing: { readonly batched: boolean; readonly sizeOf: (frame: Frame) => number },
  limit: number,
): { readonly body: Frame; readonly bytes: number } {
  const { batched, sizeOf } = framing;
  let count = 1;
  let bytes = sizeOf(queue[0]!);
  while (batched && count < queue.length) {
    const more = sizeOf(queue[count]!);
    if (bytes + more > limit) break;
    bytes += more;
    count++;
  }
  const taken = queue.splice(0, count);
  if (count === 1) return { body: taken[0]!, bytes };
  return { body: typeof taken[0] === "string" ? taken.join("") : concatBytes(taken as Uint8Array[]), bytes };
}

/**
 * Reads a body that came over HTTP.
 *
 * @param body The body; null when there is none.
 * @param limit How many bytes are read at most.
 * @returns The bytes; undefined when there are more.
 */
export async function readAll(
  body: ReadableStream<Uint8Array> | null,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { start, more } = await readStart(body, limit);
  return more ? undefined : start;
}

/**
 * Reads the beginning of a body that came over HTTP.
 *
 * @param body The body; null when there is none.
 * @param limit How many bytes are read at most.
 * @returns These, and whether there are more.
 */
export async function readStart(
  body: ReadableStream<Uint8Array> | null,
  limit: number,
): Promise<{ readonly start: Uint8Array<ArrayBuffer>; readonly more: boolean }> {
  if (body === null) return { start: new Uint8Array(0), more: false };
  const pieces: Uint8Array[] = [];
  const reader = body.getReader();
  let size = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    pieces.push(read.value);
    size += read.value.length;
    if (size > limit) {
      reader.cancel().catch(() => {});
      return { start: concatBytes(pieces).subarray(0, limit), more: true };
    }
  }
  return { start: concatBytes(pieces), more: false };
}

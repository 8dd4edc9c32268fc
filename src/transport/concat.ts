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
 * Puts batches behind each other, which is a batch again.
 *
 * @param batches At least one batch, all of text or all of bytes.
 * @returns The batch.
 */
export function concatBatches(batches: readonly Frame[]): Frame {
  if (batches.length === 1) return batches[0]!;
  if (typeof batches[0] === "string") return batches.join("");
  return concatBytes(batches as readonly Uint8Array<ArrayBuffer>[]);
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
  if (body === null) return new Uint8Array(0);
  const pieces: Uint8Array[] = [];
  const reader = body.getReader();
  let size = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.length;
    if (size > limit) {
      reader.cancel().catch(() => {});
      return undefined;
    }
    pieces.push(read.value);
  }
  return concatBytes(pieces);
}

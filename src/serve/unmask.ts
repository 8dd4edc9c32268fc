/** From so many bytes on it takes less time to make a view of words than to go byte by byte. */
const MANY = 160;
const LITTLE_ENDIAN = new Uint8Array(Int32Array.of(1).buffer)[0] === 1;

/**
 * Takes a client's mask off bytes where they lie, four at a time where they are many.
 *
 * Byte by byte, as `ws` does it, it was half of a router's CPU time for calls of 16 KB (Node, MessagePack): 14 us for each message instead of 2.6.
 *
 * @param bytes The memory.
 * @param start Where they begin.
 * @param end Where they end.
 * @param mask The mask as a number of 32 bits, its first byte, for the first of the bytes, at the top.
 * @returns The mask for what comes behind.
 *
 * @see RFC 6455, section 5.3
 */
export function unmask(bytes: Uint8Array, start: number, end: number, mask: number): number {
  let at = start;
  let left = mask;
  if (end - start >= MANY) {
    for (; (bytes.byteOffset + at & 3) !== 0; at++) {
      bytes[at]! ^= left >>> 24;
      left = left << 8 | left >>> 24;
    }
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, end - at >> 2);
    const word = LITTLE_ENDIAN ? reversed(left) : left;
    for (let i = 0; i < words.length; i++) words[i]! ^= word;
    at += words.length << 2;
  }
  const first = left >>> 24;
  const second = left >>> 16 & 255;
  const third = left >>> 8 & 255;
  const fourth = left & 255;
  for (; at + 3 < end; at += 4) {
    bytes[at]! ^= first;
    bytes[at + 1]! ^= second;
    bytes[at + 2]! ^= third;
    bytes[at + 3]! ^= fourth;
  }
  for (; at < end; at++) {
    bytes[at]! ^= left >>> 24;
    left = left << 8 | left >>> 24;
  }
  return left;
}

function reversed(word: number): number {
  return word << 24 | (word & 0xff00) << 8 | word >>> 8 & 0xff00 | word >>> 24;
}

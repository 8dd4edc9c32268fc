interface Base64Bytes {
  toBase64?(): string;
}

interface Base64Constructor {
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
}

/** A shorter text is looked at beforehand: to throw takes V8 7 us, which is more than to decode it. */
const SHORT = 1024;

const native = Uint8Array as unknown as Base64Constructor;

/**
 * Writes bytes as base64, with padding.
 *
 * @param bytes The bytes.
 * @returns The text.
 */
export function toBase64(bytes: Uint8Array): string {
  const { toBase64 } = bytes as Base64Bytes;
  if (toBase64 !== undefined) return toBase64.call(bytes);
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x2000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x2000));
  }
  return btoa(text);
}

/**
 * Reads base64 as liberally as Python does: what is not of the alphabet is passed over, and so is an incomplete end.
 *
 * @param text The text.
 * @returns The bytes.
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (text.length < SHORT) return strictFromBase64(lettersOf(text));
  try {
    return strictFromBase64(text);
  } catch {
    return strictFromBase64(lettersOf(text));
  }
}

/** What no decoder refuses. */
function lettersOf(text: string): string {
  const letters = text.replace(/[^A-Za-z0-9+/]+/g, "");
  return letters.length % 4 === 1 ? letters.slice(0, -1) : letters;
}

function strictFromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (native.fromBase64 !== undefined) return native.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

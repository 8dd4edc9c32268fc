interface Base64Bytes {
  toBase64?(): string;
}

interface Base64Constructor {
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
}

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
  return base64Reader()(text);
}

/**
 * Makes what reads the pieces of base64 of one message, each as {@linkcode fromBase64} does.
 *
 * From the first piece on that has such in it the others are looked at beforehand: to throw takes V8 7 us, and to look at a good one half as long again as to
 * decode it.
 *
 * @returns Gives the bytes of a text.
 */
export function base64Reader(): (text: string) => Uint8Array<ArrayBuffer> {
  let hasStrays = false;
  return (text) => {
    if (hasStrays) return strictFromBase64(lettersOf(text));
    try {
      return strictFromBase64(text);
    } catch {
      hasStrays = true;
      return strictFromBase64(lettersOf(text));
    }
  };
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

interface HexConstructor {
  fromHex?(text: string): Uint8Array<ArrayBuffer>;
}

const native = Uint8Array as unknown as HexConstructor;

/**
 * Reads hexadecimal digits.
 *
 * @param digits Two digits for each byte, and nothing else.
 * @returns The bytes.
 */
export function bytesOfHex(digits: string): Uint8Array<ArrayBuffer> {
  if (native.fromHex !== undefined) return native.fromHex(digits);
  const bytes = new Uint8Array(digits.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16);
  return bytes;
}

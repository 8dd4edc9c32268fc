/**
 * Reads an unsigned 32-bit integer, most significant byte first.
 *
 * @param bytes What it lies in.
 * @param at Where it begins.
 * @returns The integer.
 */
export function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) * 0x100_0000 + ((bytes[at + 1] as number) << 16 | (bytes[at + 2] as number) << 8 |
    (bytes[at + 3] as number));
}

/**
 * Reads an unsigned 16-bit integer, most significant byte first.
 *
 * @param bytes What it lies in.
 * @param at Where it begins.
 * @returns The integer.
 */
export function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) << 8 | (bytes[at + 1] as number);
}

/**
 * Writes the low 32 bits of an integer, most significant byte first.
 *
 * @param bytes Where to.
 * @param at Where to begin.
 * @param value The integer, from 0 to 2^53.
 * @returns Where it ends.
 */
export function writeUint32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
  return at + 4;
}

import type { Frame, Serializer } from "../codec/serializer.ts";

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

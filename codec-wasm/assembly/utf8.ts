import { BAD_TEXT, fail } from "./fault.ts";

const HIGH_BITS: u64 = 0x8080808080808080;

/**
 * Checks a text of less than 32 bytes. The caller's loop has this in place: most texts are keys and words of up to eight letters, and to call a
 * function for each took a fifth of the time of a scan.
 */

export function checkShortText(at: usize, end: usize): usize {
  const length = <u64> (end - at);
  const isPlain = length < 8 && (load<u64>(at) & HIGH_BITS & (((<u64> 1) << (length << 3)) - 1)) == 0;
  return isPlain ? end : checkText(at, end);
}

/**
 * Checks that bytes are UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF. Returns the end, or 0.
 *
 * Most text on the wire is short and ASCII: eight bytes at a time, and the last ones together, pass by one AND. That halved the time of a scan over
 * a 64 KB result.
 */
export function checkText(at: usize, end: usize): usize {
  for (; at + 8 <= end; at += 8) if ((load<u64>(at) & HIGH_BITS) != 0) return checkMixed(at, end);
  // What lies behind the text does not count; what lies behind the input is memory, too.
  const left = (((<u64> 1) << (<u64> (end - at) << 3)) - 1) & HIGH_BITS;
  return (load<u64>(at) & left) != 0 ? checkMixed(at, end) : end;
}

function checkMixed(at: usize, end: usize): usize {
  while (at < end) {
    if (at + 8 <= end && (load<u64>(at) & HIGH_BITS) == 0) {
      at += 8;
      continue;
    }
    const byte = <u32> load<u8>(at);
    if (byte < 0x80) {
      at++;
      continue;
    }
    // Chinese, Japanese, Korean: three bytes a character, taken whole. Below 0xa0 may be an overlong form, above 0x9f a surrogate.
    if (at + 4 <= end) {
      const four = load<u32>(at);
      const second = four >> 8 & 0xff;
      if ((four & 0xc0c0f0) == 0x8080e0 && (byte != 0xe0 || second >= 0xa0) && (byte != 0xed || second < 0xa0)) {
        at += 3;
        continue;
      }
    }
    const next = skipCharacter(at, end, byte);
    if (next == 0) return fail(BAD_TEXT, at);
    at = next;
  }
  return end;
}

/** Where the character of two bytes and more that begins here ends, or 0. */
function skipCharacter(at: usize, end: usize, byte: u32): usize {
  const length: usize = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
  if (byte < 0xc2 || byte > 0xf4 || at + length > end) return 0;
  const second = <u32> load<u8>(at, 1);
  const least: u32 = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
  const most: u32 = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  if (length > 2 && (load<u8>(at, 2) & 0xc0) != 0x80) return 0;
  if (length > 3 && (load<u8>(at, 3) & 0xc0) != 0x80) return 0;
  return at + length;
}

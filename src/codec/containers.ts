import { endOfString } from "./end_of_string.ts";
import { violation } from "./violation.ts";

/** So many any message may have: in a frame of fewer bytes there cannot be more. */
const ALWAYS = 1_000_000;
/** Beyond that, one for so many bytes of the frame. */
const BYTES_EACH = 16;

/** What is expected where a message has more. */
export const FEWER_CONTAINERS = "fewer lists, dictionaries and pieces of binary in a message of this size";

/**
 * Tells how many lists, dictionaries and pieces of binary a message may have.
 *
 * One byte on the wire may be a dictionary that takes sixty in memory: 8 MB of empty ones ended a router with a heap of 512 MB, 30 MB let one with more
 * stand still for twelve seconds.
 *
 * @param size How large its frame is.
 * @returns How many.
 */
export function mostContainers(size: number): number {
  return ALWAYS + size / BYTES_EACH;
}

/** How many the scan of a binary message that is under way may still find. */
export const budget = { left: 0 };

/**
 * Checks how many lists and dictionaries there are in a text before anything is made of it.
 *
 * @param text The frame; whether it is JSON is found out later.
 * @throws {ProtocolViolation} When there are too many.
 */
export function checkContainers(text: string): void {
  let left = mostContainers(text.length);
  // Each has two brackets.
  if (text.length < 2 * left) return;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = endOfString(text, at);
    else if ((code === 0x5b || code === 0x7b) && --left < 0) throw violation("JSON", at, FEWER_CONTAINERS, text[at]);
  }
}

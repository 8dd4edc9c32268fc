import { WampError } from "../wire/errors.ts";
import { endOfString } from "./end_of_string.ts";
import { violation } from "./violation.ts";

/**
 * How much one message may have of what takes far more memory than room on the wire, the same in every format: what one peer may say, another it is passed
 * on to must take.
 *
 * A list or dictionary counts for one, a piece of binary, an extension or a tag for `PIECE`, a pair of a large dictionary for one. One byte may be a
 * dictionary of sixty in memory: 8 MB of empty ones, to be passed on in another format, ended a router with a heap of 512 MB.
 */
export const MOST = 1_000_000;
/** What a piece of binary counts for, which takes some 200 bytes. */
export const PIECE = 4;
/** From so many bytes on a message may have too much: a piece of binary may be one. */
export const CROWDED_BYTES: number = MOST / PIECE;
/** From so many characters on a text may: nothing counts for more than one in two. */
export const CROWDED_TEXT: number = 2 * MOST;
/** Up to so many pairs a dictionary is an object like others of its kind, beyond a table of its own with some 170 bytes a pair. */
const SMALL_DICT = 100;

/** What is expected where a message has more. */
export const FEWER_CONTAINERS = "fewer lists, dictionaries and pieces of binary";

/** What the scan of a binary message that is under way may still find. */
export const budget = {
  left: 0,
  /** Whether the message was written here, so that its long texts need no look: where they are not ASCII it takes as long as to write them. */
  isOurs: false,
  /** A message begins, which is a list itself. */
  renew(): void {
    this.left = MOST - 1;
  },
  /** Takes something off; tells whether that is too much. */
  spend(weight: number): boolean {
    return (this.left -= weight) < 0;
  },
};

/** What the pairs of a dictionary count for, besides the dictionary. */
export function weightOfPairs(pairs: number): number {
  return Math.max(0, pairs - SMALL_DICT);
}

/**
 * Checks how many lists, dictionaries and pieces of binary there are in a text before anything is made of it.
 *
 * @param text The frame; whether it is JSON is found out later.
 * @param maxDepth How many levels of lists and dictionaries it may have.
 * @throws {ProtocolViolation} When there are too many.
 */
export function checkContainers(text: string, maxDepth: number): void {
  const at = tooMuchAt(text, maxDepth);
  if (at >= 0) throw violation("JSON", at, FEWER_CONTAINERS);
}

/**
 * Makes the error for a message that whoever receives it would refuse, and end the session for.
 *
 * @param format The format, for people, such as `JSON`.
 * @returns The error, to be thrown.
 */
export function tooMuch(format: string): WampError {
  return new WampError(
    "payload_size_exceeded",
    `Cannot encode a message as ${format}: expected ${FEWER_CONTAINERS}, at most ${MOST} in all; send it in parts`,
  );
}

/**
 * Finds where a text has too many lists, dictionaries and pieces of binary.
 *
 * @param text The frame; it need not be JSON.
 * @param maxDepth How many levels of lists and dictionaries it may have; what is behind more is not looked at.
 * @returns The offset, or -1 when it has not.
 */
export function tooMuchAt(text: string, maxDepth: number): number {
  if (text.length < CROWDED_TEXT) return -1;
  const pairs: number[] = [];
  let left = MOST;
  for (let at = 0; at < text.length && pairs.length <= maxDepth; at++) {
    switch (text[at]) {
      case '"': {
        const isBinary = text.startsWith("\\u0000", at + 1);
        at = endOfString(text, at);
        if (isBinary && !isKey(text, at)) left -= PIECE;
        break;
      }
      case "[":
      case "{":
        left--;
        pairs.push(0);
        break;
      case "]":
      case "}":
        pairs.pop();
        break;
      case ":":
        if (++pairs[pairs.length - 1]! > SMALL_DICT) left--;
    }
    if (left < 0) return at;
  }
  return -1;
}

/** Whether the string that ends here is a key, which may begin as binary does and is none. */
function isKey(text: string, end: number): boolean {
  do end++; while (text.charCodeAt(end) <= 0x20);
  return text[end] === ":";
}

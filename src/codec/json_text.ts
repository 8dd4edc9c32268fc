import type { ProtocolViolation } from "../wire/errors.ts";
import { FEWER_LEVELS, violation } from "./violation.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_DICT = 0x7b;
const CLOSE_DICT = 0x7d;

/** From this length on a string is searched by a regular expression, which costs more to start and less per character. */
const LONG_STRING = 48;
const PLAIN_CHARACTERS = /[ !#-[\]-\uffff]*/y;
const HEX = /^[0-9A-Fa-f]{4}$/;

/**
 * Makes the error for text that is not what was expected.
 *
 * @param text The frame.
 * @param at Where.
 * @param expected What should have been there.
 * @returns The error, to be thrown.
 */
export function unexpected(text: string, at: number, expected: string): ProtocolViolation {
  return violation("JSON", at, expected, at < text.length ? JSON.stringify(text[at]) : "the end");
}

/**
 * Passes over blanks.
 *
 * @param text The frame.
 * @param at Where to begin.
 * @returns Where the next other character is.
 */
export function skipBlanks(text: string, at: number): number {
  let code = text.charCodeAt(at);
  while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++at);
  return at;
}

/**
 * Passes over one value, checking all of it.
 *
 * @param text The frame.
 * @param at Where the value begins, blanks not included.
 * @param levels How many more levels of lists and dictionaries are allowed.
 * @returns Where the value ends.
 * @throws {ProtocolViolation} When it is not JSON or nested too deep.
 */
export function skipValue(text: string, at: number, levels: number): number {
  const code = text.charCodeAt(at);
  switch (code) {
    case QUOTE:
      return skipString(text, at);
    case OPEN_LIST:
      return skipList(text, at, levels);
    case OPEN_DICT:
      return skipDict(text, at, levels);
    case 0x74:
      return skipWord(text, at, "true");
    case 0x66:
      return skipWord(text, at, "false");
    case 0x6e:
      return skipWord(text, at, "null");
    default:
      if (code === MINUS || isDigit(code)) return skipNumber(text, at);
      throw unexpected(text, at, "a value");
  }
}

/**
 * Passes over a list, checking all of it.
 *
 * @param text The frame.
 * @param at Where its bracket is.
 * @param levels How many more levels are allowed, this one included.
 * @returns Where it ends.
 */
export function skipList(text: string, at: number, levels: number): number {
  if (levels <= 0) throw unexpected(text, at, FEWER_LEVELS);
  at = skipBlanks(text, at + 1);
  if (text.charCodeAt(at) === CLOSE_LIST) return at + 1;
  for (;;) {
    at = skipValue(text, at, levels - 1);
    let code = text.charCodeAt(at);
    if (code <= 0x20) code = text.charCodeAt(at = skipBlanks(text, at));
    if (code === CLOSE_LIST) return at + 1;
    if (code !== COMMA) throw unexpected(text, at, "a comma or the end of the list");
    if (text.charCodeAt(++at) <= 0x20) at = skipBlanks(text, at);
  }
}

/**
 * Passes over a dictionary, checking all of it.
 *
 * @param text The frame.
 * @param at Where its brace is.
 * @param levels How many more levels are allowed, this one included.
 * @returns Where it ends.
 */
export function skipDict(text: string, at: number, levels: number): number {
  if (levels <= 0) throw unexpected(text, at, FEWER_LEVELS);
  at = skipBlanks(text, at + 1);
  if (text.charCodeAt(at) === CLOSE_DICT) return at + 1;
  for (;;) {
    if (text.charCodeAt(at) !== QUOTE) throw unexpected(text, at, "a key");
    at = skipString(text, at);
    if (text.charCodeAt(at) !== COLON) at = skipBlanks(text, at);
    if (text.charCodeAt(at) !== COLON) throw unexpected(text, at, "a colon");
    if (text.charCodeAt(++at) <= 0x20) at = skipBlanks(text, at);
    at = skipValue(text, at, levels - 1);
    let code = text.charCodeAt(at);
    if (code <= 0x20) code = text.charCodeAt(at = skipBlanks(text, at));
    if (code === CLOSE_DICT) return at + 1;
    if (code !== COMMA) throw unexpected(text, at, "a comma or the end of the dictionary");
    if (text.charCodeAt(++at) <= 0x20) at = skipBlanks(text, at);
  }
}

/**
 * Passes over a string, checking its characters and escapes.
 *
 * @param text The frame.
 * @param at Where its opening quote is.
 * @returns Where it ends, behind the closing quote.
 */
export function skipString(text: string, at: number): number {
  let turn = ++at + LONG_STRING;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at = skipEscape(text, at);
    else if (code >= 0x20) at++;
    else throw unexpected(text, at, "the rest of a string");
    if (at >= turn) {
      PLAIN_CHARACTERS.lastIndex = at;
      PLAIN_CHARACTERS.test(text);
      at = PLAIN_CHARACTERS.lastIndex;
      turn = at + LONG_STRING;
    }
  }
}

function skipEscape(text: string, at: number): number {
  switch (text.charCodeAt(at + 1)) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return at + 2;
    case 0x75:
      if (HEX.test(text.slice(at + 2, at + 6))) return at + 6;
      throw unexpected(text, at + 2, "four hexadecimal digits");
    default:
      throw unexpected(text, at + 1, "an escape");
  }
}

/**
 * Passes over a number.
 *
 * @param text The frame.
 * @param at Where it begins.
 * @returns Where it ends.
 */
export function skipNumber(text: string, at: number): number {
  if (text.charCodeAt(at) === MINUS) at++;
  at = text.charCodeAt(at) === 0x30 ? at + 1 : skipDigits(text, at);
  if (text.charCodeAt(at) === DOT) at = skipDigits(text, at + 1);
  if ((text.charCodeAt(at) | 0x20) === 0x65) {
    const sign = text.charCodeAt(++at);
    at = skipDigits(text, sign === MINUS || sign === 0x2b ? at + 1 : at);
  }
  return at;
}

function skipDigits(text: string, at: number): number {
  if (!isDigit(text.charCodeAt(at))) throw unexpected(text, at, "a digit");
  do at++; while (isDigit(text.charCodeAt(at)));
  return at;
}

function skipWord(text: string, at: number, word: string): number {
  if (!text.startsWith(word, at)) throw unexpected(text, at, "a value");
  return at + word.length;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

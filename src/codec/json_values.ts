import type { WampValue } from "../wire/values.ts";
import { base64Reader, toBase64 } from "./base64.ts";
import { bytesOf, checkDate, isLeftOut, isTelling, told, Trail, unserializableKind } from "./unserializable.ts";

interface RawJson {
  rawJSON?(text: string): unknown;
}

interface ReviverContext {
  readonly source?: string;
}

type Reviver = (this: unknown, key: string, value: unknown, context?: ReviverContext) => unknown;

const { rawJSON } = JSON as RawJson;
/** How binary begins. */
const BINARY = "\\u0000";
/** How many digits the safe integers have at most. */
const SAFE_DIGITS = 16;
const INTEGER = /^-?[0-9]{1,20}$/;

/**
 * Reads JSON: text that begins with NUL is binary, an integer of 64 bits beyond the safe ones a bigint where the runtime gives its
 * digits. A longer one is a number: JavaScript writes 1e20 with all of its digits, and nothing but JSON would take them back.
 *
 * @param text The text of one value.
 * @returns The value.
 */
export function parseJson(text: string): WampValue {
  return needsReviver(text) ? reviveJson(text) : JSON.parse(text) as WampValue;
}

/**
 * Tells whether JSON.parse by itself would lose something: binary, or digits of large integers.
 *
 * @param text The text.
 * @returns Whether only a reviver sees everything, which costs five times as much.
 */
export function needsReviver(text: string): boolean {
  return text.includes(BINARY) || hasLargeInteger(text);
}

/** Of so many digits in a row one is at a place that is looked at; a regular expression takes as long as parsing a call. */
function hasLargeInteger(text: string): boolean {
  for (let at = SAFE_DIGITS - 1; at < text.length; at += SAFE_DIGITS) {
    if (!isDigit(text, at)) continue;
    let start = at;
    while (isDigit(text, start - 1)) start--;
    while (isDigit(text, at + 1)) at++;
    const digits = at + 1 - start;
    const large = digits > SAFE_DIGITS || (digits === SAFE_DIGITS && text[start] === "9");
    if (large && text[start - 1] !== ".") return true;
  }
  return false;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

/**
 * Reads JSON with everything that is in it.
 *
 * @param text The text of one value.
 * @returns The value.
 */
export function reviveJson(text: string): WampValue {
  const readBase64 = base64Reader();
  const revive: Reviver = (_key, value, context) => {
    if (typeof value === "string") return value.charCodeAt(0) === 0 ? readBase64(value.slice(1)) : value;
    return reviveNumber(value, context);
  };
  return JSON.parse(text, revive) as WampValue;
}

function reviveNumber(value: unknown, context: ReviverContext | undefined): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  if (source === undefined || !INTEGER.test(source)) return value;
  const whole = BigInt(source);
  return is64Bits(whole) ? whole : value;
}

/**
 * Writes a value as JSON.
 *
 * @param value The value.
 * @param name What it is called in error texts, such as `args`.
 * @param maxDepth How many levels of lists and dictionaries it may have.
 * @returns The text.
 * @throws {WampError} `unserializable` when something in it cannot be represented.
 */
export function stringifyJson(value: unknown, name: string, maxDepth: number): string {
  const plain = isPlain(value, maxDepth) ? value : toPlain(value, new Trail("JSON", name, maxDepth), 0);
  return JSON.stringify(plain) ?? "null";
}

/**
 * Tells whether JSON.stringify writes a value as it should be; some of what JSON cannot carry it would drop silently.
 *
 * @param value The value.
 * @param levels How many levels of lists and dictionaries it may have.
 * @returns Whether nothing is to be converted or refused.
 */
export function isPlain(value: unknown, levels: number): boolean {
  switch (typeof value) {
    case "string":
      return value.charCodeAt(0) !== 0;
    case "number":
      return Number.isFinite(value);
    case "boolean":
    case "undefined":
      return true;
    case "object":
      if (value === null) return true;
      if (levels <= 0) return false;
      return Array.isArray(value)
        ? isPlainList(value, levels - 1)
        : isOrdinary(value) && isPlainDict(value, levels - 1);
  }
  return false;
}

function isPlainList(list: readonly unknown[], levels: number): boolean {
  if (isTelling(list)) return false;
  for (let at = 0; at < list.length; at++) if (!isPlain(list[at], levels)) return false;
  return true;
}

function isPlainDict(dict: object, levels: number): boolean {
  for (const key in dict) if (!isPlain((dict as Record<string, unknown>)[key], levels)) return false;
  return true;
}

function isOrdinary(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return (prototype === null || prototype === Object.prototype) && !isTelling(value);
}

/** Copies a value into what JSON.stringify writes as it should be; refuses what JSON cannot carry. */
function toPlain(value: unknown, trail: Trail, depth: number, asked?: boolean): unknown {
  if (typeof value === "bigint") return bigintToPlain(value, trail, depth);
  if (typeof value !== "object" || value === null) {
    if (isPlain(value, 0)) return value;
    throw trail.refuse(depth, unfitFor(value));
  }
  const bytes = bytesOf(value, trail, depth);
  if (bytes !== undefined) return `\u0000${toBase64(bytes)}`;
  if (value instanceof Date) {
    checkDate(value, trail, depth);
    return value.toISOString();
  }
  const instead = asked ? value : told(value);
  if (instead !== value) return toPlain(instead, trail, depth, true);
  trail.enter(value, depth);
  if (Array.isArray(value)) {
    return Array.from(value, (element, at) => {
      trail.steps[depth] = at;
      return toPlain(element, trail, depth + 1);
    });
  }
  const entries = value instanceof Map ? mapEntries(value, trail, depth) : Object.entries(value);
  const kind = value instanceof Map ? undefined : unserializableKind(value);
  if (kind !== undefined) throw trail.refuse(depth, kind);
  const plain: Record<string, unknown> = Object.create(null);
  for (const [key, element] of entries) {
    if (isLeftOut(key, element)) continue;
    trail.steps[depth] = key;
    plain[key] = toPlain(element, trail, depth + 1);
  }
  return plain;
}

/** Says what is wrong with a value that is no object and that JSON cannot carry. */
function unfitFor(value: unknown): string {
  if (typeof value === "string") return "a string that begins with NUL, which in JSON means binary";
  if (typeof value === "number") return `${value}, which JSON has no word for`;
  return unserializableKind(value) as string;
}

function mapEntries(map: ReadonlyMap<unknown, unknown>, trail: Trail, depth: number): [string, unknown][] {
  return Array.from(map, ([key, element]) => {
    if (typeof key === "object" || typeof key === "symbol" || typeof key === "function") {
      throw trail.refuse(depth, `a Map with an odd key (${typeof key}); JSON has strings only`);
    }
    return [String(key), element];
  });
}

function bigintToPlain(value: bigint, trail: Trail, depth: number): unknown {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  if (!is64Bits(value)) throw trail.refuse(depth, "an integer of more than 64 bits");
  return rawJSON === undefined ? number : rawJSON(String(value));
}

function is64Bits(value: bigint): boolean {
  return value >= -(2n ** 63n) && value < 2n ** 64n;
}

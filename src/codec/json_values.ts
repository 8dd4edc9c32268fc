import type { WampValue } from "../wire/values.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { Trail, unserializableKind } from "./unserializable.ts";

interface RawJson {
  rawJSON?(text: string): unknown;
}

type Reviver = (this: unknown, key: string, value: unknown, context?: { source?: string }) => unknown;

const { rawJSON } = JSON as RawJson;
/** How binary begins. */
const BINARY = "\\u0000";
/** What an integer beyond the safe ones has. */
const MANY_DIGITS = /[0-9]{16}/;
const INTEGER = /^-?[0-9]{1,20}$/;
const LEAST_INT64 = -(2n ** 63n);
const MOST_UINT64 = 2n ** 64n - 1n;

/**
 * Reads JSON: text that begins with NUL is binary, an integer of 64 bits beyond the safe ones a bigint where the runtime gives its
 * digits. A longer one is a number: JavaScript writes 1e20 with all of its digits, and nothing but JSON would take them back.
 *
 * @param text The text of one value.
 * @returns The value.
 */
export function parseJson(text: string): WampValue {
  // Only a reviver sees what plain JSON.parse loses, but it costs five times as much.
  const needsReviver = text.includes(BINARY) || MANY_DIGITS.test(text);
  return (needsReviver ? JSON.parse(text, revive as Reviver) : JSON.parse(text)) as WampValue;
}

function revive(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value === "string") return value.charCodeAt(0) === 0 ? fromBase64(value.slice(1)) : value;
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  if (source === undefined || !INTEGER.test(source)) return value;
  const whole = BigInt(source);
  return whole >= LEAST_INT64 && whole <= MOST_UINT64 ? whole : value;
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
  const trail = new Trail("JSON", name, value);
  return JSON.stringify(isPlain(value, trail, 0, maxDepth) ? value : toPlain(value, trail, 0, maxDepth)) ?? "null";
}

/** Whether JSON.stringify writes the value as it should be; refuses what JSON cannot carry, which it would drop silently. */
function isPlain(value: unknown, trail: Trail, depth: number, maxDepth: number): boolean {
  switch (typeof value) {
    case "string":
      if (value.charCodeAt(0) === 0) {
        throw trail.refuse(depth, "a string that begins with NUL, which in JSON means binary");
      }
      return true;
    case "number":
      if (!Number.isFinite(value)) throw trail.refuse(depth, `${value}, which JSON has no word for`);
      return true;
    case "boolean":
    case "undefined":
      return true;
    case "object":
      if (value === null) return true;
      if (Array.isArray(value)) return isPlainList(value, trail, depth, maxDepth);
      if (isOrdinary(value)) return isPlainDict(value, trail, depth, maxDepth);
  }
  return false;
}

function isPlainList(list: readonly unknown[], trail: Trail, depth: number, maxDepth: number): boolean {
  if (depth >= maxDepth) throw trail.refuseDepth(depth, maxDepth);
  for (let at = 0; at < list.length; at++) {
    trail.steps[depth] = at;
    if (!isPlain(list[at], trail, depth + 1, maxDepth)) return false;
  }
  return true;
}

function isPlainDict(dict: object, trail: Trail, depth: number, maxDepth: number): boolean {
  if (depth >= maxDepth) throw trail.refuseDepth(depth, maxDepth);
  for (const key in dict) {
    trail.steps[depth] = key;
    if (!isPlain((dict as Record<string, unknown>)[key], trail, depth + 1, maxDepth)) return false;
  }
  return true;
}

function isOrdinary(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return (prototype === null || prototype === Object.prototype) &&
    typeof (value as { toJSON?: unknown }).toJSON !== "function";
}

/** Copies a value into what JSON.stringify writes as it should be. */
function toPlain(value: unknown, trail: Trail, depth: number, maxDepth: number): unknown {
  if (typeof value === "bigint") return bigintToPlain(value, trail, depth);
  if (typeof value !== "object" || value === null) {
    if (isPlain(value, trail, depth, maxDepth)) return value;
    throw trail.refuse(depth, unserializableKind(value) ?? `a ${typeof value}`);
  }
  if (ArrayBuffer.isView(value)) return bytesToPlain(value);
  if (value instanceof ArrayBuffer) return `\u0000${toBase64(new Uint8Array(value))}`;
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") {
    const instead: unknown = toJSON.call(value, "");
    if (instead !== value) return toPlain(instead, trail, depth, maxDepth);
  }
  if (depth >= maxDepth) throw trail.refuseDepth(depth, maxDepth);
  if (Array.isArray(value)) {
    return Array.from(value, (element, at) => {
      trail.steps[depth] = at;
      return toPlain(element, trail, depth + 1, maxDepth);
    });
  }
  const entries = value instanceof Map ? mapEntries(value, trail, depth) : Object.entries(value);
  const kind = value instanceof Map ? undefined : unserializableKind(value);
  if (kind !== undefined) throw trail.refuse(depth, kind);
  const plain: Record<string, unknown> = Object.create(null);
  for (const [key, element] of entries) {
    trail.steps[depth] = key;
    plain[key] = toPlain(element, trail, depth + 1, maxDepth);
  }
  return plain;
}

function mapEntries(map: ReadonlyMap<unknown, unknown>, trail: Trail, depth: number): [string, unknown][] {
  return Array.from(map, ([key, element]) => {
    if (typeof key === "object" || typeof key === "symbol" || typeof key === "function") {
      throw trail.refuse(
        depth,
        `a Map with a key that is ${key === null ? "null" : `a ${typeof key}`}; JSON has strings only`,
      );
    }
    return [String(key), element];
  });
}

function bytesToPlain(view: ArrayBufferView): string {
  const bytes = view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return `\u0000${toBase64(bytes)}`;
}

function bigintToPlain(value: bigint, trail: Trail, depth: number): unknown {
  if (value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  if (value < LEAST_INT64 || value > MOST_UINT64) throw trail.refuse(depth, "an integer of more than 64 bits");
  return rawJSON === undefined ? Number(value) : rawJSON(String(value));
}

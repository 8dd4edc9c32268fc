import { json } from "../codec/json.ts";
import { WampError } from "../wire/errors.ts";
import { isSayable } from "../wire/sayable.ts";
import { isDict } from "../wire/values.ts";
import type { Dict, WampValue } from "../wire/values.ts";

/** Which record it is, for error texts. */
export interface RecordPlace {
  /** The name of the store. */
  readonly store: string;
  /** The collection. */
  readonly collection: string;
  /** The key. */
  readonly key: string;
}

/**
 * Writes a record as text: JSON with WAMP's convention for binary, readable by any tool.
 *
 * @param value The record.
 * @returns The text.
 * @throws {WampError} `unserializable` when a value cannot be represented.
 */
export function recordToText(value: Dict): string {
  return json.encodeValue(value).data as string;
}

/**
 * Reads what {@linkcode recordToText} wrote.
 *
 * @param text The text.
 * @param place Which record it is.
 * @returns The record, a new object each time.
 * @throws {WampError} `store_damaged` when the text is no record.
 */
export function recordFromText(text: string, place: RecordPlace): Dict {
  let value: WampValue;
  try {
    value = json.decode(text, 0, text.length);
  } catch (error) {
    throw damagedRecord(place, "it is not JSON", error);
  }
  if (isDict(value)) return value;
  throw damagedRecord(place, "it is no JSON object");
}

/**
 * Says that a record is not what it has to be.
 *
 * @param place Which record it is.
 * @param why What is wrong with it.
 * @param cause What led to this, if anything.
 * @returns The error to throw.
 */
export function damagedRecord({ store, collection, key }: RecordPlace, why: string, cause?: unknown): WampError {
  return new WampError(
    "store_damaged",
    `Cannot use the record ${JSON.stringify(key)} in ${collection} of the store ${store}: ${why}. ` +
      "Restore a backup, or correct the record",
    { cause },
  );
}

/**
 * Tells whether a text can be kept, as a key and inside of a record, which are JSON.
 *
 * @param text The text.
 * @returns Whether it can.
 */
export function canBeKept(text: string): boolean {
  return isSayable(text);
}

/**
 * Refuses a key that cannot be kept: one with a surrogate that stands alone has no UTF-8, so two such keys would fall together.
 *
 * @param collection The collection, for the message.
 * @param key The key.
 * @throws {WampError} `invalid_argument`.
 */
export function checkKey(collection: string, key: string): void {
  if (key.isWellFormed()) return;
  throw new WampError(
    "invalid_argument",
    `Cannot keep ${JSON.stringify(key)} in ${collection}: a key has to be well-formed Unicode`,
  );
}

/**
 * Compares keys as their UTF-8 bytes compare, which for characters above U+FFFF is not how JavaScript compares strings.
 *
 * @param left A key.
 * @param right Another.
 * @returns Below, equal to or above zero.
 */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const [a, b] = [left.charCodeAt(at), right.charCodeAt(at)];
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** Surrogates stand for characters above U+FFFF, so they rank behind every other code unit. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

/**
 * Finds where the keys with a prefix end.
 *
 * @param prefix The prefix.
 * @returns The smallest key above all of them, or undefined when there is none.
 */
export function endOfPrefix(prefix: string): string | undefined {
  const points = [...prefix];
  while (points.length > 0) {
    const last = points.pop()!.codePointAt(0)!;
    if (last < 0x10ffff) return points.join("") + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}

/**
 * Makes a promise of what is done at once, so that what it throws rejects.
 *
 * @param action What to do.
 * @returns Its outcome.
 */
export function promised<T>(action: () => T): Promise<T> {
  return new Promise((resolve) => resolve(action()));
}

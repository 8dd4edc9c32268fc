/** Anything that WAMP can carry; what each serializer cannot represent it refuses with `unserializable`. */
export type WampValue =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Date
  | ArrayBufferView
  | readonly WampValue[]
  | ReadonlyMap<WampValue, WampValue>
  | { readonly [key: string]: WampValue };

/** Positional arguments of a call, an event or a result. */
export type Args = readonly WampValue[];

/** Keyword arguments of a call, an event or a result; also Options and Details. */
export type Dict = { readonly [key: string]: WampValue };

/** Positional arguments to be sent; what cannot be represented on the wire is refused when it is encoded. */
export type SentArgs = readonly unknown[];

/**
 * Keyword arguments to be sent, of any type or interface, but no list; what cannot be represented on the wire is refused when it is encoded.
 */
export type SentKwargs = { readonly [name: string]: unknown } | (object & { readonly [Symbol.iterator]?: never });

/** The dictionary without entries. */
export const emptyDict: Dict = Object.freeze({});

/** The list without elements. */
export const emptyArgs: Args = Object.freeze([]);

/**
 * Tells a plain object (a literal, or one without prototype) from everything else.
 *
 * @param value The value to look at.
 * @returns Whether it can stand as kwargs or options.
 */
export function isDict(value: unknown): value is Dict {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/**
 * Tells whether a dictionary has no entries, without listing them.
 *
 * @param dict The dictionary; it may be a Map, as one with odd keys is that came over the wire.
 * @returns Whether there is nothing in it.
 */
export function isEmptyDict(dict: Dict): boolean {
  if (dict === emptyDict) return true;
  for (const _ in dict) return false;
  return !dict.size; // a Map's entries are not enumerated
}

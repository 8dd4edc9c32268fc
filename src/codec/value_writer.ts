import { Extension } from "./extension.ts";
import { DICT, LIST } from "./plain_writer.ts";
import type { Trail } from "./unserializable.ts";
import { bytesOf, checkDate, isLeftOut, told, unserializableKind } from "./unserializable.ts";

/** Where a value goes when it is written piece by piece: one binary format. */
export interface ValueSink {
  /** How many bytes have been written. */
  readonly length: number;
  /** Writes what is plain and has no elements; it takes `size` bytes at most, besides its head. */
  plain(value: null | undefined | boolean | number | string | Uint8Array, size: number): void;
  /** Returns what the value is if the format cannot carry it. */
  bigint(value: bigint): string | undefined;
  date(value: Date): void;
  /** Returns whether the format has extension types. */
  extension(value: Extension): boolean;
  /** Writes how a list (`LIST`) or a dictionary (`DICT`) begins. */
  head(kind: number, count: number): void;
  /** Corrects the number of entries of the dictionary that began at `start`. */
  fixDict(start: number, count: number, actual: number): void;
}

/**
 * Writes any value that WAMP can carry. `undefined` is left out of dictionaries and Maps; what has `toJSON` is written as that says.
 *
 * @param sink Where to.
 * @param value The value.
 * @param trail The way to it, for refusals.
 * @param depth How many steps that is.
 * @param asked Whether it is what another value said that is written in its place (default not).
 * @throws {WampError} `unserializable`
 */
export function writeValue(
  sink: ValueSink,
  value: unknown,
  trail: Trail,
  depth: number,
  asked: boolean = false,
): void {
  switch (typeof value) {
    case "string":
      return sink.plain(value, value.length * 3);
    case "number":
    case "boolean":
    case "undefined":
      return sink.plain(value, 0);
    case "bigint": {
      const problem = sink.bigint(value);
      if (problem !== undefined) throw trail.refuse(depth, problem);
      return;
    }
    case "object":
      return value === null ? sink.plain(null, 0) : writeObject(sink, value, trail, depth, asked);
    default:
      throw trail.refuse(depth, unserializableKind(value) as string);
  }
}

function writeObject(sink: ValueSink, value: object, trail: Trail, depth: number, asked: boolean): void {
  const bytes = bytesOf(value, trail, depth);
  if (bytes !== undefined) return sink.plain(bytes, bytes.length);
  if (value instanceof Date) {
    checkDate(value, trail, depth);
    return sink.date(value);
  }
  if (value instanceof Extension && sink.extension(value)) return;
  const instead = asked ? value : told(value);
  if (instead !== value) return writeValue(sink, instead, trail, depth, true);
  if (Array.isArray(value)) return writeList(sink, value, trail, depth);
  if (value instanceof Map) return writeMap(sink, value, trail, depth);
  const prototype = Object.getPrototypeOf(value);
  const kind = prototype === Object.prototype || prototype === null ? undefined : unserializableKind(value);
  if (kind !== undefined) throw trail.refuse(depth, kind);
  writeDict(sink, value as Record<string, unknown>, trail, depth);
}

function writeList(
  sink: ValueSink,
  list: readonly unknown[],
  trail: Trail,
  depth: number,
): void {
  trail.enter(list, depth);
  const { length } = list;
  sink.head(LIST, length);
  for (let at = 0; at < length; at++) {
    trail.steps[depth] = at;
    writeValue(sink, list[at], trail, depth + 1);
  }
}

function writeDict(
  sink: ValueSink,
  dict: Record<string, unknown>,
  trail: Trail,
  depth: number,
): void {
  trail.enter(dict, depth);
  const keys = Object.keys(dict);
  const start = sink.length;
  sink.head(DICT, keys.length);
  let written = 0;
  for (const key of keys) {
    // Read once: a getter may give something else the next time.
    const value = dict[key];
    if (isLeftOut(key, value)) continue;
    trail.steps[depth] = key;
    sink.plain(key, key.length * 3);
    writeValue(sink, value, trail, depth + 1);
    written++;
  }
  if (written < keys.length) sink.fixDict(start, keys.length, written);
}

function writeMap(
  sink: ValueSink,
  map: ReadonlyMap<unknown, unknown>,
  trail: Trail,
  depth: number,
): void {
  trail.enter(map, depth);
  const entries = [...map];
  const start = sink.length;
  sink.head(DICT, entries.length);
  let written = 0;
  for (const [key, value] of entries) {
    if (value === undefined) continue;
    trail.steps[depth] = typeof key === "string" ? key : `${typeof key} key`;
    writeValue(sink, key, trail, depth + 1);
    writeValue(sink, value, trail, depth + 1);
    written++;
  }
  if (written < entries.length) sink.fixDict(start, entries.length, written);
}

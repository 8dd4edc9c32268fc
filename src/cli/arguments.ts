import { InvalidArgumentError } from "commander";
import { parseJson } from "../codec/json_values.ts";
import type { WampValue } from "../wire/values.ts";

/**
 * Reads an argument: as JSON where it is JSON, else as text.
 *
 * @param text What was written: `1`, `true`, `{"a": 1}`, or `hello`.
 * @returns The value.
 */
export function valueOf(text: string): WampValue {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/**
 * Reads keyword arguments, `name=value` each; commander calls it for each one.
 *
 * @param text What was written.
 * @param before Those before it.
 * @returns All of them.
 * @throws {InvalidArgumentError} When there is no `=`, or a name stands twice.
 */
export function collectKwarg(
  text: string,
  before: Readonly<Record<string, WampValue>> = {},
): Record<string, WampValue> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError(`Write --kwarg name=value, as in --kwarg base=10.`);
  const name = text.slice(0, at);
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`"${name}" is given twice.`);
  return Object.fromEntries([...Object.entries(before), [name, valueOf(text.slice(at + 1))]]);
}

/**
 * Reads a number of seconds.
 *
 * @param text What was written.
 * @returns Milliseconds.
 * @throws {InvalidArgumentError} When it is none.
 */
export function millisecondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && seconds >= 0 && seconds < 1e9) return seconds * 1000;
  throw new InvalidArgumentError("It has to be a number of seconds.");
}

/**
 * Reads a whole number that is at least 1.
 *
 * @param text What was written.
 * @returns The number.
 * @throws {InvalidArgumentError} When it is none.
 */
export function countOf(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError("It has to be a whole number of at least 1.");
}

/**
 * Reads the name of a folder.
 *
 * @param text What was written.
 * @returns The same.
 * @throws {InvalidArgumentError} When nothing was, as by a variable that is not set.
 */
export function folderOf(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("It has to be a folder, such as ./nexus-data; is there a variable that is not set?");
}

/**
 * Reads the number of a TCP port.
 *
 * @param text What was written.
 * @returns The port.
 * @throws {InvalidArgumentError} When it is none.
 */
export function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("It has to be a number from 0 to 65535");
}

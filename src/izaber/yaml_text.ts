import { WampError } from "../wire/errors.ts";
import { isDict } from "../wire/values.ts";
import type { WampValue } from "../wire/values.ts";

const unprintable = /[^\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/gu;
const plain = /^[\p{L}_/$(][^:#\x22'`{}[\],&*!|>%@]*(?<! )$/u;
const notString = /^(?:null|true|false|yes|no|on|off|y|n)$/i;

/**
 * Writes a value as YAML that every YAML parser reads alike, in the style that Nexus answers in: blocks, lists not indented, quotes only where needed.
 *
 * @param value The value: null, booleans, numbers, strings, lists, dictionaries.
 * @returns The text, ending with a line feed.
 * @throws {WampError} `unserializable` when the value holds anything else, or itself.
 *
 * @example
 * ```ts
 * import { stringifyYaml } from "@izaber/wamp/izaber";
 *
 * const text = stringifyYaml({ run: true, hosts: ["a", "017"] });
 * if (text !== "run: true\nhosts:\n- a\n- '017'\n") throw new Error(text);
 * ```
 */
export function stringifyYaml(value: WampValue): string {
  const lines = block(value, new Set()) ?? [scalar(value) || "null"];
  return `${lines.join("\n")}\n`;
}

/** The lines of a list or a mapping that is not empty; undefined for anything else. */
function block(value: WampValue, within: Set<WampValue>): string[] | undefined {
  const isList = Array.isArray(value);
  if (!isList && !isDict(value)) return undefined;
  if (within.has(value)) {
    throw new WampError("unserializable", "a value that contains itself cannot be written as YAML; write a copy");
  }
  within.add(value);
  const lines = isList
    ? value.flatMap((item) => listItem(item, within))
    : Object.entries(value).flatMap(([key, item]) => item === undefined ? [] : mapItem(key, item, within));
  within.delete(value);
  return lines.length === 0 ? undefined : lines;
}

function listItem(item: WampValue, within: Set<WampValue>): string[] {
  const lines = block(item, within);
  if (lines === undefined) return [`- ${scalar(item)}`];
  return indented(lines).map((line, index) => index === 0 ? `- ${line.slice(2)}` : line);
}

function mapItem(key: string, item: WampValue, within: Set<WampValue>): string[] {
  const lines = block(item, within);
  const name = `${text(key)}:`;
  if (lines !== undefined) return [name, ...(Array.isArray(item) ? lines : indented(lines))];
  const value = scalar(item);
  return [value === "" ? name : `${name} ${value}`];
}

/** Behind an empty item that ends an inner list, parsers disagree on what the next line belongs to. */
function indented(lines: readonly string[]): string[] {
  return lines.map((line, index) => `  ${line}${index === lines.length - 1 && line.endsWith("- ") ? "null" : ""}`);
}

/** What stands behind a dash or a colon; nothing for null. */
function scalar(value: WampValue): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return text(value);
  if (typeof value === "number") return number(value);
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return "[]";
  if (isDict(value)) return "{}";
  const what = Object.prototype.toString.call(value).slice(8, -1);
  throw new WampError(
    "unserializable",
    `${what} cannot be written as YAML; write a string, number, list or dictionary`,
  );
}

function number(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value > 0 ? ".inf" : "-.inf";
  // As a row of digits it would be an integer, which not every reader can hold.
  const digits = Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
  // An exponent makes a number to every reader only behind a point and with a sign.
  return digits.replace(/^(-?\d+)e/, "$1.0e");
}

function text(value: string): string {
  if (value.search(unprintable) >= 0) {
    return JSON.stringify(value).replace(
      unprintable,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  }
  return plain.test(value) && !notString.test(value) ? value : `'${value.replaceAll("'", "''")}'`;
}

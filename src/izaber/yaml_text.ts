import { WampError } from "../wire/errors.ts";
import { isDict } from "../wire/values.ts";
import type { WampValue } from "../wire/values.ts";

const plain = /^[A-Za-z_/][\w./@+-]*(?: [\w./@+-]+)*$/;
const notPlain = /^(?:null|true|false|yes|no|on|off)$/i;
// The line separators that JSON leaves as they are, and what YAML calls non-printable.
const unprintable = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * Writes a value as YAML that every YAML parser reads alike, Python's included.
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
 * if (text !== 'run: true\nhosts:\n- a\n- "017"\n') throw new Error(text);
 * ```
 */
export function stringifyYaml(value: WampValue): string {
  return `${block(value, "", new Set()).replace(/^\n/, "").replace(/^ /, "")}\n`;
}

function block(value: WampValue, indent: string, within: Set<WampValue>): string {
  const isList = Array.isArray(value);
  if (!isList && !isDict(value)) return ` ${scalar(value)}`;
  if (within.has(value)) {
    throw new WampError("unserializable", "a value that contains itself cannot be written as YAML; write a copy");
  }
  within.add(value);
  const lines = isList
    ? value.map((item) => `${indent}-${itemText(item, indent, within)}`)
    : Object.entries(value).map(([key, item]) => `${indent}${scalar(key)}:${entryText(item, indent, within)}`);
  within.delete(value);
  if (lines.length === 0) return isList ? " []" : " {}";
  return `\n${lines.join("\n")}`;
}

// A list under a key begins in the key's own column, as PyYAML writes it.
function entryText(value: WampValue, indent: string, within: Set<WampValue>): string {
  return block(value, Array.isArray(value) ? indent : `${indent}  `, within);
}

function itemText(value: WampValue, indent: string, within: Set<WampValue>): string {
  return block(value, `${indent}  `, within).replace(/^\n */, " ");
}

function scalar(value: WampValue): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return number(value);
  if (typeof value === "string") {
    if (plain.test(value) && !notPlain.test(value)) return value;
    return JSON.stringify(value).replace(
      unprintable,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  }
  const what = Object.prototype.toString.call(value).slice(8, -1);
  throw new WampError(
    "unserializable",
    `${what} cannot be written as YAML; write a string, number, list or dictionary`,
  );
}

function number(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value > 0 ? ".inf" : "-.inf";
  // Python wants a point before an exponent.
  return String(value).replace(/^(-?\d+)e/, "$1.0e");
}

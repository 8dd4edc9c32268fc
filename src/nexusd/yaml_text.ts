import { isDict } from "../wire/values.ts";
import type { WampValue } from "../wire/values.ts";
import { ServiceError } from "./service_error.ts";

/**
 * Writes a value as YAML, in the style of the original (ruamel.yaml): blocks, lists not indented, quotes only where needed.
 *
 * @param value The value.
 * @returns The text, with a line break at its end.
 * @throws {ServiceError} When the value holds what YAML's core has no form for.
 */
export function toYaml(value: WampValue): string {
  if (value === null || value === undefined) return "null\n";
  const lines = block(value);
  return lines === undefined ? `${scalar(value)}\n` : `${lines.join("\n")}\n`;
}

/** The lines of a list or a mapping that is not empty; undefined for anything else. */
function block(value: WampValue): string[] | undefined {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.flatMap(listItem);
  if (!isDict(value)) return undefined;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return entries.length === 0 ? undefined : entries.flatMap(([key, item]) => mapItem(key, item));
}

function listItem(item: WampValue): string[] {
  if (item === null || item === undefined) return ["- "];
  const lines = block(item);
  if (lines === undefined) return [`- ${scalar(item)}`];
  return indented(lines).map((line, index) => index === 0 ? `- ${line.slice(2)}` : line);
}

function mapItem(key: string, item: WampValue): string[] {
  const name = scalar(key);
  if (item === null || item === undefined) return [`${name}:`];
  const lines = block(item);
  if (lines === undefined) return [`${name}: ${scalar(item)}`];
  return [`${name}:`, ...(Array.isArray(item) ? lines : indented(lines))];
}

/** Behind an empty item that ends an inner list, parsers disagree on what the next line belongs to. */
function indented(lines: readonly string[]): string[] {
  return lines.map((line, index) => `  ${line}${index === lines.length - 1 && line.endsWith("- ") ? "null" : ""}`);
}

function scalar(value: WampValue): string {
  if (typeof value === "string") return text(value);
  if (typeof value === "number") return number(value);
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return "[]";
  if (isDict(value)) return "{}";
  throw new ServiceError("binary data has no form in YAML here: read the value without yaml");
}

function number(value: number): string {
  if (Number.isFinite(value)) {
    // As a row of digits it would be an integer, which not every reader can hold.
    const digits = Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
    // An exponent makes a number to every reader only behind a point and with a sign.
    return digits.replace(/^(-?\d+)e/, "$1.0e");
  }
  return Number.isNaN(value) ? ".nan" : value > 0 ? ".inf" : "-.inf";
}

const UNPRINTABLE = /[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]|[\u2028\u2029]/u;
const PLAIN = /^[\p{L}_/$(][^:#\x22'`{}[\],&*!|>%@]*$/u;
const WORDS = /^(?:null|true|false|yes|no|on|off|y|n)$/i;

function text(value: string): string {
  if (UNPRINTABLE.test(value)) return quoted(value);
  if (PLAIN.test(value) && !value.endsWith(" ") && !WORDS.test(value)) return value;
  return `'${value.replaceAll("'", "''")}'`;
}

function quoted(value: string): string {
  const unprintable = new RegExp(UNPRINTABLE, "gu");
  return JSON.stringify(value).replace(unprintable, (char) => {
    const code = char.codePointAt(0)!.toString(16);
    return `\\u${code.padStart(4, "0")}`;
  });
}

import { Extension } from "../../../src/codec/mod.ts";

/** A value of which every part says its type: what JSON has not, in lists of a name and texts. */
export type Canonical = null | boolean | string | readonly [type: string, ...content: unknown[]];

/**
 * Says of a value what matters between languages: a number that is whole is an integer, entries have no order.
 *
 * @param value A value that a serializer carries.
 * @returns Its canonical form.
 */
export function canonical(value: unknown): Canonical {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "bigint") return ["int", String(value)];
  if (typeof value === "number") {
    return Number.isSafeInteger(value) ? ["int", String(value)] : ["float", floatText(value)];
  }
  if (value instanceof Uint8Array) return ["bytes", hex(value)];
  if (value instanceof Date) return ["date", String(value.getTime())];
  if (value instanceof Extension) return ["extension", String(value.type), hex(value.data)];
  if (Array.isArray(value)) return ["list", value.map(canonical)];
  const entries = value instanceof Map ? [...value] : Object.entries(value as object);
  return ["dict", entries.map(([key, one]) => [canonical(key), canonical(one)])];
}

/**
 * Makes canonical forms comparable.
 *
 * @param value A canonical form, with entries in any order.
 * @returns Its text, with entries in one order.
 */
export function canonicalText(value: Canonical): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const [type, content] = value;
  if (type === "list") return `[${(content as Canonical[]).map(canonicalText).join()}]`;
  if (type !== "dict") return JSON.stringify(value);
  return `{${(content as [Canonical, Canonical][]).map((entry) => entry.map(canonicalText).join(":")).sort().join()}}`;
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return hex(new Uint8Array(view.buffer));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

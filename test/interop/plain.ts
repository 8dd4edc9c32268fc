import type { Dict, WampValue } from "../../mod.ts";

/** What JSON can say of a WAMP value: what it cannot is an object with one key, `$int`, `$float`, `$bytes`, `$date`, `$undefined` or `$dict`. */
export type Plain = null | boolean | number | string | Plain[] | { [key: string]: Plain };

/** Makes a value fit for a line of JSON, so that drivers in other languages can read it. */
export function toPlain(value: unknown): Plain {
  if (value === undefined) return { $undefined: true };
  if (typeof value === "bigint") return { $int: String(value) };
  if (typeof value === "number") return plainNumber(value);
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("hex") };
  if (value instanceof Date) return { $date: value.toISOString() };
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value === "object" && value !== null) return plainDict(value);
  return value as Plain;
}

/** Reads what {@linkcode toPlain} or a driver in another language wrote. */
export function fromPlain(plain: Plain): WampValue {
  if (Array.isArray(plain)) return plain.map(fromPlain);
  if (typeof plain !== "object" || plain === null) return plain;
  const [tag, content] = Object.entries(plain)[0] ?? [];
  switch (tag) {
    case "$int":
      return BigInt(content as string);
    case "$float":
      return Number(content);
    case "$bytes":
      return new Uint8Array(Buffer.from(content as string, "hex"));
    case "$date":
      return new Date(content as string) as unknown as WampValue;
    case "$undefined":
      return undefined as unknown as WampValue;
    case "$dict":
      return dict((content as [string, Plain][]).map(([key, value]) => [key, fromPlain(value)]));
  }
  return dict(Object.entries(plain).map(([key, value]) => [key, fromPlain(value)]));
}

/** Object.fromEntries defines properties, `__proto__` included. */
function dict(entries: [string, WampValue][]): Dict {
  return Object.fromEntries(entries);
}

function plainNumber(value: number): Plain {
  // A language with integers would take 1e20 for one.
  const isWide = Number.isInteger(value) && Math.abs(value) > 2 ** 53;
  if (Number.isFinite(value) && !Object.is(value, -0) && !isWide) return value;
  return { $float: Object.is(value, -0) ? "-0" : String(value) };
}

function plainDict(value: object): Plain {
  const entries = Object.entries(value).map(([key, one]): [string, Plain] => [key, toPlain(one)]);
  return entries.some(([key]) => key.startsWith("$")) ? { $dict: entries } : Object.fromEntries(entries);
}

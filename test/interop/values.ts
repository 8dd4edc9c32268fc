import type { WampValue } from "../../mod.ts";

/** What may be lost of a value on the way, each with a name for the table in docs/interop.md. */
export type Kind =
  | "plain"
  | "text"
  | "integer"
  | "int64"
  | "uint64"
  | "float"
  | "integral float"
  | "NaN"
  | "infinity"
  | "minus zero"
  | "binary"
  | "date"
  | "deep"
  | "wide"
  | "key"
  | "__proto__";

/** A value that goes around, and what it is an example of. */
export interface Sample {
  readonly kind: Kind;
  readonly value: WampValue;
}

/** Two hundred of them. */
export const samples: readonly Sample[] = [
  ...of("plain", [null, true, false, [], {}, [[]], [{}], { a: [] }, [null, true], { a: null, b: false }, [1, "a", [
    2,
  ]]]),
  ...of("text", [
    "",
    " ",
    "a",
    "ä",
    "ß",
    "é",
    "e\u0301",
    "名前",
    "한국어",
    "שלום",
    "🙂",
    "👩‍👩‍👧‍👦",
    "𝒳",
    "\u0001",
    "\t\n\r",
    "\u001f",
    "\u007f",
    "\u0080",
    "\u2028\u2029",
    "\ufeffbom",
    "\uffff",
    "a\u0000b",
    '"',
    "\\",
    "/",
    "</script>",
    "null",
    "1",
    "a".repeat(31),
    "b".repeat(32),
    "c".repeat(255),
    "d".repeat(256),
    "e".repeat(65_535),
    "f".repeat(65_536),
    "é".repeat(200),
    "🙂".repeat(1_000),
  ]),
  ...of(
    "integer",
    [
      0,
      1,
      23,
      24,
      127,
      128,
      255,
      256,
      32_767,
      32_768,
      65_535,
      65_536,
      2 ** 31 - 1,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32,
      2 ** 52,
      2 ** 53 - 1,
    ].flatMap((one) => one === 0 ? [0] : [one, -one]),
  ),
  ...of("int64", [
    2n ** 53n + 1n,
    2n ** 53n + 2n,
    2n ** 60n,
    2n ** 62n + 1n,
    2n ** 63n - 1n,
    -(2n ** 53n) - 1n,
    -(2n ** 60n),
    -(2n ** 62n) - 1n,
    -(2n ** 63n) + 1n,
    -(2n ** 63n),
    [2n ** 61n + 1n] as never,
    { big: 2n ** 61n + 1n } as never,
  ]),
  ...of("uint64", [2n ** 63n, 2n ** 63n + 1n, 2n ** 64n - 1n]),
  ...of("float", [
    0.1,
    -0.1,
    0.5,
    1.5,
    -2.25,
    1 / 3,
    Math.PI,
    Math.E,
    5e-324,
    2.2250738585072014e-308,
    1.7976931348623157e308 / 3 + 0.5,
    1e-10,
    123456.789,
    0.30000000000000004,
    4.35,
    100.01,
    1e-7,
    -1e-300,
    3.4028234663852886e-38,
    16_777_216.5,
    [0.1, 0.2],
    { x: 0.25 },
  ]),
  ...of("integral float", [1e16, 1e20, 1e21, 1e100, 1e300, -1e300]),
  ...of("NaN", [NaN, [NaN]]),
  ...of("infinity", [Infinity, -Infinity, { far: Infinity }]),
  ...of("minus zero", [-0]),
  ...of("binary", [
    new Uint8Array(0),
    Uint8Array.of(0),
    Uint8Array.of(255),
    Uint8Array.of(0xc3, 0x28),
    Uint8Array.from({ length: 256 }, (_, at) => at),
    new Uint8Array(70_000).fill(7),
    [Uint8Array.of(1, 2), Uint8Array.of(3)],
    { blob: Uint8Array.of(9, 8, 7) },
    [{ deep: [Uint8Array.of(1)] }],
    new TextEncoder().encode("text as bytes"),
  ]),
  ...of(
    "date",
    ["2026-11-20T12:34:56.000Z", "1970-01-01T00:00:00.000Z", "1999-12-31T23:59:59.999Z", "2100-01-01T00:00:00.500Z"]
      .map(
        (text) => new Date(text) as never,
      ),
  ),
  ...of("deep", [nested(10), nested(30), nested(60), nestedDict(10), nestedDict(30), nestedDict(60)]),
  ...of("wide", [
    Array.from({ length: 15 }, (_, at) => at),
    Array.from({ length: 16 }, (_, at) => at),
    Array.from({ length: 10_000 }, (_, at) => at),
    Array.from({ length: 1_000 }, (_, at) => `item ${at}`),
    Array.from({ length: 500 }, (_, at) => ({ id: at, name: `n${at}`, tags: ["a", "b"] })),
    dictOf(15),
    dictOf(16),
    dictOf(1_000),
    dictOf(10_000),
  ]),
  ...of(
    "key",
    [
      "",
      " ",
      "a.b",
      "constructor",
      "toString",
      "hasOwnProperty",
      "then",
      "length",
      "0",
      "-1",
      "名前",
      "🙂",
      "$int",
      "$bytes",
      "a\nb",
      '"',
      "k".repeat(31),
      "k".repeat(32),
      "k".repeat(300),
    ].map((key) => ({ [key]: 1 })),
  ),
  ...of("key", [{ b: 1, a: 2 }, { "2": "two", "1": "one", x: "y" }, { null: null, true: true }]),
  ...of("__proto__", [
    Object.fromEntries([["__proto__", 1]]),
    Object.fromEntries([["__proto__", { polluted: true }]]),
    [Object.fromEntries([["__proto__", []]])],
  ]),
  ...Array.from({ length: 16 }, (_, at): Sample => ({
    kind: "plain",
    value: {
      id: at,
      name: `record ${at}`,
      flags: [at % 2 === 0, null],
      nested: { value: at * 1.5, list: [at, -at || 0] },
    },
  })),
];

/** Writes a value so that equal ones have equal texts, whatever types the languages have for them. */
export function textOf(value: unknown): string {
  if (value === undefined) return "undefined";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") {
    if (Object.is(value, -0)) return "-0";
    return Number.isInteger(value) ? String(BigInt(value)) : String(value);
  }
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (value instanceof Date) return `date ${value.toISOString()}`;
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).sort(([one], [other]) => one < other ? -1 : 1);
    return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${textOf(one)}`).join()}}`;
  }
  return JSON.stringify(value);
}

function of(kind: Kind, values: readonly unknown[]): Sample[] {
  return values.map((value) => ({ kind, value: value as WampValue }));
}

function nested(depth: number): WampValue {
  let value: WampValue = ["end"];
  for (let at = 1; at < depth; at++) value = [value];
  return value;
}

function nestedDict(depth: number): WampValue {
  let value: WampValue = { end: true };
  for (let at = 1; at < depth; at++) value = { in: value };
  return value;
}

function dictOf(size: number): WampValue {
  return Object.fromEntries(Array.from({ length: size }, (_, at) => [`key ${at}`, at]));
}

import fc from "fast-check";
import { expect, test } from "vitest";
import { parseYaml, stringifyYaml } from "@izaber/wamp/izaber";
import type { WampValue } from "@izaber/wamp";

test.each<[WampValue, string]>([
  [{ a: [1, 2, null, true, 1.5], b: { c: "d" } }, "a:\n- 1\n- 2\n- \n- true\n- 1.5\nb:\n  c: d\n"],
  [null, "null\n"],
  ["snow ☃", "snow ☃\n"],
  ["line1\nline2", '"line1\\nline2"\n'],
  [[[1, [2]], { a: 1, b: [] }, {}], "- - 1\n  - - 2\n- a: 1\n  b: []\n- {}\n"],
  ["true", "'true'\n"],
  ["", "''\n"],
  ["it's: so", "'it''s: so'\n"],
  ["017", "'017'\n"],
  [{ "a b": "c#d" }, "a b: 'c#d'\n"],
  [{ a: [null], b: [[null], { c: [null] }] }, "a:\n- \nb:\n- - null\n- c:\n  - null\n"],
  [[1e20, -1e-7, Infinity, -Infinity, NaN], "- 1.0e+20\n- -1.0e-7\n- .inf\n- -.inf\n- .nan\n"],
  [{ none: null, gone: undefined }, "none:\n"],
])("%j is written as Nexus writes it", (value, text) => {
  expect(stringifyYaml(value)).toBe(text);
});

test("what YAML has no word for is refused", () => {
  expect(() => stringifyYaml({ a: new Uint8Array(1) })).toThrow(/Uint8Array cannot be written as YAML/);
  const loop: { self?: unknown } = {};
  loop.self = [loop];
  expect(() => stringifyYaml(loop as never)).toThrow(/contains itself/);
});

test("a value that stands in two places is written twice", () => {
  const shared = { a: 1 };
  expect(stringifyYaml([shared, shared])).toBe("- a: 1\n- a: 1\n");
});

test("what is written is read back", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({
      unit: fc.constantFrom("a", "1", ":", "-", " ", "#", "'", '"', "\n", "~", ".", "?", ",", "[", "&", "<", "="),
    }),
    fc.constantFrom(
      "yes",
      "No",
      "0x1f",
      "1e3",
      ".inf",
      "<<",
      "=",
      "2001-12-14",
      "1:30",
      "- a",
      "? b",
      "\u2028",
      "\ufeff",
    ),
  ).filter((value) => value.isWellFormed());
  const key = text.filter((value) => value !== "__proto__" && value !== "<<");
  const { value } = fc.letrec<{ value: WampValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, false),
      fc.integer(),
      fc.double({ noNaN: true }).map((number) => number + 0),
      text,
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
    ) as fc.Arbitrary<WampValue>,
  }));
  fc.assert(
    fc.property(value, (value) => {
      expect(parseYaml(stringifyYaml(value), "value")).toEqual(value);
    }),
    { numRuns: 100 },
  );
});

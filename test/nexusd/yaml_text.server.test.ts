import fc from "fast-check";
import { expect, test } from "vitest";
import { parseYaml } from "../../src/izaber/yaml.ts";
import { toYaml } from "../../src/nexusd/yaml_text.ts";
import type { WampValue } from "../../src/wire/values.ts";

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
  [1e20, "1.0e+20\n"],
  [{ none: null, gone: undefined }, "none:\n"],
])("%j is written as the original does", (value, text) => {
  expect(toYaml(value)).toBe(text);
});

test("binary is refused in words", () => {
  expect(() => toYaml({ a: new Uint8Array(1) })).toThrow("binary data has no form in YAML");
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
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
      text,
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
    ) as fc.Arbitrary<WampValue>,
  }));
  fc.assert(
    fc.property(value, (value) => {
      expect(parseYaml(toYaml(value), "value")).toEqual(value);
    }),
    { numRuns: 100 },
  );
});

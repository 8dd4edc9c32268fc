import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LinearRegex } from "../../src/nexusd/linear_regex.ts";

function matches(source: string, text: string): boolean {
  return new LinearRegex(source).matches(text);
}

test.each([
  ["", "anything", true],
  ["abc", "ABCdef", true],
  ["abc$", "abcd", false],
  ["^abc\\Z", "abc", true],
  ["b", "ab", false],
  ["a.c", "a\nc", false],
  ["a|bc", "bcd", true],
  ["a|bc", "b", false],
  ["(ab)+c", "ababc", true],
  ["(?:ab){2}$", "abab", true],
  ["(?:ab){2}$", "ababab", false],
  ["a{2,3}$", "aaa", true],
  ["a{2,3}$", "aaaa", false],
  ["a{,2}$", "aa", true],
  ["a{2,}$", "a", false],
  ["a{x", "a{x", true],
  ["(?P<name>[a-f0-9]+)$", "00FF", true],
  ["[^a-c]$", "B", false],
  ["[^a-c]$", "d", true],
  ["[]x]$", "]", true],
  ["[\\d-]+$", "1-2", true],
  ["\\w+\\b!", "word!", true],
  ["\\d\\D\\s\\S", "1a b", true],
  ["a\\.b", "axb", false],
  ["\\x41\\u0042", "ab", true],
  ["(?i)ab", "AB", true],
  ["[[:alpha:]]", "z:]", false],
  ["[[:alpha:]]", "h]", true],
  ["[\\w.]+$", "ü.1_", true],
  ["[^\\D]$", "٣", true],
  ["\\W", "ü", false],
  ["[\\b\\u0041]+$", "\ba", true],
  ["\\{,2}$", "{,2}", true],
  ["\\\\u0041", "\\u0041", true],
  ["(a*)*b", "aaaab", true],
  ["ü+$", "ÜÜ", true],
  ["😀.$", "😀😀", true],
])("/%s/ on %j: %s", (source, text, expected) => {
  expect(matches(source, text)).toBe(expected);
});

test.each(["(", ")", "a)|(b", "[", "a**", "*", "\\", "\\q", "[b-a]", "a{3,2}", "\\x4", "\\u4"])(
  "/%s/ is refused, as Python does",
  (source) => {
    expect(() => new LinearRegex(source)).toThrow();
  },
);

test.each(["(?=a)b", "(?!a)b", "(?<=a)b", "(?<!a)b", "(a)\\1", "(?P<x>a)(?P=x)", "(?>a)", "a++", "[\\W]"])(
  "/%s/ is refused, for it cannot be run in linear time or not with the same meaning",
  (source) => {
    expect(() => new LinearRegex(source)).toThrow();
  },
);

describe("what cannot keep it busy", () => {
  test.each(["(a+)+$b", "(a|aa)+b", "(.*)*x$", ".*.*.*.*.*=", "(?:a?){99}a{200}b"])(
    "/%s/ on a thousand a's",
    (source) => {
      expect(matches(source, "a".repeat(1000))).toBe(false);
    },
  );

  test("expressions that would be too large are refused", () => {
    expect(() => new LinearRegex("(a{30}){30}")).toThrow("too large");
    expect(() => new LinearRegex("a{1000}".repeat(100_000))).toThrow("too large");
    expect(() => new LinearRegex("(((a{9}){9}){9}){9}")).toThrow("repeat count");
    expect(() => new LinearRegex("(?:){1000000000}")).toThrow("repeat count");
  });
});

test("it agrees with RegExp", () => {
  const atom = fc.constantFrom("a", "b", ".", "[ab]", "[^b]", "\\w", "\\b", "^", "$");
  const { regex } = fc.letrec((tie) => ({
    regex: fc.oneof(
      { maxDepth: 4 },
      atom,
      fc.array(tie("regex"), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("")),
      fc.tuple(tie("regex"), tie("regex")).map(([left, right]) => `(${left}|${right})`),
      fc.tuple(tie("regex"), fc.constantFrom("*", "+", "?", "{1,2}", "{2}")).map(([part, times]) =>
        `(?:${part})${times}`
      ),
    ) as fc.Arbitrary<string>,
  }));
  const text = fc.string({ unit: fc.constantFrom("a", "b", "A", "-"), maxLength: 8 });
  fc.assert(
    fc.property(regex, text, (source, subject) => {
      let compiled: LinearRegex;
      try {
        compiled = new LinearRegex(source);
      } catch {
        return;
      }
      expect(compiled.matches(subject)).toBe(new RegExp(`^(?:${source})`, "is").test(subject));
    }),
    { numRuns: 500 },
  );
});

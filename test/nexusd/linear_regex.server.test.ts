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
  ["(?!admin).*", "administrator", false],
  ["(?!admin).*", "user", true],
  ["(?=.*x)a", "abx", true],
  ["(?=.*x)a", "ab", false],
  ["(?i)a(?#note)b", "AB", true],
  ["(a*)*b", "aaaab", true],
  ["ü+$", "ÜÜ", true],
  ["😀.$", "😀😀", true],
])("/%s/ on %j: %s", (source, text, expected) => {
  expect(matches(source, text)).toBe(expected);
});

test.each(["(", ")", "[", "a**", "*", "\\", "\\1", "(?<=a)b", "a++", "\\q", "[b-a]", "a{3,2}", "^*", "(?>a)", "\\x4"])(
  "/%s/ is refused",
  (source) => {
    expect(() => new LinearRegex(source)).toThrow(SyntaxError);
  },
);

describe("what cannot keep it busy", () => {
  test.each(["(a+)+$b", "(a|aa)+b", "(.*)*x$", ".*.*.*.*.*=", "(?:(?=(?:a*)*b)a)*c"])(
    "/%s/ on a thousand a's",
    (source) => {
      expect(matches(source, "a".repeat(1000))).toBe(false);
    },
  );

  test("expressions that would be too large are refused", () => {
    expect(() => new LinearRegex("(((a{9}){9}){9}){9}")).toThrow("too large");
    expect(() => new LinearRegex("(?:){1000000000}")).toThrow("too large");
    expect(() => new LinearRegex("(?=a{60})a")).toThrow("too large");
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
      tie("regex").map((part) => `(?!${part})`),
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

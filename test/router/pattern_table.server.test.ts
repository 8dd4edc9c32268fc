import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { PatternTable } from "../../src/router/pattern_table.ts";
import type { MatchPolicy } from "../../src/wire/mod.ts";

describe("the example of the specification", () => {
  const table = new PatternTable<number>();
  table.set("a1.b2.c3.d4.e55", "exact", 1);
  table.set("a1.b2.c3", "prefix", 2);
  table.set("a1.b2.c3.d4", "prefix", 3);
  table.set("a1.b2..d4.e5", "wildcard", 4);
  table.set("a1.b2.c33..e5", "wildcard", 5);
  table.set("a1.b2..d4.e5..g7", "wildcard", 6);
  table.set("a1.b2..d4..f6.g7", "wildcard", 7);

  test.each([
    ["a1.b2.c3.d4.e55", 1],
    ["a1.b2.c3.d98.e74", 2],
    ["a1.b2.c3.d4.e325", 3],
    ["a1.b2.c55.d4.e5", 4],
    ["a1.b2.c33.d4.e5", 5],
    ["a1.b2.c88.d4.e5.f6.g7", 6],
    ["a2.b2.c2.d2.e2", undefined],
  ])("%s is for %s", (uri, expected) => {
    expect(table.best(uri)).toBe(expected);
  });
});

test("a prefix is plain text and needs no dot behind it", () => {
  const table = new PatternTable<string>();
  table.set("com.myapp.myobject1", "prefix", "yes");
  for (const rest of ["", ".myprocedure1", "-mysubobject1", ".mysubobject1.myprocedure1"]) {
    expect(table.best(`com.myapp.myobject1${rest}`)).toBe("yes");
  }
  expect(table.best("com.myapp.myobject2")).toBeUndefined();
  expect(table.best("com.myapp.myobject")).toBeUndefined();
});

test("a prefix that ends inside a component gives way to a wildcard pattern, one of whole components does not", () => {
  const table = new PatternTable<string>();
  table.set("a.b", "prefix", "prefix");
  table.set("a.", "wildcard", "wildcard");
  table.set("a..c", "wildcard", "wildcard");
  expect(table.best("a.bc")).toBe("wildcard");
  expect(table.best("a.b.c")).toBe("prefix");
  table.set("a.", "prefix", "shorter, of whole components");
  expect(table.best("a.bc")).toBe("prefix");
});

test("the empty prefix matches everything", () => {
  const table = new PatternTable<string>();
  table.set("", "prefix", "all");
  expect(table.best("anything.at.all")).toBe("all");
  expect(table.patterns("anything.at.all")).toEqual(["all"]);
});

test("an empty component is one component, also at the end, never a missing one", () => {
  const table = new PatternTable<string>();
  table.set("wc..end", "wildcard", "middle");
  table.set("wc.a.", "wildcard", "last");
  table.set("wc..", "wildcard", "both");
  expect(table.best("wc.one.end")).toBe("middle");
  expect(table.best("wc.a.end")).toBe("last");
  expect(table.best("wc.z.z")).toBe("both");
  expect(table.best("wc.a")).toBeUndefined();
  expect(table.best("wc.a.b.c")).toBeUndefined();
});

test("names of Object.prototype are components like any other", () => {
  const table = new PatternTable<string>();
  for (const name of ["__proto__", "constructor", "toString"]) {
    expect(table.best(name)).toBeUndefined();
    expect(table.best(`a.${name}`)).toBeUndefined();
  }
  table.set("__proto__.", "wildcard", "found");
  expect(table.best("__proto__.x")).toBe("found");
});

/** Short components over a small alphabet, so that prefixes and wildcards meet often. */
const component = fc.constantFrom("a", "b", "ab", "aba", "b1");
const uri = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));
const wildcard = fc.array(fc.oneof(component, fc.constant("")), { minLength: 1, maxLength: 4 }).map((parts) =>
  parts.join(".")
);
const prefix = fc.tuple(uri, fc.nat(6)).map(([text, cut]) => text.slice(0, Math.max(0, text.length - cut)));
const entry = fc.oneof(
  fc.record({ match: fc.constant<MatchPolicy>("exact"), pattern: uri }),
  fc.record({ match: fc.constant<MatchPolicy>("prefix"), pattern: prefix }),
  fc.record({ match: fc.constant<MatchPolicy>("wildcard"), pattern: wildcard }),
);
type Entry = { match: MatchPolicy; pattern: string };

test("whatever is set and deleted, it finds what a search through all entries finds", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ entry, add: fc.boolean() }), { maxLength: 60 }),
      fc.array(uri, { minLength: 1, maxLength: 12 }),
      (steps, uris) => {
        const table = new PatternTable<string>();
        const naive = new Map<string, Entry>();
        for (const { entry, add } of steps) {
          const key = `${entry.match} ${entry.pattern}`;
          if (add) {
            table.set(entry.pattern, entry.match, key);
            naive.set(key, entry);
          } else {
            table.delete(entry.pattern, entry.match);
            naive.delete(key);
          }
          expect(table.get(entry.pattern, entry.match)).toBe(add ? key : undefined);
          expect(table.size).toBe(naive.size);
        }
        for (const text of uris) {
          const matching = [...naive].filter(([, { match, pattern }]) => matches(pattern, match, text));
          const patterns = matching.filter(([, { match }]) => match !== "exact").map(([key]) => key);
          expect(table.patterns(text).sort()).toEqual(patterns.sort());
          expect(table.best(text)).toBe(bestOf(matching.map(([, found]) => found), text));
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("what was deleted again leaves nothing behind", () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 40 }), uri, (entries, text) => {
      const table = new PatternTable<string>();
      for (const { pattern, match } of entries) table.set(pattern, match, "value");
      for (const { pattern, match } of entries) table.delete(pattern, match);
      expect(table.size).toBe(0);
      expect(table.hasPatterns).toBe(false);
      expect(table.best(text)).toBeUndefined();
    }),
  );
});

function matches(pattern: string, match: MatchPolicy, text: string): boolean {
  if (match === "exact") return pattern === text;
  if (match === "prefix") return text.startsWith(pattern);
  const parts = text.split(".");
  const wanted = pattern.split(".");
  return parts.length === wanted.length && wanted.every((part, at) => part === "" || part === parts[at]);
}

/** The algorithm of the specification, to the letter of its text and of its example. */
function bestOf(matching: Entry[], text: string): string | undefined {
  const exact = matching.find(({ match }) => match === "exact");
  const prefixes = matching.filter(({ match }) => match === "prefix").sort((a, b) =>
    b.pattern.length - a.pattern.length
  );
  const wildcards = matching.filter(({ match }) => match === "wildcard").sort((a, b) => {
    const [left, right] = [portions(a.pattern), portions(b.pattern)];
    for (let at = 0; at < Math.max(left.length, right.length); at++) {
      const difference = (right[at] ?? 0) - (left[at] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  });
  const whole = prefixes.some(({ pattern }) =>
    pattern === "" || /^$|^\./.test(text.slice(pattern.length)) || pattern.endsWith(".")
  );
  const best = exact ?? (whole ? prefixes[0] : wildcards[0] ?? prefixes[0]);
  return best && `${best.match} ${best.pattern}`;
}

/** How many literal components stand before each wildcard, and after the last. */
function portions(pattern: string): number[] {
  const lengths = [0];
  for (const part of pattern.split(".")) {
    if (part === "") lengths.push(0);
    else lengths[lengths.length - 1]!++;
  }
  return lengths;
}

test("how many steps a look-up may take is known, and falls as patterns go", () => {
  const table = new PatternTable<string>();
  const patterns = ["a..c", "b..d", ".b.c", "a.b.c.", "", "a.."];
  const steps = patterns.map((pattern) => {
    const expected = table.stepsWith(pattern, "wildcard");
    table.set(pattern, "wildcard", pattern);
    table.set(pattern, "wildcard", pattern);
    expect(table.stepsWith(pattern, "wildcard")).toBe(expected);
    return expected;
  });
  expect(steps).toEqual([3, 3, 6, 9, 9, 10]);
  expect(table.stepsWith("a.b.c", "exact")).toBe(0);
  for (const pattern of patterns) table.delete(pattern, "wildcard");
  expect(table.stepsWith("a", "wildcard")).toBe(1);
});

test("there are as many steps as a look-up takes at worst", () => {
  const table = new PatternTable<number>();
  for (let index = 0; index < 2 ** 10; index++) {
    const pattern = `${Array.from({ length: 10 }, (_, bit) => (index >> bit) & 1 ? "a" : "").join(".")}.z`;
    if (table.stepsWith(pattern, "wildcard") <= 500) table.set(pattern, "wildcard", index);
  }
  const get = vi.spyOn(Map.prototype, "get");
  try {
    expect(table.best(`${"a.".repeat(10)}y`)).toBe(undefined);
    expect(get.mock.calls.length).toBeLessThanOrEqual(501);
  } finally {
    get.mockRestore();
  }
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePattern } from "../../src/nexusd/permission_pattern.ts";
import type { PermissionPattern } from "../../src/nexusd/permission_pattern.ts";
import { PermissionTrie } from "../../src/nexusd/permission_trie.ts";

/**
 * What the reference says of a list of patterns, written down without a tree: a pattern with a star at its end counts only where, of the patterns that
 * go on from the very elements before that star, none matches, and where the URI goes on with an element that is not empty.
 */
function naive(patterns: readonly string[], uri: string): string[] {
  const elements = uri.split(".");
  const parsed = [...new Set(patterns)].map((text) => ({ text, ...parsePattern(text) }));
  const matching = parsed.filter((pattern) => fits(pattern, elements));
  const counting = matching.filter((pattern) =>
    !pattern.prefix || !matching.some((other) => other !== pattern && goesOn(other, pattern))
  );
  const rank = (pattern: PermissionPattern) =>
    pattern.elements.length * 1000 + pattern.elements.filter(({ kind }) => kind === "exact").length;
  const best = Math.max(...counting.map(rank));
  return counting.filter((pattern) => rank(pattern) === best).map(({ text }) => text).sort();
}

function fits({ elements, prefix }: PermissionPattern, uri: readonly string[]): boolean {
  if (prefix ? (uri[elements.length] ?? "") === "" : uri.length !== elements.length) return false;
  return elements.every((element, at) =>
    element.kind === "exact" ? element.text === uri[at] : element.regex.matches(uri[at]!)
  );
}

/** Whether a pattern begins with all elements of another, as they are written, and has more. */
function goesOn(longer: PermissionPattern, shorter: PermissionPattern): boolean {
  return longer.elements.length > shorter.elements.length &&
    shorter.elements.every(({ kind, text }, at) =>
      longer.elements[at]!.kind === kind && longer.elements[at]!.text === text
    );
}

const element = fc.constantFrom("a", "b", "ab", "/.*/", "/a/", "/b$/");
const pattern = fc.tuple(fc.array(element, { maxLength: 4 }), fc.boolean()).map(([elements, prefix]) =>
  [...elements, ...prefix || elements.length === 0 ? ["*"] : []].join(".")
);
const uri = fc.array(fc.constantFrom("a", "b", "ab", "ba", ""), { minLength: 1, maxLength: 5 }).map((parts) =>
  parts.join(".")
);

test("the trie finds what a list of patterns says, whatever their order", () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 12 }), uri, (patterns, uri) => {
      const trie = new PermissionTrie<string>();
      for (const each of patterns) trie.add(each, each);
      const match = trie.match(uri);
      const found = match.kind === "none" ? [] : match.kind === "rule" ? [match.rule] : [...match.rules].sort();
      expect(found).toEqual(naive(patterns, uri));
    }),
    { numRuns: 2_000 },
  );
});

import { describe, expect, test } from "vitest";
import { PermissionTrie } from "../../src/nexusd/permission_trie.ts";
import type { TrieMatch } from "../../src/nexusd/permission_trie.ts";

function match(uri: string, ...patterns: string[]): TrieMatch<string> {
  const trie = new PermissionTrie<string>();
  for (const pattern of patterns) trie.add(pattern, pattern);
  return trie.match(uri);
}

function winner(uri: string, ...patterns: string[]): string {
  const found = match(uri, ...patterns);
  return found.kind === "rule" ? found.rule : found.kind;
}

describe("the table of cases of the original", () => {
  const table: [uri: string, a: string, b: string, expected: "a" | "b" | "none" | "conflict"][] = [
    ["a.b.c.d.e", "a.b.c.d.e", "a.b.c.d.e.*", "a"],
    ["a.b.c.d.e", "a.b.c.d.f", "a.b.c.d.e.*", "none"],
    ["a.b.c.d.e.f", "a.b.c.d.e", "a.b.c.d.e.*", "b"],
    ["a.b.c.d.e", "a.b.c.d.*", "a.b.*", "a"],
    ["a.b.c.d.e", "a.b.c.d./.*/", "a.b.c.d.e.*", "a"],
    ["a.b.c.d.e", "a.b.c./.*/.e", "a.b.c.d.e.*", "a"],
    ["a.b.c.d.e", "a.b./.*/.d.e", "a.b.c.d.*", "a"],
    ["a.b.c.d.e", "a.b.c.d.*", "a.b./.*/.d.*", "a"],
    ["a.b.c.d", "a./.*/.c.d", "a./.*/./.*/.d", "a"],
    ["a.b.c.d.e", "a.b./.*/.d.e", "a.b.c.*", "a"],
    ["a.b.c.d", "a./.*/.c.d", "a.b./.*/.d", "conflict"],
    ["b", "*", "a", "a"],
    ["a.b.c", "a.b.c.*", "nothing", "none"],
  ];
  test.each(table)("%s under %s and %s: %s", (uri, a, b, expected) => {
    const pattern = { a, b, none: "none", conflict: "conflict" }[expected];
    expect(winner(uri, a, b)).toBe(pattern);
    expect(winner(uri, b, a)).toBe(pattern);
  });
});

describe("patterns", () => {
  test("a prefix stands for one or more further elements, of which the first is not empty", () => {
    expect(winner("a.b", "a.*")).toBe("a.*");
    expect(winner("a.b.c", "a.*")).toBe("a.*");
    expect(winner("a.b..c.", "a.*")).toBe("a.*");
    expect(winner("a.", "a.*")).toBe("none");
    expect(winner("a..b", "a.*")).toBe("none");
    expect(winner("a.b.", "a.*", "a.b.*")).toBe("a.*");
    expect(winner("", "*")).toBe("none");
    expect(winner("a", "a.*")).toBe("none");
    expect(winner("anything", "*")).toBe("*");
  });

  test("a star that is not the last element is a text like any other", () => {
    expect(winner("x.y", "*.*")).toBe("none");
    expect(winner("*.y", "*.*")).toBe("*.*");
  });

  test("an expression is anchored at the start of its element alone, and ignores case", () => {
    expect(winner("a.bz.c", "a./a|b/.c")).toBe("a./a|b/.c");
    expect(winner("a.zb.c", "a./b/.c")).toBe("none");
    expect(winner("a.ZERP:x.c", "a./zerp.*/.c")).toBe("a./zerp.*/.c");
    expect(winner("a.1.2", "a./[0-9]+/")).toBe("none");
    expect(winner("a.Q", "a.q")).toBe("none");
  });

  test("an expression may hold dots and, behind a backslash, slashes", () => {
    expect(winner("a.b/c.d", "a./b\\/c/.d")).toBe("a./b\\/c/.d");
    expect(winner("a.xy.d", "a./x.y?/.d")).toBe("a./x.y?/.d");
  });

  test("of equal patterns the first counts", () => {
    const trie = new PermissionTrie<number>();
    expect([trie.add("a.b", 1), trie.add("a.b", 2), trie.add("a.*", 3), trie.add("a.*", 4)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(trie.match("a.b")).toEqual({ kind: "rule", rule: 1 });
    expect(trie.match("a.c")).toEqual({ kind: "rule", rule: 3 });
  });

  test.each(["a..b", "", ".", "a.", ".a", "a./x", "a./x/y", "a./(/.b", "a./x{1000}{9}/.b"])(
    "%s cannot be used and changes nothing",
    (pattern) => {
      const trie = new PermissionTrie<string>();
      trie.add("a.*", "before");
      expect(() => trie.add(pattern, "bad")).toThrow(expect.objectContaining({ name: "PatternError" }));
      expect(trie.match("a.b")).toEqual({ kind: "rule", rule: "before" });
    },
  );

  test("a URI beyond every bound has no rule", () => {
    expect(winner(`a.${"b".repeat(998)}`, "a.*")).toBe("a.*");
    expect(winner(`a.${"b".repeat(999)}`, "a.*")).toBe("none");
  });
});

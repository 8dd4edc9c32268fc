import { expect, test } from "vitest";
import { RuleSet } from "../../src/nexusd/rule_set.ts";

test("a line that cannot be used disables only itself, and says why", () => {
  const lines = [
    { uri: "a./(?!admin).*/", perms: "c" },
    { uri: "a./(x)\\1/", perms: "c" },
    { uri: "a./x/", perms: "s" },
    { uri: "a./x/", perms: "p" },
  ];
  const rules = new RuleSet(lines);
  expect(rules.problems).toEqual([
    { line: lines[0], reason: expect.stringContaining("/(?!admin).*/: ") },
    { line: lines[1], reason: expect.stringContaining("/(x)\\1/: ") },
    { line: lines[3], reason: "an earlier line has the same pattern" },
  ]);
  expect(rules.grants("a.xx")).toEqual({ subscribe: { elevated: false, documented: false } });
});

test("what is asked of it is answered, however much that is and whatever of it is remembered", () => {
  for (const remembering of [0, 100, 1000]) {
    const rules = new RuleSet([{ uri: "a.*", perms: "c" }], remembering);
    for (let n = 0; n < 50; n++) {
      for (const uri of [`a.${n}`, `b.${n}`, `a.${n}`]) {
        expect([uri, "call" in rules.grants(uri)]).toEqual([uri, uri.startsWith("a")]);
      }
    }
  }
});

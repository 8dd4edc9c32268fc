import { describe, expect, test } from "vitest";
import { isPerms, parsePerms } from "../../src/nexusd/permission_language.ts";

const plain = { elevated: false, documented: false };

describe("letters", () => {
  test.each([
    ["crspoq", {
      call: plain,
      register: plain,
      subscribe: plain,
      publish: plain,
      roster_ops: plain,
      roster_query: plain,
    }],
    ["", {}],
    ["---", {}],
    ["c-s-", { call: plain, subscribe: plain }],
    ["c+", { call: { elevated: true, documented: false } }],
    ["r!", { register: { elevated: false, documented: true } }],
    ["r!+", { register: { elevated: true, documented: true } }],
    ["r+!", { register: { elevated: true, documented: true } }],
    ["c+r", { call: { elevated: true, documented: false }, register: plain }],
    ["zc?s", { call: plain, subscribe: plain }],
    ["cc+", { call: { elevated: true, documented: false } }],
    ["+c", { call: plain }],
    ["C", {}],
  ])("%j grant %j", (perms, grants) => {
    expect(parsePerms(perms)).toEqual(grants);
  });

  test("that people may write are those with a meaning, and what separates them", () => {
    expect(["", "c", "c-s-", "c+!, r", "crspoq"].map(isPerms)).toEqual([true, true, true, true, true]);
    expect(["x", "zc?s", "+c", "C", "c:"].map(isPerms)).toEqual([false, false, false, false, false]);
  });
});

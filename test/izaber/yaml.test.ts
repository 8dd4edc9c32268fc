import { expect, test } from "vitest";
import { WampError } from "@izaber/wamp";
import { parseYaml } from "@izaber/wamp/izaber";
import { yamlMismatches } from "./yaml_check.ts";

function problem(text: string): string {
  try {
    parseYaml(text, "config/izaber.yaml");
  } catch (error) {
    if (WampError.is(error, "config_malformed")) return error.message;
    throw error;
  }
  throw new Error(`${JSON.stringify(text)} was taken`);
}

test("forms that all parsers read alike are taken with that value, all others are refused", () => {
  expect(yamlMismatches(parseYaml)).toEqual([]);
});

test("the table's check notices a parser that guesses", () => {
  expect(yamlMismatches((text) => text === "a: 017\n" ? 15 : parseYaml(text, "x"))).toHaveLength(1);
});

test.each([
  ["default:\n  wamp: [\n", /^config\/izaber\.yaml, line \d: not YAML: /],
  ["a: 1\n\nb: 017\n", /^config\/izaber\.yaml, line 3: 017 is a number to some, .*; write the number in decimal /],
  [
    "run: yes\n",
    /^config\/izaber\.yaml, line 1: yes is true or false to Python .*; write true or false, or put it in /,
  ],
  ["a: 1\nb: 2001-12-14\n", /^config\/izaber\.yaml, line 2: 2001-12-14 is a date to Python .*; put it in quotes$/],
  ["a:\n\tb: 1\n", /^config\/izaber\.yaml, line 2: /],
  ["a: |\n  x\n  y\nb: 1:30\n", /line 4: 1:30 is a number to the base of 60/],
  ['a: "x\n  y\n  z"\nb: 1e3\n', /line 4: 1e3 is a number to some and a string to others; .* as in 1\.0e\+3/],
  ["a: b\u0000c\n", /line 1: the character U\+0000 .*; write it as "\\u0000"/],
])("the message for %j names file, line and remedy", (text, message) => {
  expect(problem(text)).toMatch(message);
});

test("a merge key takes what its mapping lacks, from the first source that has it", () => {
  const text = [
    "ours: &ours { host: a, port: 1 }",
    "theirs: &theirs { host: b, user: u }",
    "one:",
    "  <<: *ours",
    "  port: 2",
    "both:",
    "  path: /ws",
    "  <<: [*ours, *theirs]",
    "",
  ].join("\n");
  expect(parseYaml(text, "x")).toMatchObject({
    one: { host: "a", port: 2 },
    both: { host: "a", port: 1, user: "u", path: "/ws" },
  });
  expect(problem("a:\n  <<: 5\n")).toMatch(/<<: .* no mapping; give a mapping/);
});

test("an alias that stands inside of what it refers to is refused", () => {
  expect(problem("a: &a { b: [*a] }\n")).toMatch(/alias/);
});

test("aliases of aliases cannot make a small text stand for millions of values", () => {
  const levels = Array.from({ length: 12 }, (_, at) => `l${at + 1}: &l${at + 1} [${`*l${at}, `.repeat(9)}*l${at}]\n`);
  expect(problem(`l0: &l0 x\n${levels.join("")}`)).toMatch(/alias/i);
});

test("deep nesting is refused or read, and never fails otherwise", () => {
  for (const text of ["[".repeat(100_000), "[".repeat(100_000) + "]".repeat(100_000), "- ".repeat(50_000)]) {
    expect(problem(text)).toMatch(/^config\/izaber\.yaml/);
  }
});

test("a key named __proto__ is a key like any other", () => {
  const value = parseYaml("__proto__:\n  polluted: true\nb: { <<: { __proto__: 1 } }\n", "x") as Record<
    string,
    unknown
  >;
  expect(Object.keys(value)).toEqual(["__proto__", "b"]);
  expect(Object.keys(value.b as object)).toEqual(["__proto__"]);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test("line ends of Windows and a byte order mark change nothing", () => {
  expect(parseYaml("\ufeffa: 1\r\nb: |\r\n  x\r\n  y\r\n", "x")).toEqual({ a: 1, b: "x\ny\n" });
});

test("an empty text is null", () => {
  expect(parseYaml("", "x")).toBeNull();
  expect(parseYaml("# nothing\n", "x")).toBeNull();
});

test.each([
  "password: *hunter2\n",
  "password: &hunter2/ x\n",
  "login: a\npassword:\n  !hunter2 x\n",
  "{ login: a, password: !hunter2 x }\n",
  "wamp_password: 'a' hunter2\n",
  '"password": @hunter2\n',
])("the value of a password is not shown by the error for %j", (text) => {
  const error = problem(text);
  expect(error).toMatch(/^config\/izaber\.yaml.*; /);
  expect(error).not.toContain("hunter2");
});

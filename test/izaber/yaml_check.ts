import { accepted } from "./yaml_accepted.ts";
import { refused } from "./yaml_refused.ts";

/**
 * Holds a `parseYaml` against the table. It needs no test runner, so that it also runs in a copy of the tree that uses JSR's parser.
 *
 * @returns What is not as it should be, one line each.
 */
export function yamlMismatches(parseYaml: (text: string, name: string) => unknown): string[] {
  const outcome = (text: string): string => {
    try {
      return show(parseYaml(text, "table.yaml"));
    } catch (error) {
      return error instanceof Error && "code" in error ? String(error.code) : `threw ${error}`;
    }
  };
  return [
    ...accepted.map(([text, value]) => ({ text, expected: show(value) })),
    ...refused.map((text) => ({ text, expected: "config_malformed" })),
  ].flatMap(({ text, expected }) => {
    const actual = outcome(text);
    return actual === expected ? [] : [`${JSON.stringify(text)}: ${actual} instead of ${expected}`];
  });
}

function show(value: unknown): string {
  return JSON.stringify(
    value,
    (_, item) => typeof item === "number" && !Number.isFinite(item) ? `the number ${item}` : item,
  );
}

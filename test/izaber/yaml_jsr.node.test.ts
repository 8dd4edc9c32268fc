import { parse } from "@std/yaml";
import { expect, test, vi } from "vitest";
import { parseYaml } from "@izaber/wamp/izaber";
import { yamlMismatches } from "./yaml_check.ts";

// Not a literal, so that the compiler does not judge another project's sources.
const jsr = vi.hoisted(() => ({ path: new URL("../fixtures/std_yaml/mod.ts", import.meta.url).pathname }));

vi.mock("@std/yaml", () => import(jsr.path));

test("the parser that the package has on JSR gives the same for the whole table", async () => {
  expect(parse).toBe((await import(jsr.path)).parse);
  expect(yamlMismatches(parseYaml)).toEqual([]);
});

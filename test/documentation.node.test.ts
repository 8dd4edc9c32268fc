import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./run/alias.ts";

const pages = globSync(["*.md", "docs/*.md", "examples/*.md"], { cwd: root }).sort();

test.each(pages)("what %s links to is there", (page) => {
  const links = [...readFileSync(join(root, page), "utf8").matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
  const missing = links.filter(([, path = "", anchor]) => {
    const target = path === "" ? join(root, page) : join(root, dirname(page), path);
    return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
  });
  expect(missing.map(([link]) => link)).toEqual([]);
});

test("the page on errors says of each code what it means", () => {
  const [, type = ""] = /export type ErrorCode =([^;]*);/.exec(readFileSync(join(root, "src/wire/errors.ts"), "utf8"))!;
  const [, page = ""] = /## The codes\n([^#]*)/.exec(readFileSync(join(root, "docs/errors.md"), "utf8"))!;
  const codes = [...type.matchAll(/"(\w+)"/g)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(30);
  expect([...page.matchAll(/^\| `(\w+)`/gm)].map(([, code]) => code)).toEqual(codes);
});

test("the index of the documentation has every page, that of the examples every example", () => {
  const docs = readFileSync(join(root, "docs", "README.md"), "utf8");
  const names = globSync("docs/*.md", { cwd: root }).map((page) => basename(page)).filter((name) =>
    name !== "README.md"
  );
  expect(names.filter((name) => !docs.includes(`(${name})`))).toEqual([]);

  const examples = readFileSync(join(root, "examples", "README.md"), "utf8");
  const programs = globSync("examples/*", { cwd: root }).map((path) => basename(path)).filter((name) =>
    name !== "README.md"
  );
  expect(programs.filter((name) => !examples.includes(`(${name})`))).toEqual([]);
});

/** The anchors that a page's headings have on the web. */
function anchorsOf(page: string): string[] {
  return [...readFileSync(page, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}

import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { root } from "./run/alias.ts";
import { type Example, examplesIn } from "./support/examples.ts";

// A folder that tsc, vitest and git pass over, inside the project so that imports resolve as they do for its own files.
const folder = join(root, "test", ".examples");
const pages = globSync(["README.md", "docs/**/*.md", "mod.ts", "src/**/*.ts"], { cwd: root }).sort();
const examples = pages.flatMap((page) => examplesIn(page, readFileSync(join(root, page), "utf8")));

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const files = examples.map((example, index) => {
  const file = join(folder, `${String(index).padStart(3, "0")}_${example.place.replaceAll(/\W+/g, "_")}.ts`);
  writeFileSync(file, `${onTestRouter(example)}\nexport {};\n`);
  return { ...example, file };
});

test.each(files)("$place runs", async ({ file }) => {
  await import(file);
});

test("all examples are right in their types", () => {
  const config = join(folder, "tsconfig.json");
  writeFileSync(config, JSON.stringify({ extends: "../../tsconfig.json", include: ["*.ts"] }));
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, "--noEmit", "-p", config], { encoding: "utf8" });
  expect(stdout).toBe("");
  expect(status).toBe(0);
});

test("an example is found in a comment and in Markdown, with its line", () => {
  const source = "let a;\n/**\n * Says.\n * @example\n * ```ts\n * f();\n *   g();\n * ```\n */\n";
  expect(examplesIn("a.ts", source)).toEqual([{ place: "a.ts:6", code: "f();\n  g();\n" }]);
  expect(examplesIn("a.md", "# A\n\n```ts\nf();\n```\n\n```sh\nls\n```\n")).toEqual([{
    place: "a.md:4",
    code: "f();\n",
  }]);
});

/** Documentation names a server that does not exist; the Nexus of the run stands in for it. */
function onTestRouter({ code }: Example): string {
  return code.replaceAll("wss://nexus.example.com/ws", inject("nexusUrl"));
}

/**
 * Publishes to JSR; with `--check` it checks only that JSR would take the package, and needs no network.
 *
 * Here `@std/yaml` is an alias of an npm package, which serves Node, Bun and Deno alike. On JSR it is the real one. So what is
 * published is a copy of the tree whose deno.json says so; for the check, the real one comes from the test fixtures.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const check = process.argv.includes("--check");
const folder = mkdtempSync(join(tmpdir(), "wamp-publish-"));
const copy = join(folder, "package");
try {
  mkdirSync(copy);
  const files = ["mod.ts", "src", "README.md", "CHANGELOG.md", "LICENSE", "package.json"];
  for (const file of files.filter((file) => existsSync(join(root, file)))) {
    cpSync(join(root, file), join(copy, file), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  const config = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
  config.imports = { "@std/yaml": "jsr:@std/yaml@^1" };
  if (check) {
    cpSync(join(root, "test", "fixtures", "std_yaml"), join(folder, "std_yaml"), { recursive: true });
    config.links = ["../std_yaml"];
    config.compilerOptions.isolatedDeclarations = false; // the linked package would be judged by it too; `npm run types` does ours
  }
  writeFileSync(join(copy, "deno.json"), JSON.stringify(config, null, 2));
  const entries = Object.values<string>(config.exports);
  if (check) deno("check", "--quiet", ...entries);
  deno("publish", "--quiet", "--allow-dirty", ...(check ? ["--dry-run"] : []));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function deno(...args: string[]): void {
  if (process.exitCode) return;
  const { status } = spawnSync(join(root, "node_modules", ".bin", "deno"), args, { cwd: copy, stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}

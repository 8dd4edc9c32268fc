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

// The table of the YAML tests, held against JSR's parser.
const YAML_CHECK = `
import { parseYaml } from "./src/izaber/yaml.ts";
import { yamlMismatches } from "./test/izaber/yaml_check.ts";
const mismatches = yamlMismatches(parseYaml);
if (mismatches.length > 0) throw new Error(mismatches.join("\\n"));
`;

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
  if (check) {
    deno("check", "--quiet", ...entries);
    cpSync(join(root, "test", "izaber"), join(copy, "test", "izaber"), { recursive: true });
    writeFileSync(join(copy, "yaml.ts"), YAML_CHECK);
    deno("run", "--quiet", "yaml.ts");
  }
  deno("publish", "--quiet", "--allow-dirty", ...(check ? ["--dry-run"] : []));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function deno(...args: string[]): void {
  if (process.exitCode) return;
  const { status } = spawnSync(join(root, "node_modules", ".bin", "deno"), args, { cwd: copy, stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}

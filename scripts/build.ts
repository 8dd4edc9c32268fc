/** Compiles the sources to dist/ unless what is there was made from these very sources. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const dist = join(root, "dist");
const stamp = "sources.sha256";

const sources = [
  "tsconfig.json",
  "tsconfig.build.json",
  "package-lock.json",
  "scripts/build.ts",
  ...globSync(["mod.ts", "src/**/*.ts"], { cwd: root }),
];
const hash = createHash("sha256");
for (const file of sources.filter((file) => existsSync(join(root, file))).sort()) {
  hash.update(`${file}\0`).update(readFileSync(join(root, file))).update("\0");
}
const wanted = hash.digest("hex");

if (!existsSync(join(dist, stamp)) || readFileSync(join(dist, stamp), "utf8") !== wanted) {
  // Beside dist/ first: a failed build leaves the old one, and nobody sees half of a new one.
  const fresh = `${dist}.${process.pid}`;
  try {
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const args = [tsc, "-p", join(root, "tsconfig.build.json"), "--outDir", fresh];
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
    if (status === 0) {
      nameLibraries(fresh);
      writeFileSync(join(fresh, stamp), wanted);
      rmSync(dist, { recursive: true, force: true });
      renameSync(fresh, dist);
    } else {
      process.exitCode = 1;
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Declarations name the part of the standard library that a program's `lib` may lack; JSR does not allow that in the sources. */
function nameLibraries(folder: string): void {
  for (const file of globSync("**/*.d.ts", { cwd: folder }).map((name) => join(folder, name))) {
    const text = readFileSync(file, "utf8");
    if (!/\bSymbol\.(?:asyncD|d)ispose\b|\b(?:Async)?Disposable\b/.test(text)) continue;
    writeFileSync(file, `/// <reference lib="esnext.disposable" />\n${text}`);
  }
}

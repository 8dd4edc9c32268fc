/** Puts the package's own command where npx looks first; else npx would install the folder somewhere else, and ask before. */
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../node_modules/.bin", import.meta.url));
if (process.platform !== "win32") { // there npx takes the long way
  mkdirSync(bin, { recursive: true });
  rmSync(join(bin, "nexus"), { force: true });
  symlinkSync("../../bin/nexus.js", join(bin, "nexus"));
}

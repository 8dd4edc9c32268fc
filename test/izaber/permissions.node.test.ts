import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { root } from "../run/alias.ts";

const program = `
import { loadConfig } from ${JSON.stringify(pathToFileURL(join(root, "src", "izaber", "mod.ts")).href)};
const said = await loadConfig().then((config) => config.get("from"), ({ code, message }) => code + ": " + message);
console.log(said);
`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "wamp-permissions-"));
  await writeFile(join(folder, "program.mjs"), program);
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** What a program on Deno that lies beside its izaber.yaml says, with these permissions. */
async function said(...permissions: string[]): Promise<string> {
  const args = ["run", "--no-prompt", "--config", join(root, "deno.json"), ...permissions, "program.mjs"];
  return await new Promise((resolve) => {
    const deno = join(root, "node_modules", ".bin", "deno");
    execFile(deno, args, { cwd: folder, timeout: 60_000 }, (_error, stdout, stderr) => resolve(stdout || stderr));
  });
}

test("on Deno a file in the current folder needs no more than --allow-read and --allow-env", async () => {
  await writeFile(join(folder, "izaber.yaml"), "default: { from: here }\n");
  expect(await said("--allow-read", "--allow-env")).toBe("here\n");
}, 90_000);

test("on Deno, the flag is named that the home folder needs", async () => {
  const text = await said("--allow-read", "--allow-env");
  expect(text).toMatch(/^config_missing: Cannot read where the home folder is: .*\(Deno: --allow-sys=homedir\)\n$/);
}, 90_000);

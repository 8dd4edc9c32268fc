import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../run/alias.ts";

const run = promisify(execFile);

/** What the peers run in: a virtual environment each for those in Python, one npm prefix, one Go program. */
export const installations = [
  "python/autobahn",
  "python/codec",
  "python/crossbar",
  "python/izaber",
  "python/serverwamp",
  "python/wampy",
  "npm",
  "go",
] as const;

/** The name of an installation. */
export type Installation = typeof installations[number];

/** Where the drivers are. */
export const peers: string = join(root, "test", "interop", "peers");
const cache = join(root, "node_modules", ".cache", "interop");
const TIME_LIMIT_MS = 5 * 60_000;

/** Where an installation is, or will be. */
export function folderOf(name: Installation): string {
  return join(cache, name);
}

/** The interpreter of a virtual environment. */
export function pythonOf(name: Installation & `python/${string}`): string {
  return join(folderOf(name), "bin", "python");
}

/** The program in Go. */
export const goDriver: string = join(folderOf("go"), "driver");

/**
 * Installs what is not there yet, as pinned by the files in `peers/`.
 *
 * @param names What is needed.
 * @returns Why each that is missing could not be installed.
 */
export async function install(names: Iterable<Installation>): Promise<Map<Installation, string>> {
  const missing = new Map<Installation, string>();
  mkdirSync(cache, { recursive: true });
  await Promise.all([...names].map(async (name) => {
    try {
      await installOne(name);
    } catch (error) {
      const { message, stderr } = error as Error & { stderr?: string };
      missing.set(name, `${message}\n${stderr ?? ""}`.trim().split("\n").slice(-6).join("\n"));
    }
  }));
  return missing;
}

async function installOne(name: Installation): Promise<void> {
  const folder = folderOf(name);
  const stamp = join(folder, ".installed");
  const wanted = digestOf(sourcesOf(name));
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (name === "npm") await installNpm(folder);
  else if (name === "go") await buildGo(folder);
  else await installPython(folder, sourcesOf(name)[0]!);
  writeFileSync(stamp, wanted);
}

function sourcesOf(name: Installation): string[] {
  if (name === "npm") return [join(peers, "npm", "package.json")];
  if (name === "go") return readdirSync(join(peers, "go")).sort().map((file) => join(peers, "go", file));
  return [join(peers, "python", `requirements-${name.slice("python/".length)}.txt`)];
}

async function installPython(folder: string, requirements: string): Promise<void> {
  await run("python3", ["-m", "venv", folder], { timeout: TIME_LIMIT_MS });
  // Everything is pinned, so that there is nothing to resolve.
  const options = ["--quiet", "--no-deps", "--disable-pip-version-check", "--requirement", requirements];
  await run(join(folder, "bin", "python"), ["-m", "pip", "install", ...options], { timeout: TIME_LIMIT_MS });
}

async function installNpm(folder: string): Promise<void> {
  cpSync(join(peers, "npm", "package.json"), join(folder, "package.json"));
  const options = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--loglevel=error"];
  await run("npm", ["install", ...options], { cwd: folder, timeout: TIME_LIMIT_MS });
}

async function buildGo(folder: string): Promise<void> {
  const env = { ...process.env, GOFLAGS: "-mod=readonly", CGO_ENABLED: "0" };
  await run("go", ["build", "-o", join(folder, "driver"), "."], {
    cwd: join(peers, "go"),
    env,
    timeout: TIME_LIMIT_MS,
  });
}

function digestOf(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex");
}

import chromium from "@sparticuz/chromium";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "./alias.ts";

/** What Playwright needs to start a browser. */
export interface ChromiumLaunch {
  executablePath: string;
  args: string[];
  env: Record<string, string>;
}

const cache = join(root, "node_modules", ".cache", "chromium");

/** Finds a Chromium of the system, else unpacks the one that comes as an npm package. */
export async function chromiumLaunch(): Promise<ChromiumLaunch> {
  const env = definedEnvironment();
  const system = systemChromium(env);
  if (system !== undefined) return { executablePath: system, args: ["--no-sandbox"], env };
  if (!existsSync(cache)) await unpack();
  env["FONTCONFIG_FILE"] = fontConfiguration();
  if (lacksLibraries(env)) {
    env["LD_LIBRARY_PATH"] = [join(cache, "al2023", "lib"), env["LD_LIBRARY_PATH"]].filter(Boolean).join(delimiter);
  }
  // The package asks for one process (its home has no room for more), in which a closing page takes the browser along.
  const args = chromium.args.filter((arg) => arg !== "--single-process" && !arg.startsWith("--headless"));
  return { executablePath: join(cache, "chromium"), args, env };
}

function systemChromium(env: Record<string, string>): string | undefined {
  const folders = (env["PATH"] ?? "").split(delimiter);
  const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => existsSync(file));
}

/** Unpacks beside the final folder and renames, so that an interrupted run leaves no half a browser behind. */
async function unpack(): Promise<void> {
  const partial = `${cache}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  // The package unpacks into the temporary folder, and its libraries only where it believes itself in a certain cloud.
  const restore = setEnvironment({ TMPDIR: partial, AWS_LAMBDA_JS_RUNTIME: "nodejs24.x" });
  try {
    await chromium.executablePath();
    if (!existsSync(cache)) renameSync(partial, cache);
  } finally {
    restore();
    rmSync(partial, { recursive: true, force: true });
  }
}

/** The package's own configuration looks for its fonts in another place; without any, a page with a form ends the browser. */
function fontConfiguration(): string {
  const file = join(cache, "fonts.conf");
  const fonts = join(cache, "fonts", "fonts");
  const text = `<fontconfig><dir>${fonts}</dir><cachedir>${join(cache, "fonts-cache")}</cachedir></fontconfig>\n`;
  if (!existsSync(file)) writeFileSync(file, text);
  return file;
}

function setEnvironment(values: Record<string, string>): () => void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}

/** The browser is linked against libnss3, which a bare system does not have; the package's own archive does. */
function lacksLibraries(env: Record<string, string>): boolean {
  if (process.platform !== "linux") return false;
  try {
    return execFileSync("ldd", [join(cache, "chromium")], { encoding: "utf8", env }).includes("not found");
  } catch {
    return true;
  }
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

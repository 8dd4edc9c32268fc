import { build } from "esbuild";
import { execFile } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { alias, root } from "./run/alias.ts";
import { PORTABLE_ENTRIES } from "./support/imports.ts";

const run = promisify(execFile);
const bin = join(root, "node_modules", ".bin");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const denoManifest = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
/** Not a module of ours; on JSR there is no such entry, where only some runtimes could import it. */
const WASM = "./codec.wasm";
const keys = Object.keys(manifest.exports).filter((key) => key !== WASM);
const specifiers = keys.map((key) => manifest.name + key.slice(1));
const portable = specifiers.filter((_, at) => PORTABLE_ENTRIES.includes(denoManifest.exports[keys[at]!].slice(2)));

/** A project somewhere else that has installed the packed package. */
let project: string;
let installed: string;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), "wamp-package-"));
  installed = join(project, "node_modules", manifest.name);
  mkdirSync(installed, { recursive: true });
  await run("npm", ["pack", "--silent", "--pack-destination", project], { cwd: root });
  const [tarball] = globSync("*.tgz", { cwd: project });
  await run("tar", ["-xzf", join(project, tarball!), "-C", installed, "--strip-components=1"]);
  // The tarball's own dependencies, as npm would have put them there; nothing else of this project can be reached.
  for (const name of [...Object.keys(manifest.dependencies), "@types/node", "@types/ws"]) {
    mkdirSync(dirname(join(project, "node_modules", name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
  }
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
}, 120_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

test("both manifests name the same package, version and entry points", () => {
  const built = Object.entries<string>(denoManifest.exports).map(([key, source]) => {
    const path = `./dist/${source.slice(2, -".ts".length)}`;
    return [key, { types: `${path}.d.ts`, default: `${path}.js` }];
  });
  expect(manifest.exports).toEqual({ ...Object.fromEntries(built), [WASM]: "./codec-wasm/codec.wasm" });
  expect([manifest.name, manifest.version, manifest.license]).toEqual([
    denoManifest.name,
    denoManifest.version,
    denoManifest.license,
  ]);
});

test("in tests each entry point is its source", () => {
  const sources = specifiers.map((specifier) => {
    const { find, replacement } = alias.find(({ find }) => find.test(specifier))!;
    return specifier.replace(find, replacement);
  });
  expect(sources).toEqual(Object.values<string>(denoManifest.exports).map((source) => join(root, source)));
});

test("the tarball holds what was built, the command and the papers, and nothing else", () => {
  const files = globSync("**/*", { cwd: installed }).filter((file) => /\.\w+$|LICENSE/.test(file));
  const foreign = files.filter((file) =>
    !/^(dist\/(mod|src\/[\w/]+)\.(js|d\.ts)|bin\/nexus\.js|codec-wasm\/codec\.wasm|package\.json|(README|CHANGELOG|CONTRIBUTING)\.md|LICENSE)$/
      .test(file) &&
    !/^(docs\/\w+\.md|examples\/[\w/]+(\.\w+)+|bench\/results\/\w+\.(md|svg))$/.test(file)
  );
  expect(foreign).toEqual([]);
  expect(files).toContain("LICENSE");
});

test("what the papers in the tarball link to is in it", () => {
  const pages = globSync("**/*.md", { cwd: installed });
  expect(pages).toEqual(expect.arrayContaining(["README.md", join("docs", "cli.md"), join("examples", "README.md")]));
  const missing = pages.flatMap((page) =>
    [...readFileSync(join(installed, page), "utf8").matchAll(/\]\((?!https?:|#)([^)#]+)[)#]/g)]
      .map(([, path]) => join(dirname(page), path!))
      .filter((path) => !existsSync(join(installed, path)))
      .map((path) => `${page} links to ${path}`)
  );
  expect(missing).toEqual([]);
});

test.each(["node", "bun"])("%s imports every entry point", async (runtime) => {
  const file = join(project, "import.js");
  writeFileSync(
    file,
    `for (const one of ${JSON.stringify(specifiers)}) console.log(one, Object.keys(await import(one)).length > 0);\n`,
  );
  const { stdout, stderr } = await run(join(bin, runtime), [file]);
  expect(stdout.trim().split("\n")).toEqual(specifiers.map((one) => `${one} true`));
  expect(stderr).toBe("");
});

test.each(["ES2020", "ES2024"])(
  "the types stand by themselves: for a browser without Node's types, %s",
  async (language) => {
    expect(await compile("browser", portable, [], [language, "DOM"])).toBe("");
  },
);

test("the types stand by themselves: every entry point, with Node's types", async () => {
  expect(await compile("server", specifiers, ["node"], ["ES2024", "DOM"])).toBe("");
});

test.each(portable)("%s can be bundled for a browser and reaches nothing of a server's", async (specifier) => {
  const { metafile } = await build({
    stdin: { contents: `export * from "${specifier}";`, resolveDir: project },
    bundle: true,
    format: "esm",
    platform: "browser",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  expect(Object.keys(metafile.inputs).filter((file) => /node_modules\/(ws|commander)\//.test(file))).toEqual([]);
  expect(Object.values(metafile.outputs).flatMap((output) => output.imports)).toEqual([]);
});

test("the installed WASM core can be compiled elsewhere and handed in", async () => {
  const file = join(project, "module.js");
  writeFileSync(
    file,
    `import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createCodec } from "${manifest.name}/codec";
const bytes = readFileSync(fileURLToPath(import.meta.resolve("${manifest.name}/codec.wasm")));
console.log(createCodec({ module: new WebAssembly.Module(bytes) }).backend);
`,
  );
  expect((await run(process.execPath, [file])).stdout).toBe("wasm\n");
});

test("the installed command says how it is used", async () => {
  const { stdout } = await run(process.execPath, [join(installed, "bin", "nexus.js"), "--help"]);
  expect(stdout).toMatch(/^Usage: nexus /);
});

/** @returns what the compiler says about a program that imports everything; it looks into our .d.ts files too */
async function compile(name: string, imports: string[], types: string[], lib: string[]): Promise<string> {
  writeFileSync(join(project, `${name}.ts`), imports.map((one, at) => `export * as e${at} from "${one}";\n`).join(""));
  const config = join(project, `tsconfig.${name}.json`);
  const compilerOptions = {
    target: "ES2024",
    module: "NodeNext",
    lib,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    types,
  };
  writeFileSync(config, JSON.stringify({ compilerOptions, files: [`${name}.ts`] }));
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  return await run(process.execPath, [tsc, "-p", config]).then(
    ({ stdout }) => stdout,
    (error) => error.stdout || String(error),
  );
}

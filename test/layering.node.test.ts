import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./run/alias.ts";
import { importsOf, PORTABLE_ENTRIES, reachedFrom, readImportGraph } from "./support/imports.ts";

/** Each may import from those before it. */
const LAYERS = [
  "wire",
  "codec",
  "transport",
  "auth",
  "client",
  "nexus",
  "service",
  "izaber",
  "router",
  "nexusd",
  "app",
  "serve",
  "testing",
  "cli",
];
/** What runs wherever there are web standards: no built-in module and no global of a single runtime. */
const PORTABLE = ["wire", "codec", "transport", "auth", "client", "nexus", "service", "izaber", "router"];
const PORTABLE_PACKAGES = ["@std/yaml"];
/** What one entry point alone may reach. */
const OWN_PACKAGES: Record<string, string[]> = {
  "src/auth/scram_argon2.ts": ["@noble/hashes/argon2.js"],
  "src/auth/argon2id.ts": ["@noble/hashes/argon2.js"],
};

/** Sockets are no web standard: this part of the transports is for servers. */
const RAW_SOCKET = /^src\/transport\/rawsocket/;

const graph = readImportGraph();
const files = [...graph.keys()];
const portable = files.filter((file) => PORTABLE.includes(folderOf(file)) && !RAW_SOCKET.test(file));

test("every source folder has its place among the layers", () => {
  const folders = new Set(files.map(folderOf));
  expect([...folders].filter((folder) => !LAYERS.includes(folder))).toEqual([]);
});

test("no folder imports from one below it", () => {
  const upward = files.flatMap((file) =>
    graph.get(file)!.filter((target) => target.endsWith(".ts") && layerOf(target) > layerOf(file)).map((target) =>
      `${file} imports ${target}`
    )
  );
  expect(upward).toEqual([]);
});

test("every import of a file names one that is there", () => {
  const missing = files.flatMap((file) =>
    graph.get(file)!.filter((target) => target.endsWith(".ts") && !existsSync(join(root, target))).map((target) =>
      `${file} imports ${target}`
    )
  );
  expect(missing).toEqual([]);
});

test("only entry points import the two namespaces of URIs from one file", () => {
  const importing = files.filter((file) => graph.get(file)!.includes("src/wire/error_uris.ts"));
  expect(importing.filter((file) => !file.endsWith("/mod.ts"))).toEqual([]);
});

test("no portable file imports a built-in module or a package for servers", () => {
  const foreign = portable.flatMap((file) =>
    graph.get(file)!.filter((target) => !target.endsWith(".ts") && !allowed(file, target)).map((target) =>
      `${file} imports ${target}`
    )
  );
  expect(foreign).toEqual([]);
});

test.each(PORTABLE_ENTRIES)("%s reaches no built-in module and no package for servers", (entry) => {
  const foreign = [...reachedFrom(graph, entry)].filter((target) => !target.endsWith(".ts") && !allowed(entry, target));
  expect(foreign).toEqual([]);
});

test("no portable file uses a global of a single runtime", () => {
  expect(compileWithoutNode(portable.map((file) => join(root, file)))).toBe("");
});

test("the compiler as it is set up here knows no runtime's globals", () => {
  const folder = mkdtempSync(join(tmpdir(), "wamp-globals-"));
  try {
    const names = ["process", "Buffer", "global", "Deno", "Bun", "require", "setImmediate", "__dirname"];
    const file = join(folder, "globals.ts");
    writeFileSync(file, names.map((name) => `export const use_${name}: unknown = ${name};\n`).join(""));
    const complaints = compileWithoutNode([file, ...portable.map((file) => join(root, file))]);
    expect(names.filter((name) => !complaints.includes(`'${name}'`))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("no file is longer than 600 lines", () => {
  const all = globSync(["*.ts", "{src,test,bench,examples,scripts}/**/*.ts"], {
    cwd: root,
    exclude: ["test/fixtures/**"],
  });
  const long = all.map((file) => ({ file, lines: readFileSync(join(root, file), "utf8").split("\n").length - 1 }));
  expect(long.filter(({ lines }) => lines > 600)).toEqual([]);
});

test("imports are found in each of their forms, and not in comments", () => {
  const source = `
/** import { a } from "./comment.ts"; */
import { b, type B } from "./b.ts"; // import "./line.ts";
import type {
  C,
} from "../c.ts";
import "./d.ts";
export * from "./e.ts";
export type { F } from "./f.ts";
const g = await import("./g.ts");
type H = import("node:h").H;
import i from "i";
const url = "https://example.com";
`;
  expect(importsOf("src/x/file.ts", source)).toEqual(
    ["src/x/b.ts", "src/c.ts", "src/x/d.ts", "src/x/e.ts", "src/x/f.ts", "src/x/g.ts", "node:h", "i"],
  );
});

/** Whether a portable file, or what an entry point reaches, may import a package. */
function allowed(file: string, target: string): boolean {
  return PORTABLE_PACKAGES.includes(target) || (OWN_PACKAGES[file] ?? []).includes(target);
}

/** The two entry points outside of the folders are the client's. */
function folderOf(file: string): string {
  return file === "mod.ts" || file === "src/lite.ts" ? "client" : file.split("/")[1] ?? "";
}

function layerOf(file: string): number {
  return LAYERS.indexOf(folderOf(file));
}

/** @returns what the compiler has to say, knowing the web's types alone */
function compileWithoutNode(files: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "wamp-portable-"));
  try {
    const config = join(folder, "tsconfig.json");
    writeFileSync(
      config,
      JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions: { types: [] }, files, include: [] }),
    );
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    return spawnSync(process.execPath, [tsc, "--noEmit", "-p", config], { encoding: "utf8", cwd: root }).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

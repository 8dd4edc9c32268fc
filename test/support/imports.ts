import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../run/alias.ts";

/** The entry points that browsers and edge workers import. */
export const PORTABLE_ENTRIES: string[] = [
  "mod.ts",
  "src/lite.ts",
  "src/auth/scram_argon2.ts",
  "src/codec/mod.ts",
  "src/transport/long_poll.ts",

  "src/nexus/mod.ts",
  "src/service/mod.ts",
  "src/izaber/mod.ts",
  "src/router/mod.ts",
].filter((file) => existsSync(join(root, file)));

/** The import graph of the sources: each file, from the root folder on, with the specifiers it imports, files resolved likewise. */
export type ImportGraph = Map<string, string[]>;

const COMMENTS = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm;
// `import … from`, `export … from`, types included; a bare `import "x"`; `import("x")`, in code as in types.
const IMPORTS =
  /^\s*(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"|^\s*import\s*"([^"]+)"|\bimport\s*\(\s*["'`]([^"'`]+)["'`]/gm;

/** Reads mod.ts and everything in src/. */
export function readImportGraph(): ImportGraph {
  const files = globSync(["mod.ts", "src/**/*.ts"], { cwd: root }).sort();
  return new Map(files.map((file) => [file, importsOf(file, readFileSync(join(root, file), "utf8"))]));
}

/** The specifiers that a source imports, in any way, each once. */
export function importsOf(file: string, source: string): string[] {
  const specifiers = [...source.replaceAll(COMMENTS, "").matchAll(IMPORTS)].map((match) =>
    match[1] ?? match[2] ?? match[3]!
  );
  return [...new Set(specifiers)].map((one) => one.startsWith(".") ? join(dirname(file), one) : one);
}

/** Everything that is reached from a file: files, and specifiers of what is not ours. */
export function reachedFrom(graph: ImportGraph, entry: string): Set<string> {
  const reached = new Set([entry]);
  for (const file of reached) {
    for (const next of graph.get(file) ?? []) reached.add(next);
  }
  return reached;
}

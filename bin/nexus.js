#!/usr/bin/env node
// The command on any Node: one that is too old for it hands over to the Node that a clone has among its development packages.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major > 22 || (major === 22 && minor >= 13)) {
  await import("../dist/src/cli/main.js");
} else {
  let node;
  try {
    node = join(dirname(createRequire(import.meta.url).resolve("node/package.json")), "bin", "node");
  } catch {
    console.error(`nexus needs Node 22.13 or later; this is ${process.versions.node}.`);
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal sends its Ctrl-C to both processes.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exitCode = code ?? 128 + constants.signals[signal]);
  child.on("error", (error) => {
    console.error(`nexus could not start ${node}: ${error.message}`);
    process.exitCode = 1;
  });
}

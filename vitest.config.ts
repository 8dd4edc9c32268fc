import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from "vitest/config";
import { alias } from "./test/run/alias.ts";

const PORTABLE = ["test/**/*.test.ts"];
const NOT_PORTABLE = ["test/**/*.server.test.ts", "test/**/*.node.test.ts"];

// Bun and Deno run vitest itself; Chromium and workerd are driven from Node.
const host = "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";
const projects = host === "bun"
  ? [project("bun", PORTABLE, ["test/**/*.node.test.ts"])]
  : host === "deno"
  ? [project("deno", PORTABLE, ["test/**/*.node.test.ts"])]
  : [
    project("node", PORTABLE, []),
    ...(wanted("chromium") ? [await chromium()] : []),
    ...(wanted("workerd") ? [await workerd()] : []),
  ];

const config: ViteUserConfig = defineConfig({
  resolve: { alias },
  // Here and not in the projects: in workerd's, `ws` resolves to its stub for browsers.
  test: { projects, globalSetup: ["test/support/global_setup.ts"] },
});

export default config;

function project(name: string, include: string[], exclude: string[]): TestProjectInlineConfiguration {
  return {
    resolve: { alias },
    test: { name, include, exclude, provide: { runtime: name }, testTimeout: 30_000, hookTimeout: 30_000 },
  };
}

async function chromium(): Promise<TestProjectInlineConfiguration> {
  const { playwright } = await import("@vitest/browser-playwright");
  const { chromiumLaunch } = await import("./test/run/chromium.ts");
  const base = project("chromium", PORTABLE, NOT_PORTABLE);
  return {
    ...base,
    test: {
      ...base.test,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: await chromiumLaunch() }),
        instances: [{ browser: "chromium", name: "chromium" }],
      },
    },
  };
}

async function workerd(): Promise<TestProjectInlineConfiguration> {
  const { cloudflareTest } = await import("@cloudflare/vitest-plugin");
  const base = project("workerd", PORTABLE, NOT_PORTABLE);
  const miniflare = {
    compatibilityDate: "2026-10-01",
    modulesRules: [{ type: "CompiledWasm" as const, include: ["**/*.wasm"] }],
  };
  return {
    ...base,
    plugins: [cloudflareTest({ miniflare })],
    test: { ...base.test, setupFiles: ["test/support/workerd_setup.ts"] },
  };
}

/** Loading a browser's or a worker's driver takes seconds: it is left out when the command line names other projects. */
function wanted(name: string): boolean {
  const named = process.argv.flatMap((arg, at, all) =>
    arg === "--project" ? [all[at + 1]] : arg.startsWith("--project=") ? [arg.slice(10)] : []
  );
  return named.length === 0 || named.includes(name);
}

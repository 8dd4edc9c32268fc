import type { TestProject } from "vitest/node";
import { startTestRouter } from "./test_router.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The URL of the router that every test of the run may use: `inject("routerUrl")`. */
    routerUrl: string;
    /** Where the test runs: `node`, `bun`, `deno`, `chromium` or `workerd`. */
    runtime: string;
  }
}

/** Starts the router in the process of vitest itself, and so in the runtime under test where that is a server's. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const router = await startTestRouter();
  project.provide("routerUrl", router.url);
  return () => router.close();
}

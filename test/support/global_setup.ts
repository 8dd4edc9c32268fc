import type { TestProject } from "vitest/node";
import { startTestRouters } from "./test_router.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The URL of a router that every test of the run may use: realm `realm1`, in which anonymous sessions may do everything. */
    routerUrl: string;
    /** The URL of a Nexus that every test of the run may use: realm `izaber`, user `USERNAME`, password `PASSWORD`. */
    nexusUrl: string;
    /** Where the test runs: `node`, `bun`, `deno`, `chromium` or `workerd`. */
    runtime: string;
  }
}

/** Starts the routers in the process of vitest itself, and so in the runtime under test where that is a server's. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { routerUrl, nexusUrl, close } = await startTestRouters();
  project.provide("routerUrl", routerUrl);
  project.provide("nexusUrl", nexusUrl);
  return close;
}

import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "../../run/alias.ts";
import { within } from "../mailbox.ts";
import type { Suite } from "../suite.ts";
import { commands, visitors } from "../runtimes/visitors.ts";
import type { RouterName, VisitorName } from "../runtimes/visitors.ts";

/** Our client in each runtime on our router in each. */
export const runtimes: readonly Suite[] = [{
  name: "runtimes",
  needs: [],
  run: async (report) => {
    for (const name of Object.keys(commands) as RouterName[]) {
      const router = await startRouter(name);
      try {
        for (const visitor of Object.keys(visitors) as VisitorName[]) {
          const passed: string[] = [];
          const failed: { name: string; why: string }[] = [];
          try {
            for (const outcome of await visitors[visitor](router.url)) {
              if (outcome.startsWith("FAILED ")) failed.push({ name: outcome.slice(7).split(":")[0]!, why: outcome });
              else passed.push(outcome);
            }
          } catch (error) {
            failed.push({ name: "the visit", why: String(error) });
          }
          const version = process.versions.node;
          report.add({
            ours: "both",
            who: `client in ${visitor}, router in ${name}`,
            version: visitor === "Node" && name === "Node" ? version : "",
            transport: "ws",
            serializer: "all",
            passed,
            failed,
          });
        }
      } finally {
        await router.close();
      }
    }
  },
}];

async function startRouter(name: RouterName): Promise<{ url: string; close(): Promise<void> }> {
  const [program, ...args] = commands[name];
  const child = spawn(program, [...args, join(root, "test", "interop", "runtimes", "router.ts")], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const { promise, resolve } = Promise.withResolvers<string>();
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    const url = /ws:\S+/.exec(output)?.[0];
    if (url !== undefined && output.includes("\n")) resolve(url);
  });
  const url = await within(promise, `the URL of the router in ${name}`, 30_000);
  return {
    url,
    async close() {
      child.stdin.end();
      await within(gone, `the end of the router in ${name}`, 5_000).catch(() => child.kill("SIGKILL"));
    },
  };
}

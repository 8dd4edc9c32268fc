import { build } from "esbuild";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, inject, test } from "vitest";
import { root } from "../run/alias.ts";

/** Calls itself by each way to the router, and tells what came back. */
function worker(url: string): string {
  return `
    import { cbor, connect, fetchDialer, json, msgpack } from "${join(root, "mod.ts")}";
    async function run(name, options, serializer) {
      const id = crypto.randomUUID();
      await using wamp = await connect(fetchDialer("${url}", options), { realm: "realm1", serializers: [serializer] });
      await wamp.register("com.example." + id, ([a, b]) => a + b);
      const sums = await Promise.all([1, 2, 3].map((n) => wamp.call("com.example." + id, [n, 1])));
      await wamp.publish("com.example.t", [new Uint8Array(70_000)], {}, { acknowledge: true });
      console.log(name, wamp.serializer, JSON.stringify(sums));
    }
    export default {
      async test(_controller, env) {
        const headers = { cookie: "a=b", "x-example": "1" };
        for (const serializer of [json, msgpack, cbor]) await run("fetch", { headers }, serializer);
        await run("binding", { fetch: (url, init) => env.ROUTER.fetch(url, init) }, json);
        const refused = await connect(fetchDialer("${
    url.replace("/ws", "/nowhere")
  }"), { realm: "realm1" }).catch((e) => e);
        console.log(refused.code);
      },
    };
  `;
}

test("a worker on workerd has its WebSocket by fetch", async () => {
  const url = inject("routerUrl");
  const folder = mkdtempSync(join(tmpdir(), "wamp-fetch-"));
  try {
    await build({
      stdin: { contents: worker(url), resolveDir: root },
      outfile: join(folder, "worker.js"),
      bundle: true,
      format: "esm",
      conditions: ["workerd", "worker", "browser"],
      target: "es2022",
      logLevel: "silent",
    });
    const config = readFileSync(join(root, "test", "workerd", "fetch.capnp"), "utf8");
    writeFileSync(join(folder, "config.capnp"), config.replace("PORT", new URL(url).port));
    const workerd = join(root, "node_modules", ".bin", "workerd");
    const { stdout } = await promisify(execFile)(workerd, ["test", join(folder, "config.capnp")], { timeout: 25_000 });
    expect(stdout.trim().split("\n")).toEqual([
      "fetch json [2,3,4]",
      "fetch msgpack [2,3,4]",
      "fetch cbor [2,3,4]",
      "binding json [2,3,4]",
      "not_wamp",
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

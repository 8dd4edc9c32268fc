import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { testRouter, waitFor } from "@izaber/wamp/testing";
import { root } from "../run/alias.ts";

test.each(["express", "hono"])(
  "the client inside of %s is shared, comes back, and lets requests finish at SIGTERM",
  async (name) => {
    await using router = await testRouter({
      realm: "izaber",
      users: { web: { role: "frontend", password: "secret" }, callee: "backend" },
    });
    await using callee = await router.client("callee", { prefix: "com.izaber.wamp" });
    const called = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<string>();
    await callee.register("example.hello", ([name]: [string]) => {
      if (name !== "slow") return `Hello ${name}`;
      called.resolve();
      return answer.promise;
    });

    const env = { ...process.env, NEXUS_URL: await router.listen(), NEXUS_USER: "web", NEXUS_PASSWORD: "secret" };
    const server = spawn(process.execPath, [join(root, "examples", `${name}.ts`)], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(server, "exit");
    try {
      const [line] = await once(createInterface({ input: server.stdout }), "line") as [string];
      const url = /http:\S+/.exec(line)![0];
      const get = async (path: string) => {
        const response = await fetch(new URL(path, url));
        return [response.status, await response.json()] as const;
      };
      expect(await get("/whoami")).toEqual([200, { authid: "web", role: "frontend" }]);
      expect(await get("/hello/Ann")).toEqual([200, "Hello Ann"]);

      const sessions = await callee.call<number[]>(callee.absolute("wamp.session.list"));
      const session = sessions.find((id) => id !== callee.session?.id)!;
      await callee.call(callee.absolute("wamp.session.kill"), [session]);
      await waitFor(async () => (await get("/hello/Bob"))[0] === 200);

      const slow = get("/hello/slow");
      await called.promise;
      server.kill("SIGTERM");
      answer.resolve("at last");
      expect(await slow).toEqual([200, "at last"]);
      expect(await ended).toEqual([0, null]);
    } finally {
      server.kill("SIGKILL");
      await ended;
    }
  },
  60_000,
);

test.each(["express", "hono"])("%s answers what WAMP calls fail with by a status", async (name) => {
  await using router = await testRouter({ realm: "izaber", users: { web: { role: "frontend", password: "secret" } } });
  const env = { ...process.env, NEXUS_URL: await router.listen(), NEXUS_USER: "web", NEXUS_PASSWORD: "secret" };
  const server = spawn(process.execPath, [join(root, "examples", `${name}.ts`)], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(server, "exit");
  try {
    const [line] = await once(createInterface({ input: server.stdout }), "line") as [string];
    const response = await fetch(new URL("/hello/Ann", /http:\S+/.exec(line)![0]));
    expect(response.status).toBe(502);
    expect(await response.json()).toEqual({ error: "wamp.error.no_such_procedure" });
  } finally {
    server.kill("SIGKILL");
    await ended;
  }
});

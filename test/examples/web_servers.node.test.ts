import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { testRouter, waitFor } from "@izaber/wamp/testing";
import { runtimes } from "./run.ts";
import { root } from "../run/alias.ts";

const users = { web: { role: "frontend", password: "secret" }, callee: "backend" };
const servers = Object.keys(runtimes).flatMap((runtime) => ["express", "hono"].map((name) => [runtime, name] as const));

/** An example that serves HTTP, in a process of its own. */
class Example implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly ended: Promise<unknown[]>;
  #url = "";

  constructor(runtime: string, name: string, nexus: string) {
    const [program, ...before] = runtimes[runtime]!;
    this.process = spawn(program!, [...before, join("examples", `${name}.ts`)], {
      cwd: root,
      env: { ...process.env, NEXUS_URL: nexus, NEXUS_USER: "web", NEXUS_PASSWORD: "secret" },
      stdio: ["ignore", "pipe", "inherit"],
      timeout: 50_000,
    });
    this.ended = once(this.process, "exit");
  }

  async listening(): Promise<void> {
    const [line] = await Promise.race([
      once(createInterface({ input: this.process.stdout! }), "line"),
      this.ended.then(() => ["it ended"]),
    ]) as [string];
    this.#url = /http:\S+/.exec(line)?.[0] ?? expect.fail(line);
  }

  async get(path: string): Promise<[status: number, body: unknown]> {
    const response = await fetch(new URL(path, this.#url));
    return [response.status, await response.json()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("SIGKILL");
    await this.ended;
  }
}

test.each(servers)(
  "on %s the client inside of %s is shared, comes back, and lets requests finish at SIGTERM",
  async (runtime, name) => {
    await using router = await testRouter({ realm: "izaber", users });
    await using callee = await router.client("callee", { prefix: "com.izaber.wamp" });
    const called = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<string>();
    await callee.register("example.hello", ([name]: [string]) => {
      if (name !== "slow") return `Hello ${name}`;
      called.resolve();
      return answer.promise;
    });
    await using web = new Example(runtime, name, await router.listen());
    await web.listening();
    expect(await web.get("/whoami")).toEqual([200, { authid: "web", role: "frontend" }]);
    expect(await web.get("/hello/Ann")).toEqual([200, "Hello Ann"]);

    const sessions = await callee.call<number[]>(callee.absolute("wamp.session.list"));
    const session = sessions.find((id) => id !== callee.session?.id)!;
    await callee.call(callee.absolute("wamp.session.kill"), [session]);
    await waitFor(async () => (await web.get("/hello/Bob"))[0] === 200, { timeout: 30_000 });

    const slow = web.get("/hello/slow");
    await called.promise;
    web.process.kill("SIGTERM");
    answer.resolve("at last");
    expect(await slow).toEqual([200, "at last"]);
    expect(await web.ended).toEqual([0, null]);
  },
  60_000,
);

test.each(["express", "hono"])("%s answers what WAMP calls fail with by a status", async (name) => {
  await using router = await testRouter({ realm: "izaber", users });
  await using web = new Example("node", name, await router.listen());
  await web.listening();
  expect(await web.get("/hello/Ann")).toEqual([502, { error: "wamp.error.no_such_procedure" }]);
}, 60_000);

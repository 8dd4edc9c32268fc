import { expect, inject, test } from "vitest";
import { runExample, runtimes } from "./run.ts";

test.each(Object.keys(runtimes))("on %s the client alone tells who it is", async (runtime) => {
  const env = { NEXUS_URL: inject("nexusUrl"), NEXUS_USER: "USERNAME", NEXUS_PASSWORD: "PASSWORD" };
  const { stdout } = await runExample(runtime, "client.ts", [], env);
  expect(stdout).toMatch(/authid: .username/);
  expect(stdout).toMatch(/role: .frontend/);
});

test("with a wrong password it fails with a message that says so", async () => {
  const env = { NEXUS_URL: inject("nexusUrl"), NEXUS_USER: "USERNAME", NEXUS_PASSWORD: "wrong" };
  const { code, stderr } = await runExample("node", "client.ts", [], env).catch((error) => error);
  expect(code).toBe(1);
  expect(stderr).toContain("authentication_failed");
});

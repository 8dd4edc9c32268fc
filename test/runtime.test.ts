import { expect, inject, test } from "vitest";
import { connect, ticket } from "@izaber/wamp";

test("the suite runs in the runtime that the project is named after", () => {
  const { userAgent } = navigator;
  const actual = userAgent.includes("Chrome/") ? "chromium" : userAgent.split("/")[0];
  expect(actual).toBe(
    { node: "Node.js", bun: "Bun", deno: "Deno", chromium: "chromium", workerd: "Cloudflare-Workers" }[
      inject("runtime")
    ],
  );
});

test("one call reaches its callee through the open router of the run", async () => {
  await using callee = await connect(inject("routerUrl"), { realm: "realm1" });
  await using caller = await connect(inject("routerUrl"), { realm: "realm1" });
  const procedure = `com.example.${inject("runtime")}.add`;
  await callee.register(procedure, ([a, b]: [number, number]) => a + b);
  expect(await caller.call(procedure, [1, 2])).toBe(3);
});

test("a login to the Nexus of the run joins as that user", async () => {
  await using wamp = await connect(inject("nexusUrl"), { realm: "izaber", auth: ticket("USERNAME", "PASSWORD") });
  expect(await wamp.call("com.izaber.wamp.auth.whoami")).toMatchObject({ authid: "username", role: "frontend" });
});

import { testRouter } from "@izaber/wamp/testing";
import { expect, test } from "vitest";

test("bob is greeted by alice", async () => {
  await using router = await testRouter();
  await using alice = await router.client("alice");
  await using bob = await router.client("bob");
  await alice.register("com.example.hello", (_args, _kwargs, call) => `Hello ${call.caller_authid}`);
  expect(await bob.call("com.example.hello")).toBe("Hello bob");
});

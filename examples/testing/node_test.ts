import { testRouter } from "@izaber/wamp/testing";
import assert from "node:assert/strict";
import { test } from "node:test";

test("bob is greeted by alice", async () => {
  await using router = await testRouter();
  await using alice = await router.client("alice");
  await using bob = await router.client("bob");
  await alice.register("com.example.hello", (_args, _kwargs, call) => `Hello ${call.caller_authid}`);
  assert.equal(await bob.call("com.example.hello"), "Hello bob");
});

import { testRouter } from "@izaber/wamp/testing";

Deno.test("bob is greeted by alice", async () => {
  await using router = await testRouter();
  await using alice = await router.client("alice");
  await using bob = await router.client("bob");
  await alice.register("com.example.hello", (_args, _kwargs, call) => `Hello ${call.caller_authid}`);
  const answer = await bob.call("com.example.hello");
  if (answer !== "Hello bob") throw new Error(`It answered ${String(answer)}`);
});

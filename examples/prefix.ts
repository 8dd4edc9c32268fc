/** One registration for every URI that begins in the same way. */
import { testRouter } from "@izaber/wamp/testing";

await using router = await testRouter({ users: { ada: "backend", bob: "frontend" } });
await using ada = await router.client("ada", { prefix: "com.izaber.wamp" });
await using bob = await router.client("bob", { prefix: "com.izaber.wamp" });

await ada.register("hello", (_args, _kwargs, call) => `you have called ${call.procedure}`, {
  match: "prefix",
  force_reregister: true, // from whoever has it
});
console.log(await bob.call("hello"));
console.log(await bob.call("hello.some.thing"));
console.log(await bob.call("hello2")); // a prefix is one of characters; register "hello." to stay below it

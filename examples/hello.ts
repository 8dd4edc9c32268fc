/** A procedure, and a call of it by somebody else. */
import { connect, ticket } from "@izaber/wamp";
import { testRouter } from "@izaber/wamp/testing";

// A Nexus in this process; with one of your own, `target` is its URL: "wss://nexus.example.com/ws".
await using router = await testRouter({ users: { ada: "backend", bob: "frontend" } });
const [target, realm, prefix] = [router.router.local(), router.realm, "com.izaber.wamp"];

await using ada = await connect(target, { realm, prefix, auth: ticket("ada", "ada") });
await ada.register("hello", ([name]: [string], _kwargs, call) => {
  console.log(`called by ${call.caller_authid}, role ${call.caller_authrole}`);
  return `Hello ${name}!`;
});

await using bob = await connect(target, { realm, prefix, auth: ticket("bob", "bob") });
console.log(await bob.call("hello", ["Ada"]));

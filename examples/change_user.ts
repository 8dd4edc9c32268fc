/** Another user on the same client: what was registered and subscribed stays, and a change that fails changes nothing. */
import { ticket } from "@izaber/wamp";
import { nexus } from "@izaber/wamp/nexus";
import { testRouter } from "@izaber/wamp/testing";

await using router = await testRouter({ users: { ada: "backend", bob: "frontend" } });
await using wamp = await router.client("ada", { prefix: "com.izaber.wamp" });
await wamp.register("who", () => wamp.details?.authid);
console.log(await wamp.call("who"));

await wamp.changeUser(ticket("bob", "bob"));
console.log(await wamp.call("who"), (await nexus(wamp).whoami()).role);

console.log(await wamp.changeUser(ticket("ada", "wrong")).catch((error) => error.code));
console.log(await wamp.call("who"));

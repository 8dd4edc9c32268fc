/** Many connections of one program: the same router and settings, a session each. */
import { ticket } from "@izaber/wamp";
import { testRouter } from "@izaber/wamp/testing";

await using router = await testRouter({ users: { ada: "backend", bob: "frontend" } });
await using wamp = await router.client("ada", { prefix: "com.izaber.wamp" });

const others = await Promise.all([
  wamp.spawnConnection(),
  wamp.spawnConnection({ agent: "the third" }),
  wamp.spawnConnection({ auth: ticket("bob", "bob") }),
]);
const all = [wamp, ...others];
console.log(all.map((client) => client.details?.authid).join());
console.log(`${new Set(all.map((client) => client.session?.id)).size} sessions`);

await Promise.all(others.map((client, index) => client.register("worker", () => index, { invoke: "roundrobin" })));
const answers = await Promise.all([1, 2, 3].map(() => wamp.call<number>("worker")));
console.log(answers.sort().join());
await Promise.all(others.map((client) => client.drain()));

/** Rosters: lists to which sessions add themselves, and which they leave when they end. */
import { nexus } from "@izaber/wamp/nexus";
import { testRouter } from "@izaber/wamp/testing";

await using router = await testRouter({ users: { ada: "backend", bob: "backend", eve: "frontend" } });
await using ada = await router.client("ada");
const bob = await router.client("bob");
await using eve = await router.client("eve");

await nexus(ada).roster.register("roster.printers", { host: "a" }, { visibility: ["backend", "frontend"] });
await nexus(bob).roster.register("roster.printers", { host: "b" });
const hosts = async () => {
  const printers = await nexus(eve).roster.query<{ host: string }>("roster.printers");
  return printers.map(({ host }) => host).sort().join(", ");
};
console.log("both:", await hosts());

await bob.close();
console.log("one has gone:", await hosts());
await nexus(ada).roster.unregister("roster.printers");
console.log("none:", await hosts());

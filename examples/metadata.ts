/** Metadata: values that stay with the user, over sessions, programs and restarts. */
import { nexus } from "@izaber/wamp/nexus";
import { testRouter } from "@izaber/wamp/testing";

await using router = await testRouter({ users: { ada: "frontend" } });
const first = await router.client("ada");
await nexus(first).metadata.set("theme", { dark: true, colours: ["green", "red"] });
await first.close();

await using second = await router.client("ada");
const { metadata } = nexus(second);
console.log(JSON.stringify(await metadata.get("theme")));
console.log(await metadata.get("theme", { yaml: true }));
console.log(Object.keys(await metadata.list()).join());
await metadata.delete("theme");
console.log(await metadata.get("theme"));

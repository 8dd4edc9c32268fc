/** Hooks: what is registered in a join hook is there once, however often the session is lost. */
import { createClient, ticket } from "@izaber/wamp";
import { testRouter } from "@izaber/wamp/testing";

await using router = await testRouter({ users: { ada: "backend", bob: "trust" } });
await using bob = await router.client("bob");

const auth = ticket("ada", "ada");
await using ada = createClient(router.router.local(), { realm: router.realm, auth, reconnect: { initialDelay: 1 } });
let joins = 0;
let calls = 0;
ada.on("join", async () => {
  joins += 1;
  await ada.register("com.izaber.wamp.hello", () => `call ${calls += 1}, after join ${joins}`);
});
ada.on("leave", ({ reason }) => console.log(`lost: ${reason}`));
await ada.open();

for (let times = 0; times < 3; times += 1) {
  const ready = new Promise<void>((resolve) => {
    const off = ada.on("ready", () => {
      off();
      resolve();
    });
  });
  await bob.call("wamp.session.kill", [ada.session?.id], { reason: "com.example.restart" });
  await ready;
  console.log(await bob.call("com.izaber.wamp.hello"));
}
const { exact } = await bob.call<{ exact: number[] }>("wamp.registration.list");
const uris = await Promise.all(
  exact.map(async (id) => (await bob.call<{ uri: string }>("wamp.registration.get", [id])).uri),
);
console.log(`registered: ${uris.filter((uri) => uri.endsWith(".hello")).length}`);

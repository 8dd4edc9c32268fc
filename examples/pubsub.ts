/** Events: a handler, a loop, and a publisher who knows that its event has arrived. */
import { testRouter } from "@izaber/wamp/testing";

await using router = await testRouter({ users: { ada: "backend", bob: "frontend" } });
await using ada = await router.client("ada", { prefix: "com.izaber.wamp" });
await using bob = await router.client("bob", { prefix: "com.izaber.wamp" });

const handled = Promise.withResolvers<void>();
const subscription = await bob.subscribe("test.news", (args, kwargs, event) => {
  console.log(`${event.topic} from ${event.publisher_authid}:`, ...args, JSON.stringify(kwargs));
  handled.resolve();
});
const events = bob.events("test", { match: "prefix" });
await events.ready;

await ada.publish("test.news", ["it works"], { since: 2026 }, { acknowledge: true });
await handled.promise;
await subscription.unsubscribe();

await ada.publish("test.end");
for await (const { topic } of events) {
  console.log(`in the loop: ${topic}`);
  if (topic.endsWith(".end")) break; // unsubscribes
}

import { expect, test, vi } from "vitest";
import { connect } from "@izaber/wamp";
import { openRealm, Router } from "../../src/router/mod.ts";
import { listen } from "../../src/serve/listen.ts";

const EVENTS = 5_000;
const text = "x".repeat(1_000);

test.each([true, false])(
  "a burst from inside the process reaches a subscriber that reads; acknowledged: %s",
  async (acknowledge) => {
    const router = new Router({ realms: [openRealm("realm1")] });
    const listener = await listen(router);
    const publisher = await connect(router.local(), { realm: "realm1" });
    const subscriber = await connect(listener.url, { realm: "realm1" });
    const all = Promise.withResolvers<void>();
    const seen: unknown[] = [];
    await subscriber.subscribe("com.example.burst", ([number]) => {
      if (seen.push(number) === EVENTS) all.resolve();
    });
    for (let i = 0; i < EVENTS; i++) await publisher.publish("com.example.burst", [i, text], {}, { acknowledge });
    await all.promise;
    expect(seen).toEqual(Array.from({ length: EVENTS }, (_, i) => i));
    expect(router.statistics("realm1")?.droppedEvents).toBe(0);
    await Promise.all([publisher.close(), subscriber.close()]);
    await listener.close();
    await router.close();
  },
);

test("a loop of calls inside the process lets timers have their turn", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  const client = await connect(router.local(), { realm: "realm1" });
  await client.register("com.example.echo", ([value]) => value);
  let due = false;
  setTimeout(() => due = true);
  let calls = 0;
  for (; !due && calls < 1_000_000; calls++) await client.call("com.example.echo", [calls]);
  expect(calls).toBeLessThan(1_000_000);
  await client.close();
  await router.close();
});

test("a test that stops the time does not stop calls inside the process", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  const client = await connect(router.local(), { realm: "realm1" });
  await client.register("com.example.echo", ([value]) => value);
  vi.useFakeTimers();
  try {
    for (let n = 0; n < 2_500; n++) expect(await client.call("com.example.echo", [n])).toBe(n);
  } finally {
    vi.useRealTimers();
  }
  await client.close();
  await router.close();
});

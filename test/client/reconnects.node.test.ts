import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { createClient } from "@izaber/wamp";
import { openRealm, Router } from "@izaber/wamp/router";
import { withFaults } from "@izaber/wamp/testing";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

function heapUsed(): number {
  for (let times = 0; times < 3; times++) gc();
  return process.memoryUsage().heapUsed;
}

test("a thousand reconnects with everything restored leave no memory behind", { timeout: 60_000 }, async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  const dialer = withFaults(router.local());
  const client = createClient(dialer, { realm: "realm1", reconnect: { initialDelay: 1, maxDelay: 1 } });
  await client.open();
  for (let n = 0; n < 10; n++) {
    await client.register(`com.example.p${n}`, () => n);
    await client.subscribe(`com.example.t${n}`, () => {});
  }
  const lose = async (times: number) => {
    for (let n = 0; n < times; n++) {
      const ready = Promise.withResolvers<void>();
      const stop = client.on("ready", () => ready.resolve());
      const call = client.call("com.example.p1").catch(() => {});
      dialer.connections[0]?.cut();
      await Promise.all([ready.promise, call]);
      stop();
    }
  };
  // What the engine makes of code that runs often is no leak.
  await lose(1_500);
  const before = heapUsed();
  await lose(1_000);
  const grown = heapUsed() - before;
  expect(grown).toBeLessThan(300_000);
  expect(await client.call("com.example.p3")).toBe(3);
  expect([dialer.dialled, dialer.connections.length]).toEqual([2_501, 1]);
  await client.close();
  const { sessions, registrations, subscriptions } = router.statistics("realm1") ?? {};
  expect([sessions, registrations, subscriptions]).toEqual([0, 0, 0]);
  await router.close();
});

import { expect, test } from "vitest";
import { connect } from "../../src/client/connect.ts";
import type { ClientOptions } from "../../src/client/options.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import { ConcurrencyQueue, Queues } from "../../src/service/mod.ts";

async function start(options: Partial<ClientOptions> = {}) {
  const router = new Router({ realms: [openRealm("realm1")] });
  const wamp = await connect(router.local(), { realm: "realm1", ...options });
  return { wamp, [Symbol.asyncDispose]: () => wamp.close().then(() => router.close()) };
}

test("a registration names a queue of the client, or brings its own", async () => {
  const queues = new Queues({ reports: { limit: 1, waiting: 0 } });
  const own = new ConcurrencyQueue("own");
  await using test = await start({ queues });
  const [begun, end] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
  await test.wamp.register("slow", () => (begun.resolve(), end.promise), { queue: "reports" });
  await test.wamp.register("own", () => "own", { queue: own });
  const slow = test.wamp.call("slow");
  await begun.promise;
  await expect(test.wamp.call("slow")).rejects.toMatchObject({ uri: "wamp.error.unavailable" });
  queues.get("reports").configure({ waiting: 1 });
  const waiting = test.wamp.call("slow");
  expect(await test.wamp.call("own")).toBe("own");
  end.resolve("slow");
  expect(await Promise.all([slow, waiting])).toEqual(["slow", "slow"]);
  expect([queues.get("reports").statistics.finished, own.statistics.finished]).toEqual([2, 1]);
});

test("registering again changes the queue with the handler", async () => {
  const [one, other] = [new ConcurrencyQueue("one"), new ConcurrencyQueue("other")];
  await using test = await start();
  const first = await test.wamp.register("p", () => 1, { queue: one });
  const second = await test.wamp.register("p", () => 2, { queue: other });
  expect(second.id).toBe(first.id);
  expect(await test.wamp.call("p")).toBe(2);
  await test.wamp.register("p", () => 3, { queue: undefined });
  expect(await test.wamp.call("p")).toBe(3);
  expect([one.statistics.started, other.statistics.started]).toEqual([0, 1]);
});

test("a queue that is not there is refused where it is named", async () => {
  await using test = await start();
  await expect(test.wamp.register("p", () => 1, { queue: "reports" })).rejects.toThrow(
    /Cannot register "p": there is no queue "reports"; make the client with \{ queues/,
  );
  await using other = await start({ queues: new Queues({ mails: {} }) });
  await expect(other.wamp.register("p", () => 1, { queue: "reports" })).rejects.toThrow(/there are mails/);
  await expect(start({ queues: { reports: {} } as unknown as Queues })).rejects.toThrow(
    /the option queues is an object/,
  );
});

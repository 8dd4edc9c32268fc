import { expect, test } from "vitest";
import { connect } from "../../src/client/connect.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import type { Client } from "../../src/client/mod.ts";
import { ConcurrencyQueue, queued, queuedEvents, service } from "../../src/service/mod.ts";

async function start(clients: number) {
  const router = new Router({ realms: [openRealm("realm1")] });
  const joined = await Promise.all(Array.from({ length: clients }, () => connect(router.local(), { realm: "realm1" })));
  return {
    clients: joined,
    [Symbol.asyncDispose]: async () => {
      for (const client of joined) await client.close();
      await router.close();
    },
  };
}

test("procedures that share a queue share its limit, and who finds it full is told so", async () => {
  await using test = await start(2);
  const [callee, caller] = test.clients as [typeof test.clients[0], typeof test.clients[0]];
  const queue = new ConcurrencyQueue("q", { limit: 1, waiting: 1 });
  const errors: unknown[] = [];
  callee!.on("error", (error) => errors.push(error));
  const [begun, end] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
  await callee!.register("slow", queued(queue, () => (begun.resolve(), end.promise)));
  await callee!.register("quick", queued(queue, () => "quick"));
  const slow = caller!.call("slow");
  await begun.promise;
  const quick = caller!.call("quick");
  await expect(caller!.call("quick")).rejects.toMatchObject({
    uri: "wamp.error.unavailable",
    args: ['The queue "q" is full: 1 run and 1 wait; try again later'],
  });
  end.resolve("slow");
  expect(await Promise.all([slow, quick])).toEqual(["slow", "quick"]);
  expect(errors).toEqual([]);
});

test.each([
  ["unsubscribed", (subscription: AsyncDisposable) => subscription[Symbol.asyncDispose](), [1]],
  ["closed", (_subscription: AsyncDisposable, client: Client) => client.close(), [1]],
  ["drained", (_subscription: AsyncDisposable, client: Client) => client.drain(), [1, 2, 3]],
])("of the events that wait when it is %s those are received that are to be", async (_how, end, expected) => {
  await using test = await start(2);
  const [subscriber, publisher] = test.clients;
  const queue = new ConcurrencyQueue("q", { limit: 1 });
  const received: unknown[] = [];
  const go = Promise.withResolvers<void>();
  const subscription = await subscriber!.subscribe(
    "t",
    queuedEvents(queue, async ([value]) => {
      received.push(value);
      await go.promise;
    }),
  );
  for (const value of [1, 2, 3]) await publisher!.publish("t", [value], {}, { acknowledge: true });
  await expect.poll(() => queue.statistics.waiting).toBe(2);
  const ended = end(subscription, subscriber!);
  if (expected.length === 1) await ended;
  go.resolve();
  await ended;
  await expect.poll(() => queue.statistics.finished).toBe(3);
  expect(received).toEqual(expected);
});

test("a service that is stopped gets none of the events that wait, and serves the calls that do", async () => {
  await using test = await start(2);
  const [callee, caller] = test.clients;
  const queue = new ConcurrencyQueue("q", { limit: 1 });
  const [done, begun, go]: [unknown[], PromiseWithResolvers<void>, PromiseWithResolvers<void>] = [
    [],
    Promise.withResolvers(),
    Promise.withResolvers(),
  ];
  const running = await service(callee!, {
    procedures: {
      "p": {
        handler: async ([value]: [string]) => {
          done.push(value);
          begun.resolve();
          await go.promise;
          return value;
        },
        queue,
      },
    },
    topics: { "t": { handler: ([value]: [string]) => void done.push(value), queue } },
  });
  const calls = [caller!.call("p", ["first call"]), begun.promise.then(() => caller!.call("p", ["second call"]))];
  await begun.promise;
  await caller!.publish("t", ["event"], {}, { acknowledge: true });
  await expect.poll(() => queue.statistics.waiting).toBe(2);
  await running.stop();
  go.resolve();
  expect(await Promise.all(calls)).toEqual(["first call", "second call"]);
  await expect.poll(() => queue.statistics.finished).toBe(3);
  expect(done).toEqual(["first call", "second call"]);
});

test("a call that is given up while it waits never begins", async () => {
  await using test = await start(2);
  const [callee, caller] = test.clients;
  const queue = new ConcurrencyQueue("q", { limit: 1 });
  const begun: unknown[] = [];
  const [first, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await callee!.register(
    "p",
    queued(queue, async ([name]) => {
      begun.push(name);
      first.resolve();
      await end.promise;
    }),
  );
  const running = caller!.call("p", ["a"]);
  await first.promise;
  const abort = new AbortController();
  const waiting = caller!.call("p", ["b"], {}, { signal: abort.signal });
  await expect.poll(() => queue.statistics.waiting).toBe(1);
  abort.abort();
  await expect(waiting).rejects.toMatchObject({ code: "aborted" });
  await expect.poll(() => queue.statistics.abandoned).toBe(1);
  end.resolve();
  await running;
  expect(begun).toEqual(["a"]);
});

test("a generator has its place until it ends, and progress arrives", async () => {
  await using test = await start(2);
  const [callee, caller] = test.clients;
  const queue = new ConcurrencyQueue("q", { limit: 1 });
  let held = 0;
  await callee!.register(
    "p",
    queued(queue, async function* () {
      held = queue.statistics.running;
      yield "step";
      held += queue.statistics.running;
      return await Promise.resolve("end");
    }),
  );
  expect(await caller!.call("p")).toBe("end");
  expect(held).toBe(2);
  expect(queue.statistics).toMatchObject({ running: 0, finished: 1, failed: 0 });
});

test("a handler that throws gives its place back, and counts as failed", async () => {
  await using test = await start(2);
  const [callee, caller] = test.clients;
  const queue = new ConcurrencyQueue("q", { limit: 1 });
  callee!.on("error", () => {});
  await callee!.register(
    "p",
    queued(queue, () => {
      throw new Error("broken");
    }),
  );
  await callee!.register(
    "g",
    queued(queue, async function* () {
      yield 1;
      throw await Promise.resolve(new Error("broken"));
    }),
  );
  for (const procedure of ["p", "g"]) await expect(caller!.call(procedure)).rejects.toThrow(/broken/);
  expect(queue.statistics).toMatchObject({ running: 0, finished: 2, failed: 2 });
});

test("events wait for each other, and those without a place are dropped and counted", async () => {
  await using test = await start(2);
  const [subscriber, publisher] = test.clients;
  const queue = new ConcurrencyQueue("q", { limit: 1, waiting: 1, fair: false });
  const received: unknown[] = [];
  const end = Promise.withResolvers<void>();
  await subscriber!.subscribe(
    "t",
    queuedEvents(queue, async ([value]) => {
      received.push(value);
      await end.promise;
    }),
  );
  for (const value of [1, 2, 3]) await publisher!.publish("t", [value], {}, { acknowledge: true });
  await expect.poll(() => queue.statistics.rejected).toBe(1);
  expect(received).toEqual([1]);
  end.resolve();
  await expect.poll(() => received).toEqual([1, 2]);
});

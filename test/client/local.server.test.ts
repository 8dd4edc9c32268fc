import { expect, test } from "vitest";
import { RemoteError } from "../../src/wire/mod.ts";
import { makeClient } from "../../src/client/make_client.ts";
import { Result } from "../../src/client/mod.ts";
import type { Client } from "../../src/client/mod.ts";
import { json, msgpack } from "../../src/codec/mod.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import { anonymous } from "../../src/auth/mod.ts";
import { dial } from "../router/peer.ts";

const defaults = {
  serializers: [json],
  dialer: (url: string): never => {
    throw new Error(`no dialer for ${url}`);
  },
};

async function open(router: Router): Promise<Client> {
  const client = makeClient(router.local(), { realm: "realm1", auth: anonymous() }, defaults);
  await client.open();
  return client;
}

test("two clients of a router in the same process call, publish and leave", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  await using callee = await open(router);
  await using caller = await open(router);
  await callee.register("com.example.add", ([a, b]: [number, number]) => a + b);
  await callee.register(
    "com.example.divmod",
    ([a, b]: [number, number]) => new Result([Math.floor(a / b), a % b], { exact: false }),
  );
  await callee.register("com.example.fail", () => {
    throw new RemoteError("com.example.error", ["no"], { n: 1 });
  });
  expect(await caller.call("com.example.add", [1, 2])).toBe(3);
  expect(await caller.callResult("com.example.divmod", [7, 2])).toMatchObject({
    args: [3, 1],
    kwargs: { exact: false },
  });
  await expect(caller.call("com.example.fail")).rejects.toMatchObject({
    uri: "com.example.error",
    args: ["no"],
    kwargs: { n: 1 },
  });
  await expect(caller.call("com.example.nothing")).rejects.toMatchObject({ uri: "wamp.error.no_such_procedure" });

  const got = Promise.withResolvers<unknown>();
  await callee.subscribe("com.example.topic", (args, kwargs) => got.resolve([args, kwargs]));
  await caller.publish("com.example.topic", ["hello"], { n: 1 }, { acknowledge: true });
  expect(await got.promise).toEqual([["hello"], { n: 1 }]);
});

test("clients of one process hand values over as they are, and what they published stays theirs", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  await using callee = await open(router);
  await using caller = await open(router);
  const list = { rows: [1, 2] };
  const hook = () => "called";
  await callee.register("com.example.list", () => list);
  await callee.register("com.example.hook", ([given]: unknown[]) => given === hook);
  expect(await caller.call("com.example.list")).toBe(list);
  expect(await caller.call("com.example.hook", [hook])).toBe(true);
});

test("an event of this process that cannot go over a wire is told to the router's owner, and costs nobody else anything", async () => {
  const errors: unknown[] = [];
  const router = new Router({ realms: [openRealm("realm1")], onError: (error) => errors.push(error) });
  await using publisher = await open(router);
  await using local = await open(router);
  const here: unknown[] = [];
  await local.subscribe("com.example", ([value]) => void here.push(value), { match: "prefix" });
  const remote = await dial(router, json).join();
  const another = await dial(router, json).join();
  for (const peer of [remote, another]) await peer.subscribe("com.example.topic");

  const hook = () => {};
  await publisher.publish("com.example.topic", [1, { hook }], {}, { acknowledge: true });
  await publisher.publish("com.example.topic", [2], {}, { acknowledge: true });
  for (const peer of [remote, another]) expect((await peer.next()).slice(4)).toEqual([[2]]);
  expect(here).toEqual([1, 2]);
  expect(errors).toEqual([expect.objectContaining({ code: "unserializable" })]);
  expect((errors[0] as Error).message).toBe(
    'Cannot send an event of "com.example.topic" to subscribers that speak json: Cannot encode args[1].hook as JSON: ' +
      "it is a function",
  );
  expect(router.statistics("realm1")?.droppedEvents).toBe(2);
});

test("one event that cannot go over a wire is one mistake, however many subscriptions and serializers find it", async () => {
  const errors: Error[] = [];
  const router = new Router({ realms: [openRealm("realm1")], onError: (error) => errors.push(error as Error) });
  await using publisher = await open(router);
  const peers = await Promise.all([json, json, msgpack].map((serializer) => dial(router, serializer).join()));
  for (const peer of peers) {
    await peer.subscribe("com.example.topic");
    await peer.subscribe("com.example", { match: "prefix" });
  }

  for (const _ of [1, 2]) await publisher.publish("com.example.topic", [() => {}], {}, { acknowledge: true });
  expect(errors.map(({ message }) => message)).toEqual(
    Array(2).fill(expect.stringMatching(/^Cannot send an event of "com.example.topic" to subscribers that speak /)),
  );
  expect(router.statistics("realm1")?.droppedEvents).toBe(12);
});

test("what a stranger publishes and another's serializer cannot say is not told", async () => {
  const errors: unknown[] = [];
  const router = new Router({ realms: [openRealm("realm1")], onError: (error) => errors.push(error) });
  const [stranger, subscriber] = [await dial(router, msgpack).join(), await dial(router, json).join()];
  await subscriber.subscribe("com.example.topic");
  stranger.publish("com.example.topic", {}, ["\0not base64"]);
  stranger.publish("com.example.topic", {}, ["sound"]);
  expect((await subscriber.next()).slice(4)).toEqual([["sound"]]);
  expect(errors).toEqual([]);
  await router.close();
});

/** How often a loop goes round at most: without turns in between it comes that far, with them never. */
const ENDLESS = 100_000;

test.each(
  [
    ["awaits each publication", async (client, goesOn) => {
      while (goesOn()) await client.publish("com.example.topic", [1]);
    }],
    ["yields the parts of a call", async (client, goesOn) => {
      await client.register("com.example.parts", async (_args, _kwargs, call) => {
        for await (const _ of call.input);
      });
      await client.stream(
        "com.example.parts",
        (async function* () {
          while (goesOn()) yield [1];
        })(),
      ).result;
    }],
  ] as [string, (client: Client, goesOn: () => boolean) => Promise<void>][],
)(
  "timers have their turn in a process where a loop %s, and what is under way does not pile up",
  async (_what, loop) => {
    const router = new Router({ realms: [openRealm("realm1")] });
    await using client = await open(router);
    await using subscriber = await open(router);
    let [sent, got, most, fired] = [0, 0, 0, false];
    await subscriber.subscribe("com.example.topic", () => void (got += 1));
    setTimeout(() => fired = true, 20);
    await loop(client, () => {
      most = Math.max(most, sent - got);
      return ++sent < ENDLESS && !fired;
    });
    expect(fired).toBe(true);
    if (got > 0) expect(most).toBeLessThan(5_000);
    await router.close();
  },
);

test("registrations and subscriptions end with their block, a client's and a session's", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  await using client = await open(router);
  const count = () => {
    const { registrations, subscriptions } = router.statistics("realm1")!;
    return [registrations, subscriptions];
  };
  for (const owner of [client, client.session!]) {
    {
      await using registration = await owner.register("com.example.p", () => 1);
      await using subscription = await owner.subscribe("com.example.t", () => {});
      expect([registration.active, subscription.active, ...count()]).toEqual([true, true, 1, 1]);
    }
    expect(count()).toEqual([0, 0]);
  }
  await router.close();
});

import { expect, test } from "vitest";
import { RemoteError } from "../../src/wire/mod.ts";
import { makeClient } from "../../src/client/make_client.ts";
import { Result } from "../../src/client/mod.ts";
import type { Client } from "../../src/client/mod.ts";
import { json } from "../../src/codec/mod.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import { anonymous } from "../../src/auth/mod.ts";

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

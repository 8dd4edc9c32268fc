import { afterEach, describe, expect, test } from "vitest";
import { json } from "../../src/codec/mod.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { dial, plainRoles } from "./peer.ts";

let router = new Router({ realms: [openRealm("realm1")] });

afterEach(async () => {
  await router.close();
  expect(router.statistics("realm1")).toMatchObject({
    sessions: 0,
    registrations: 0,
    subscriptions: 0,
    pendingInvocations: 0,
  });
  router = new Router({ realms: [openRealm("realm1")] });
});

describe("a call", () => {
  test("goes to the callee and its result back to the caller", async () => {
    const callee = await dial(router).join();
    const caller = await dial(router, json).join();
    const registration = await callee.register("com.example.add");
    const request = caller.call("com.example.add", {}, [1, 2], { base: 10 });
    expect(await callee.next()).toEqual([M.INVOCATION, 1, registration, {}, [1, 2], { base: 10 }]);
    callee.send([M.YIELD, 1, {}, [3]]);
    expect(await caller.next()).toEqual([M.RESULT, request, {}, [3]]);
  });
});

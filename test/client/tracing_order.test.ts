import { describe, expect, test } from "vitest";
import { anonymous } from "@izaber/wamp";
import type { Trace } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined, scripted } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";

describe("one that waits before it proceeds", () => {
  const slow = (wait: () => Promise<unknown>): Trace => async (_operation, proceed) => {
    await wait();
    await proceed();
  };
  const refused = (uri: string) => ({
    code: "invalid_argument",
    message: `Cannot trace "${uri}": the option trace has to call proceed() before it waits for anything`,
  });

  test.each<[string, () => Promise<unknown>]>([
    ["for nothing", () => Promise.resolve()],
    ["for ever", () => new Promise(() => {})],
  ])("%s is refused at once, and nothing is done", async (_name, wait) => {
    const { client, peer, clock } = await joined({ trace: slow(wait), timeout: 1_000 });
    const reported: unknown[] = [];
    client.on("error", (error) => reported.push(error));
    const ran: unknown[] = [];
    const made = [client.register("a.p", () => ran.push(1)), client.subscribe("a.t", () => ran.push(1))];
    await peer.registered(5);
    await peer.subscribed(3);
    await Promise.all(made);
    const { signal } = new AbortController();
    for (const place of [client, client.session!]) {
      await expect(place.call("a.p", [], {}, { signal, timeout: 10 })).rejects.toMatchObject(refused("a.p"));
      await expect(place.stream("a.p").result).rejects.toMatchObject(refused("a.p"));
      await expect(place.publish("a.t")).rejects.toMatchObject(refused("a.t"));
    }
    peer.send([MessageType.INVOCATION, 1, 5, {}]);
    expect((await peer.next(MessageType.ERROR)).payload.args).toEqual([refused("a.p").message]);
    peer.send([MessageType.EVENT, 3, 20, {}]);
    await settle();
    expect(reported).toMatchObject([refused("a.p"), refused("a.t")]);
    expect([ran, peer.unread, clock.pending]).toEqual([[], 0, 0]);
    const drained = client.drain();
    for (
      const [type, answer] of [
        [MessageType.UNSUBSCRIBE, MessageType.UNSUBSCRIBED],
        [MessageType.UNREGISTER, MessageType.UNREGISTERED],
      ] as const
    ) peer.send([answer, (await peer.next(type)).firstId]);
    await peer.goodbye();
    await drained;
  });

  test("does not join the queue of those that wait for a session", async () => {
    const { client, router } = scripted({ trace: slow(() => Promise.resolve()), offline: { ttl: 10_000, max: 10 } });
    const opened = client.open();
    const calls = [client.call("a.p"), client.stream("a.p").result, client.publish("a.p")];
    const outcomes = Promise.allSettled(calls);
    const peer = await router.join();
    await opened;
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: refused("a.p") });
    }
    expect(peer.unread).toBe(0);
  });

  test("and then throws has failed with that only if it did so at once", async () => {
    const { client } = await joined({
      trace: async ({ attributes }) => {
        if (attributes._late === true) await Promise.resolve();
        throw new Error("mine");
      },
    });
    await expect(client.call("a.p")).rejects.toThrow("mine");
    await expect(client.call("a.p", [], {}, { _late: true })).rejects.toMatchObject(refused("a.p"));
  });
});

describe.each<[string, Trace | undefined]>([
  ["without a trace", undefined],
  ["with one", async (_operation, proceed) => {
    await proceed();
  }],
])("%s", (_name, trace) => {
  test("a call has its time, and its signal, from where it was asked for", async () => {
    const { client, peer, clock } = await joined({ trace });
    const late = client.call("a.p", [], {}, { timeout: 1_000 });
    const controller = new AbortController();
    const aborted = client.call("a.p", [], {}, { signal: controller.signal });
    expect([client.session!.pending.calls, clock.next]).toEqual([2, 1_000]);
    controller.abort("left");
    await expect(aborted).rejects.toMatchObject({ code: "aborted", cause: "left" });
    clock.advance(1_000);
    await expect(late).rejects.toMatchObject({ code: "timeout" });
    const types = [];
    for (const type of [MessageType.CALL, MessageType.CALL, MessageType.CANCEL, MessageType.CANCEL]) {
      types.push((await peer.next(type)).firstId);
    }
    expect([types, client.session!.pending.calls]).toEqual([[1, 2, 2, 1], 0]);
  });

  test("draining waits for the answer of a call that was just made", async () => {
    const { client, peer } = await joined({ trace });
    const called = client.call("a.p");
    const drained = client.drain();
    const { firstId } = await peer.next(MessageType.CALL);
    await settle();
    expect(peer.unread).toBe(0);
    peer.send([MessageType.RESULT, firstId, {}], ["x"]);
    expect(await called).toBe("x");
    await peer.goodbye();
    await drained;
  });

  test("a change of user right after a call leaves it its session", async () => {
    const { client, router, peer } = await joined({ trace });
    const called = client.call("a.p");
    const changing = client.changeUser(anonymous());
    await router.join(8);
    peer.send([MessageType.RESULT, (await peer.next(MessageType.CALL)).firstId, {}], ["x"]);
    expect(await called).toBe("x");
    await peer.goodbye();
    await changing;
  });

  test("what is asked for at any moment of a join goes out with the session", async () => {
    const { client, router } = scripted({ trace, offline: { ttl: 10_000, max: 100 } });
    const opened = client.open();
    const asking = Array.from({ length: 30 }, async (_, turns) => {
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      return await client.call("a.p");
    });
    const peer = await router.join();
    await opened;
    for (const _ of asking) peer.send([MessageType.RESULT, (await peer.next(MessageType.CALL)).firstId, {}], ["x"]);
    expect(new Set(await Promise.all(asking))).toEqual(new Set(["x"]));
  });
});

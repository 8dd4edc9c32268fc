import { describe, expect, test } from "vitest";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined, scripted } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";

describe("the handler of what is there already", () => {
  test("that a join listener makes anew is the new one when calls and events come in one turn with the answer", async () => {
    const { client, router, clock } = scripted();
    let run = 0;
    const got: number[] = [];
    client.on("join", () => {
      const own = ++run;
      void client.subscribe("a.t", () => got.push(own));
      void client.register("a.p", () => own);
    });
    const opened = client.open();
    const peer = await router.join(7);
    await peer.subscribed(3);
    await peer.registered(5);
    await opened;
    peer.connection.terminate();
    await settle();
    clock.advance(60_000);
    const next = await router.join(8);
    const subscribe = await next.next(MessageType.SUBSCRIBE);
    const register = await next.next(MessageType.REGISTER);
    next.send([MessageType.SUBSCRIBED, subscribe.firstId, 3]);
    next.send([MessageType.EVENT, 3, 20, {}]);
    next.send([MessageType.REGISTERED, register.firstId, 5]);
    next.send([MessageType.INVOCATION, 1, 5, {}]);
    expect((await next.next(MessageType.YIELD)).payload.args).toEqual([2]);
    expect(got).toEqual([2]);
  });

  test("is the one before where another came with a request that is refused for good", async () => {
    const on = await joined();
    const { client, peer } = on;
    const registering = client.register("a.p", () => "before");
    await peer.registered(5);
    await registering;
    client.on("error", () => {});
    peer.connection.terminate();
    await settle();
    const changing = client.register("a.p", () => "after").catch((error) => error.uri);
    on.clock.advance(60_000);
    const next = await on.router.join(8);
    const { firstId } = await next.next(MessageType.REGISTER);
    next.send([MessageType.ERROR, MessageType.REGISTER, firstId, {}, "wamp.error.not_authorized"]);
    expect(await changing).toBe("wamp.error.not_authorized");
    next.connection.terminate();
    await settle();
    on.clock.advance(60_000);
    const third = await on.router.join(9);
    await third.registered(6);
    third.send([MessageType.INVOCATION, 1, 6, {}]);
    expect((await third.next(MessageType.YIELD)).payload.args).toEqual(["before"]);
  });

  test("is the last one that was accepted, not the first, where another is refused", async () => {
    const { client, peer, router, clock } = await joined();
    client.on("error", () => {});
    const registering = client.register("a.p", () => "first");
    await peer.registered(5);
    await registering;
    peer.connection.terminate();
    await settle();
    const changing = client.register("a.p", () => "second");
    clock.advance(60_000);
    const second = await router.join(8);
    await second.registered(5);
    await changing;
    second.connection.terminate();
    await settle();
    const refused = client.register("a.p", () => "third").catch((error) => error.uri);
    clock.advance(60_000);
    const third = await router.join(9);
    const { firstId } = await third.next(MessageType.REGISTER);
    third.send([MessageType.ERROR, MessageType.REGISTER, firstId, {}, "wamp.error.not_authorized"]);
    expect(await refused).toBe("wamp.error.not_authorized");
    third.connection.terminate();
    await settle();
    clock.advance(60_000);
    const last = await router.join(10);
    await last.registered(6);
    last.send([MessageType.INVOCATION, 1, 6, {}]);
    expect((await last.next(MessageType.YIELD)).payload.args).toEqual(["second"]);
  });
});

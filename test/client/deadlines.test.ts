import { expect, test } from "vitest";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";

const SENT = {
  register: MessageType.REGISTER,
  subscribe: MessageType.SUBSCRIBE,
  unregister: MessageType.UNREGISTER,
  unsubscribe: MessageType.UNSUBSCRIBE,
  publish: MessageType.PUBLISH,
};

for (const [what, type] of Object.entries(SENT)) {
  test(`${what} is given up when the router does not answer`, async () => {
    const { client, peer, clock } = await joined({ requestTimeout: 1_000 });
    const registering = client.register("a.p", () => 1);
    await peer.registered(5);
    const registration = await registering;
    const subscribing = client.subscribe("a.t", () => 1);
    await peer.subscribed(6);
    const subscription = await subscribing;
    const ask: { readonly [name: string]: () => Promise<unknown> } = {
      register: () => client.register("a.q", () => 1),
      subscribe: () => client.subscribe("a.u", () => 1),
      unregister: () => registration.unregister(),
      unsubscribe: () => subscription.unsubscribe(),
      publish: () => client.publish("a.t", [], {}, { acknowledge: true }),
    };
    expect(clock.pending).toBe(0);
    const outcome = ask[what]?.().catch((error) => error);
    await peer.next(type);
    clock.advance(999);
    await settle();
    expect(client.session?.pending.requests).toBe(1);
    clock.advance(1);
    expect(await outcome).toMatchObject({
      code: "timeout",
      message: expect.stringMatching(/[A-Z]+ within 1000 ms.*requestTimeout/),
    });
    expect([client.status, client.session?.pending.requests, clock.pending]).toEqual(["ready", 0, 0]);
  });
}

test("what is granted too late is given back", async () => {
  const { client, peer, clock } = await joined();
  const outcomes = Promise.allSettled([client.register("a.p", () => 1), client.subscribe("a.t", () => 1)]);
  const register = await peer.next(MessageType.REGISTER);
  const subscribe = await peer.next(MessageType.SUBSCRIBE);
  clock.advance(30_000);
  expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  peer.send([MessageType.REGISTERED, register.firstId, 5]);
  expect((await peer.next(MessageType.UNREGISTER)).secondId).toBe(5);
  peer.send([MessageType.SUBSCRIBED, subscribe.firstId, 6]);
  expect((await peer.next(MessageType.UNSUBSCRIBE)).secondId).toBe(6);
  // Once is enough.
  peer.send([MessageType.REGISTERED, register.firstId, 5]);
  await settle();
  expect(peer.unread).toBe(0);
});

test("a subscription granted too late is kept where another has the same by now", async () => {
  const { client, peer, clock } = await joined();
  const late = client.subscribe("a.t", () => 1).catch((error) => error);
  const request = await peer.next(MessageType.SUBSCRIBE);
  clock.advance(30_000);
  await late;
  const heard: unknown[] = [];
  const again = client.subscribe("a.t", (args) => heard.push(args[0]));
  peer.send([MessageType.SUBSCRIBED, request.firstId, 6]);
  await peer.subscribed(6);
  await again;
  peer.send([MessageType.SUBSCRIBED, request.firstId, 6]);
  peer.send([MessageType.EVENT, 6, 20, {}], ["event"]);
  await settle();
  expect([heard, peer.unread]).toEqual([["event"], 0]);
});

test("a registration that is not answered when it is restored is tried again", async () => {
  const { client, peer, clock, router } = await joined();
  const registering = client.register("a.p", () => 1);
  await peer.registered(5);
  const registration = await registering;
  peer.connection.terminate();
  await settle();
  clock.advance(250);
  const next = await router.join(8);
  await next.next(MessageType.REGISTER);
  clock.advance(30_000);
  await settle();
  expect(client.status).toBe("ready");
  clock.advance(200);
  await next.registered(6);
  await settle();
  expect([registration.id, clock.pending]).toEqual([6, 0]);
});

test("0 is for any time", async () => {
  const { client, peer, clock } = await joined({ requestTimeout: 0 });
  const registering = client.register("a.p", () => 1);
  const request = await peer.next(MessageType.REGISTER);
  clock.advance(86_400_000);
  expect(clock.pending).toBe(0);
  peer.send([MessageType.REGISTERED, request.firstId, 5]);
  expect((await registering).id).toBe(5);
});

import { expect, test } from "vitest";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";

test("late, duplicate, foreign and mistaken answers to requests settle nothing", async () => {
  const { client, peer } = await joined();
  let settled = 0;
  const made = [
    client.register("a.p", () => 1),
    client.subscribe("a.t", () => {}),
    client.publish("a.t", [], {}, { acknowledge: true }),
  ];
  for (const one of made) void one.then(() => settled += 1, () => settled += 1);
  const register = await peer.next(MessageType.REGISTER);
  const subscribe = await peer.next(MessageType.SUBSCRIBE);
  const publish = await peer.next(MessageType.PUBLISH);
  const ids = [register.firstId, subscribe.firstId, publish.firstId];
  for (const type of [MessageType.REGISTERED, MessageType.SUBSCRIBED, MessageType.PUBLISHED]) {
    peer.send([type, 99, 1]);
  }
  peer.send([MessageType.SUBSCRIBED, ids[0]!, 1]);
  peer.send([MessageType.PUBLISHED, ids[1]!, 1]);
  peer.send([MessageType.REGISTERED, ids[2]!, 1]);
  for (const id of ids) {
    peer.send([MessageType.UNREGISTERED, id]);
    peer.send([MessageType.UNSUBSCRIBED, id]);
    peer.send([MessageType.RESULT, id, {}], [1]);
    peer.send([MessageType.ERROR, MessageType.CALL, id, {}, "com.example.error"]);
    peer.send([MessageType.ERROR, MessageType.UNREGISTER, id, {}, "com.example.error"]);
  }
  await settle();
  expect([settled, client.status]).toEqual([0, "ready"]);
  for (let twice = 0; twice < 2; twice++) {
    peer.send([MessageType.REGISTERED, ids[0]!, 5]);
    peer.send([MessageType.SUBSCRIBED, ids[1]!, 3]);
    peer.send([MessageType.PUBLISHED, ids[2]!, 77]);
    peer.send([MessageType.ERROR, MessageType.REGISTER, ids[0]!, {}, "com.example.error"]);
  }
  expect(await Promise.all(made)).toMatchObject([{ id: 5, active: true }, { id: 3, active: true }, 77]);
  expect([settled, client.session?.pending.requests, peer.unread]).toEqual([3, 0, 0]);
});

test("the answer to a call that was given up settles no later one, and nothing after a stream's end reaches it", async () => {
  const { client, peer, clock } = await joined();
  const given = client.call("a.slow", [], {}, { timeout: 10 });
  await peer.next(MessageType.CALL);
  clock.advance(10);
  await expect(given).rejects.toMatchObject({ code: "timeout" });
  await peer.next(MessageType.CANCEL);
  const stream = client.stream("a.p");
  await peer.next(MessageType.CALL);
  peer.send([MessageType.RESULT, 1, { progress: true }], ["late step"]);
  peer.send([MessageType.RESULT, 1, {}], ["late"]);
  peer.send([MessageType.RESULT, 2, {}], ["end"]);
  peer.send([MessageType.RESULT, 2, { progress: true }], ["after the end"]);
  peer.send([MessageType.RESULT, 2, {}], ["again"]);
  await settle();
  expect((await stream.result).args).toEqual(["end"]);
  expect(await stream.next()).toEqual({ value: undefined, done: true });
});

test("what runs when its procedure is unregistered goes on and answers; nothing new begins", async () => {
  const { client, peer } = await joined();
  const gate = Promise.withResolvers<string>();
  let begun = 0;
  const registering = client.register("a.p", () => {
    begun += 1;
    return gate.promise;
  });
  await peer.registered(5);
  const registration = await registering;
  peer.send([MessageType.INVOCATION, 1, 5, {}]);
  await settle();
  const leaving = registration.unregister();
  const request = await peer.next(MessageType.UNREGISTER);
  peer.send([MessageType.INVOCATION, 2, 5, {}]);
  expect((await peer.next(MessageType.ERROR)).firstId).toBe(2);
  peer.send([MessageType.UNREGISTERED, request.firstId]);
  await leaving;
  peer.send([MessageType.INVOCATION, 3, 5, {}]);
  expect((await peer.next(MessageType.ERROR)).firstId).toBe(3);
  gate.resolve("done");
  const answer = await peer.next(MessageType.YIELD);
  expect([answer.firstId, answer.payload.args, begun]).toEqual([1, ["done"], 1]);
});

test.each([["before", false], ["in the turn in which", true]])(
  "two registrations of one procedure are one, which is given up for both, %s a router accepts the second",
  async (_, accepted) => {
    const { client, router, clock, peer } = await joined();
    const registering = client.register("a.p", () => "one");
    await peer.registered(5);
    const one = await registering;
    peer.connection.terminate();
    await settle();
    const other = client.register("a.p", () => "two").catch((error) => error);
    clock.advance(60_000);
    const next = await router.join(8);
    const register = await next.next(MessageType.REGISTER);
    const answer = () => next.send([MessageType.REGISTERED, register.firstId, 6]);
    if (accepted) answer();
    while (accepted && !one.active) await Promise.resolve();
    const released = one.unregister();
    if (!accepted) answer();
    const unregister = await next.next(MessageType.UNREGISTER);
    next.send([MessageType.UNREGISTERED, unregister.firstId]);
    await released;
    if (accepted) expect(await other).toBe(one);
    else expect(await other).toMatchObject({ code: "closed", message: expect.stringContaining("was given up") });
    expect([unregister.secondId, one.active]).toEqual([6, false]);
    next.connection.terminate();
    await settle();
    clock.advance(60_000);
    const last = await router.join(9);
    await settle();
    expect([client.status, last.unread]).toEqual(["ready", 0]);
  },
);

test("two subscriptions stay two where nobody listens to joins, however soon after a join each is made", async () => {
  for (let turns = 0; turns < 40; turns++) {
    const { client, router, clock, peer } = await joined();
    const made: Promise<unknown>[] = [];
    let before = peer;
    for (const session of [8, 9]) {
      before.connection.terminate();
      await settle();
      clock.advance(60_000);
      before = await router.join(session);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      made.push(client.subscribe("a.t", () => {}));
      await before.subscribed(5);
      await settle();
    }
    const [one, other] = await Promise.all(made);
    expect([turns, one === other]).toEqual([turns, false]);
  }
});

test("after unsubscribe nothing is delivered, whatever the router says and sends", async () => {
  const { client, peer } = await joined();
  const got: unknown[] = [];
  const subscribing = client.subscribe("a.t", (args) => got.push(args[0]));
  await peer.subscribed(3);
  const subscription = await subscribing;
  peer.send([MessageType.EVENT, 3, 20, {}], ["before"]);
  await settle();
  const leaving = subscription.unsubscribe().catch((error) => error);
  peer.send([MessageType.EVENT, 3, 21, {}], ["crossing"]);
  const request = await peer.next(MessageType.UNSUBSCRIBE);
  peer.send([MessageType.EVENT, 3, 22, {}], ["late"]);
  peer.send([MessageType.ERROR, MessageType.UNSUBSCRIBE, request.firstId, {}, "wamp.error.no_such_subscription"]);
  expect(await leaving).toMatchObject({ uri: "wamp.error.no_such_subscription" });
  peer.send([MessageType.EVENT, 3, 23, {}], ["later"]);
  await settle();
  expect([got, subscription.active, client.session?.pending.requests]).toEqual([["before"], false, 0]);
});

test("handlers of the client and of its session share one subscription, each match has its own", async () => {
  const { client, peer } = await joined();
  const got: string[] = [];
  const { session } = client;
  const made = [
    client.subscribe("a.t", () => got.push("client")),
    session!.subscribe("a.t", () => got.push("session")),
    client.subscribe("a.t", () => got.push("prefix"), { match: "prefix" }),
  ];
  await peer.subscribed(3);
  await peer.subscribed(4);
  const [one, other, prefix] = await Promise.all(made);
  expect([one!.id, other!.id, prefix!.id, peer.unread]).toEqual([3, 3, 4, 0]);
  peer.send([MessageType.EVENT, 3, 20, {}]);
  peer.send([MessageType.EVENT, 4, 20, { topic: "a.t" }]);
  await settle();
  expect(got).toEqual(["client", "session", "prefix"]);
  await one!.unsubscribe();
  expect(peer.unread).toBe(0);
  const leaving = other!.unsubscribe();
  const request = await peer.next(MessageType.UNSUBSCRIBE);
  expect(request.secondId).toBe(3);
  peer.send([MessageType.UNSUBSCRIBED, request.firstId]);
  await leaving;
  peer.send([MessageType.EVENT, 3, 21, {}]);
  peer.send([MessageType.EVENT, 4, 21, { topic: "a.t" }]);
  await settle();
  expect(got).toEqual(["client", "session", "prefix", "prefix"]);
});

test("a loop over events that is left while an event is under way gets no more", async () => {
  const { client, peer } = await joined();
  const events = client.events("a.t");
  await peer.subscribed(3);
  await events.ready;
  const reading = events.next();
  peer.send([MessageType.EVENT, 3, 20, {}], [1]);
  peer.send([MessageType.EVENT, 3, 21, {}], [2]);
  expect((await reading).value.args).toEqual([1]);
  const leaving = events.return();
  const request = await peer.next(MessageType.UNSUBSCRIBE);
  peer.send([MessageType.EVENT, 3, 22, {}], [3]);
  peer.send([MessageType.UNSUBSCRIBED, request.firstId]);
  await leaving;
  expect([await events.next(), events.buffered]).toEqual([{ value: undefined, done: true }, 0]);
});

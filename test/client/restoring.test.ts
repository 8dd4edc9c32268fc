import { afterEach, expect, test, vi } from "vitest";
import { RemoteError } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined, scripted } from "../support/scripted_client.ts";
import type { ScriptedClient } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";
import type { ScriptedPeer } from "../support/scripted_router.ts";

afterEach(() => vi.unstubAllGlobals());

async function reconnect(on: ScriptedClient, session: number): Promise<ScriptedPeer> {
  on.peer.connection.terminate();
  await settle();
  on.clock.advance(60_000);
  return await on.router.join(session);
}

async function refuse(peer: ScriptedPeer, type: number, uri: string): Promise<void> {
  const request = await peer.next(type);
  peer.send([MessageType.ERROR, type, request.firstId, {}, uri]);
  await settle();
}

test("what is tried again reaches nobody who did not ask, and an error listener once it lasts", async () => {
  const uncaught: unknown[] = [];
  vi.stubGlobal("reportError", (error: unknown) => uncaught.push(error));
  const on = await joined();
  const registering = on.client.register("a.p", () => 1);
  await on.peer.registered(5);
  await registering;
  const reported: unknown[] = [];
  const next = await reconnect(on, 8);
  for (let attempt = 0; attempt < 8; attempt++) {
    if (attempt === 2) on.client.on("error", (error, context) => reported.push([(error as RemoteError).uri, context]));
    expect(reported).toHaveLength(attempt > 5 ? 1 : 0);
    await refuse(next, MessageType.REGISTER, "wamp.error.procedure_already_exists");
    on.clock.advance(10_000);
  }
  expect(reported).toEqual([
    ["wamp.error.procedure_already_exists", { during: "restore", uri: "a.p", retried: true }],
  ]);
  expect(uncaught).toEqual([]);
  await next.registered(6);
});

for (const kind of ["register", "subscribe"] as const) {
  const type = kind === "register" ? MessageType.REGISTER : MessageType.SUBSCRIBE;
  const answer = (peer: ScriptedPeer) => kind === "register" ? peer.registered(9) : peer.subscribed(9);

  test(`${kind} of what could not be restored asks the router again`, async () => {
    const on = await joined();
    const reported: unknown[] = [];
    on.client.on("error", (error) => reported.push(error));
    // In a join listener, where a later run takes over what the one before made.
    let made: Promise<unknown> | undefined;
    const make = () => made = on.client[kind]("a.b", () => 1);
    on.client.on("join", () => void make());
    const one = await reconnect(on, 8);
    await answer(one);
    await made;
    const two = await reconnect({ ...on, peer: one }, 9);
    await refuse(two, type, "wamp.error.not_authorized");
    const outcome = made?.catch((error) => error);
    expect(await outcome).toMatchObject({ uri: "wamp.error.not_authorized" });
    expect(reported).toHaveLength(1);
    if (kind === "subscribe") return;
    const refused = make()?.catch((error) => error);
    await refuse(two, type, "wamp.error.not_authorized");
    expect(await refused).toBeInstanceOf(RemoteError);
    const again = make();
    await answer(two);
    await again;
    expect(two.unread).toBe(0);
  });
}

test("one that waits for its next try is not sent twice when it is registered again", async () => {
  const on = await joined();
  const registering = on.client.register("a.p", () => "one");
  await on.peer.registered(5);
  await registering;
  const next = await reconnect(on, 8);
  await refuse(next, MessageType.REGISTER, "wamp.error.procedure_already_exists");
  const again = on.client.register("a.p", () => "two");
  await settle();
  expect(next.unread).toBe(0);
  on.clock.advance(10_000);
  await next.registered(6);
  expect((await again).active).toBe(true);
  next.send([MessageType.INVOCATION, 1, 6, {}]);
  expect((await next.next(MessageType.YIELD)).payload.args).toEqual(["two"]);
});

test("a join listener that is overtaken by that of the next session does not end its run", async () => {
  const { client, router, clock } = scripted();
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const heard: number[] = [];
  let run = 0;
  client.on("join", async () => {
    const mine = run++;
    const before = client.subscribe("a.t", () => heard.push(mine));
    await gates[mine]?.promise;
    await before;
    await client.subscribe("a.u", () => heard.push(mine));
  });
  void client.open({ retry: true });
  const one = await router.join(7);
  await one.subscribed(3);
  await settle();
  const two = await reconnect({ client, router, clock, peer: one }, 8);
  await two.subscribed(3);
  await settle();
  // The first listener ends while the second still runs.
  gates[0]?.resolve();
  await two.subscribed(4);
  await settle();
  gates[1]?.resolve();
  await settle();
  gates[2]?.resolve();
  const three = await reconnect({ client, router, clock, peer: two }, 9);
  await three.subscribed(3);
  await three.subscribed(4);
  await settle();
  expect(three.unread).toBe(0);
  three.send([MessageType.EVENT, 3, 20, {}]);
  await settle();
  expect(heard).toEqual([2]);
  const last = await reconnect({ client, router, clock, peer: three }, 10);
  await last.subscribed(3);
  await last.subscribed(4);
  await settle();
  last.send([MessageType.EVENT, 4, 21, {}]);
  await settle();
  expect(heard).toEqual([2, 3]);
});

for (
  const [what, made, revocation] of [
    ["registration", MessageType.REGISTERED, MessageType.UNREGISTERED],
    ["subscription", MessageType.SUBSCRIBED, MessageType.UNSUBSCRIBED],
  ] as const
) {
  test(`a ${what} that is revoked in the same turn as it was made is refused, not restored`, async () => {
    const on = await joined();
    const { client, peer } = on;
    const making = what === "registration"
      ? client.register("a.b", () => 1).catch((error) => error)
      : client.subscribe("a.b", () => 1).catch((error) => error);
    const request = await peer.next(what === "registration" ? MessageType.REGISTER : MessageType.SUBSCRIBE);
    peer.send([made, request.firstId, 5]);
    peer.send([revocation, 0, { [what]: 5, reason: "com.example.why" }]);
    const error = await making;
    expect(error).toMatchObject({ code: "revoked", message: expect.stringContaining("com.example.why") });
    const next = await reconnect(on, 8);
    await settle();
    expect([client.status, next.unread]).toEqual(["ready", 0]);
  });
}

test("what is made on a session says that it was revoked even to who listens late", async () => {
  const { client, peer } = await joined();
  const making = client.session?.register("a.b", () => 1);
  const request = await peer.next(MessageType.REGISTER);
  peer.send([MessageType.REGISTERED, request.firstId, 5]);
  peer.send([MessageType.UNREGISTERED, 0, { registration: 5, reason: "com.example.why" }]);
  const registration = await making;
  const reasons: string[] = [];
  await settle();
  if (registration !== undefined) registration.onRevoked = (reason) => reasons.push(reason);
  expect([registration?.active, reasons]).toEqual([false, ["com.example.why"]]);
});

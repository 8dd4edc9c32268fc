import { afterEach, describe, expect, test, vi } from "vitest";
import { anonymous, RemoteError } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined, reconnect, refuse, scripted } from "../support/scripted_client.ts";
import type { ScriptedClient } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";
import type { ScriptedPeer } from "../support/scripted_router.ts";

afterEach(() => vi.unstubAllGlobals());

describe("restoring", () => {
  test("subscriptions come first, then registrations, each with its options, before ready", async () => {
    const on = await joined();
    const { client, peer } = on;
    const made = [
      client.register("a.p", () => "p", { match: "prefix", invoke: "roundrobin", concurrency: 3, _x: 1 }),
      client.subscribe("a.t", () => {}, { match: "wildcard", get_retained: true }),
    ];
    await peer.registered(5);
    await peer.subscribed(6);
    await Promise.all(made);
    const next = await reconnect(on, 8);
    const ready = Promise.withResolvers<void>();
    client.on("ready", () => ready.resolve());
    const subscribe = await next.next(MessageType.SUBSCRIBE);
    expect([subscribe.uri, subscribe.options]).toEqual(["a.t", { match: "wildcard", get_retained: true }]);
    const register = await next.next(MessageType.REGISTER);
    expect([register.uri, register.options]).toEqual(["a.p", {
      match: "prefix",
      invoke: "roundrobin",
      concurrency: 3,
      _x: 1,
    }]);
    expect(client.status).toBe("joined");
    next.send([MessageType.SUBSCRIBED, subscribe.firstId, 60]);
    next.send([MessageType.REGISTERED, register.firstId, 50]);
    await ready.promise;
    expect(client.status).toBe("ready");
    // Handles go on with the new ids.
    const [registration] = await Promise.all(made);
    expect(registration?.id).toBe(50);
    next.send([MessageType.INVOCATION, 1, 50, {}]);
    expect((await next.next(MessageType.YIELD)).payload.args).toEqual(["p"]);
  });

  test("what was made before the first join resolves at it; what is refused then is not tried again", async () => {
    const { client, router, clock } = scripted();
    const good = client.register("a.good", () => 1);
    const bad = client.register("a.bad", () => 1);
    const outcome = bad.catch((error) => error);
    const topic = client.subscribe("a.t", () => {});
    const opened = client.open();
    const peer = await router.join(7);
    await peer.subscribed(3);
    await peer.registered(4);
    const request = await peer.next(MessageType.REGISTER);
    peer.send([MessageType.ERROR, MessageType.REGISTER, request.firstId, {}, "wamp.error.not_authorized"]);
    await Promise.all([good, topic, opened]);
    expect(await outcome).toBeInstanceOf(RemoteError);
    const next = await reconnect({ client, router, clock, peer }, 8);
    await next.subscribed(5);
    expect((await next.registered(6)).uri).toBe("a.good");
    await settle();
    expect([client.status, next.unread]).toEqual(["ready", 0]);
  });

  test("one that was under way when the session was lost resolves at the next", async () => {
    const on = await joined();
    const registering = on.client.register("a.p", () => 1);
    await on.peer.next(MessageType.REGISTER);
    const next = await reconnect(on, 8);
    await next.registered(5);
    expect((await registering).active).toBe(true);
  });

  test("procedure_already_exists is retried until the router has noticed that the session before is gone", async () => {
    const on = await joined();
    const reported: unknown[] = [];
    on.client.on("error", (error) => reported.push(error));
    const registering = on.client.register("a.p", () => 1);
    await on.peer.registered(5);
    const registration = await registering;
    const next = await reconnect(on, 8);
    for (let attempt = 0; attempt < 3; attempt++) {
      const request = await next.next(MessageType.REGISTER);
      next.send([MessageType.ERROR, MessageType.REGISTER, request.firstId, {}, "wamp.error.procedure_already_exists"]);
      await settle();
      expect([registration.active, on.client.status]).toEqual([false, "ready"]);
      expect(on.clock.next).toBe(200 * 2 ** attempt);
      on.clock.advance(200 * 2 ** attempt);
    }
    await next.registered(6);
    await settle();
    expect([registration.active, registration.id]).toEqual([true, 6]);
    expect(reported).toEqual([]);
    expect(on.clock.pending).toBe(0);
  });

  test("what the authorizer of the router failed to decide is asked again until it does", async () => {
    const on = await joined();
    const reported: unknown[] = [];
    on.client.on("error", (error) => reported.push(error));
    const made = [on.client.register("a.p", () => 1), on.client.subscribe("a.t", () => {})];
    await on.peer.registered(5);
    await on.peer.subscribed(6);
    const handles = await Promise.all(made);
    const next = await reconnect(on, 8);
    for (let attempt = 0; attempt < 3; attempt++) {
      await refuse(next, MessageType.SUBSCRIBE, "wamp.error.authorization_failed");
      await refuse(next, MessageType.REGISTER, "wamp.error.authorization_failed");
      expect(handles.map(({ active }) => active)).toEqual([false, false]);
      expect(on.clock.next).toBe(200 * 2 ** attempt);
      on.clock.advance(200 * 2 ** attempt);
    }
    await next.subscribed(8);
    await next.registered(7);
    await settle();
    expect(handles.map(({ id }) => id)).toEqual([7, 8]);
    expect([reported, on.clock.pending]).toEqual([[], 0]);
  });

  test("what was asked for is asked for again, whatever becomes of the object that said it", async () => {
    const on = await joined();
    const options: { match?: "prefix" | "wildcard" } = { match: "prefix" };
    const made = [on.client.register("a.p", () => 1, options), on.client.subscribe("a.t", () => {}, options)];
    options.match = "wildcard";
    await on.peer.registered(5);
    await on.peer.subscribed(6);
    await Promise.all(made);
    Object.assign(options, { bogus: () => {} });
    const next = await reconnect(on, 8);
    expect((await next.subscribed(6)).options).toEqual({ match: "prefix" });
    expect((await next.registered(5)).options).toEqual({ match: "prefix" });
  });

  test("closing ends the wait for the next try", async () => {
    const on = await joined();
    on.client.on("error", () => {});
    const registering = on.client.register("a.p", () => 1);
    await on.peer.registered(5);
    const registration = await registering;
    const next = await reconnect(on, 8);
    const request = await next.next(MessageType.REGISTER);
    next.send([MessageType.ERROR, MessageType.REGISTER, request.firstId, {}, "wamp.error.procedure_already_exists"]);
    await settle();
    expect(on.clock.pending).toBe(1);
    await registration.unregister();
    const closing = on.client.close();
    await next.goodbye();
    await closing;
    expect(on.clock.pending).toBe(0);
  });

  test.each(["procedure_already_exists", "authorization_failed"])(
    "a first registration is refused at once by %s",
    async (name) => {
      const { client, peer, clock } = await joined();
      const outcome = client.register("a.p", () => 1).catch((error) => error);
      await refuse(peer, MessageType.REGISTER, `wamp.error.${name}`);
      expect(await outcome).toMatchObject({ uri: `wamp.error.${name}` });
      expect(clock.pending).toBe(0);
    },
  );

  test("unregister while REGISTER is under way is honoured", async () => {
    const on = await joined();
    const registering = on.client.register("a.p", () => 1);
    await on.peer.registered(5);
    const registration = await registering;
    const next = await reconnect(on, 8);
    const request = await next.next(MessageType.REGISTER);
    const leaving = registration.unregister();
    next.send([MessageType.REGISTERED, request.firstId, 6]);
    const release = await next.next(MessageType.UNREGISTER);
    expect(release.secondId).toBe(6);
    next.send([MessageType.UNREGISTERED, release.firstId]);
    await leaving;
    const last = await reconnect({ ...on, peer: next }, 9);
    await settle();
    expect([on.client.status, last.unread]).toEqual(["ready", 0]);
  });

  test("unsubscribed while there is no session, it stays so", async () => {
    const on = await joined();
    const subscribing = on.client.subscribe("a.t", () => {});
    await on.peer.subscribed(5);
    const subscription = await subscribing;
    on.peer.connection.terminate();
    await settle();
    expect(subscription.active).toBe(false);
    await subscription.unsubscribe();
    on.clock.advance(60_000);
    const next = await on.router.join(8);
    await settle();
    expect(next.unread).toBe(0);
  });
});

describe("registering what this client holds", () => {
  test("replaces the handler, and sends nothing", async () => {
    const { client, peer } = await joined();
    const one = client.register("a.p", () => "one");
    await peer.registered(5);
    expect(await client.register("a.p", () => "two")).toBe(await one);
    peer.send([MessageType.INVOCATION, 1, 5, {}]);
    expect((await peer.next(MessageType.YIELD)).payload.args).toEqual(["two"]);
  });

  test("with other options ends the old one first", async () => {
    const { client, peer } = await joined();
    const one = client.register("a.p", () => "one");
    await peer.registered(5);
    const old = await one;
    const other = client.register("a.p", () => "two", { invoke: "roundrobin" });
    const release = await peer.next(MessageType.UNREGISTER);
    await settle();
    expect(peer.unread).toBe(0);
    peer.send([MessageType.UNREGISTERED, release.firstId]);
    expect((await peer.registered(6)).options).toEqual({ invoke: "roundrobin" });
    expect([(await other).id, old.active]).toEqual([6, false]);
  });

  test("in a join listener, over three reconnects: one handler, one registration, one subscription", async () => {
    const { client, router, clock } = scripted();
    const served: number[] = [];
    const heard: number[] = [];
    let run = 0;
    client.on("join", async () => {
      const mine = ++run;
      await client.register("a.p", () => served.push(mine));
      await client.subscribe("a.t", () => heard.push(mine));
      await client.subscribe("a.t", () => heard.push(-mine));
      await client.call("a.hello");
    });
    const opened = client.open();
    let peer = await router.join(7);
    const answer = async () => {
      const call = await peer.next(MessageType.CALL);
      peer.send([MessageType.RESULT, call.firstId, {}]);
      await settle();
      peer.send([MessageType.INVOCATION, 1, 5, {}]);
      await peer.next(MessageType.YIELD);
      peer.send([MessageType.EVENT, 6, 20, {}]);
      await settle();
      expect(peer.unread).toBe(0);
    };
    await peer.registered(5);
    await peer.subscribed(6);
    await answer();
    await opened;
    for (let session = 8; session < 11; session++) {
      peer = await reconnect({ client, router, clock, peer }, session);
      await peer.subscribed(6);
      await peer.registered(5);
      await answer();
    }
    expect(served).toEqual([1, 2, 3, 4]);
    expect(heard).toEqual([1, -1, 2, -2, 3, -3, 4, -4]);
  });
});

test("what a join listener makes on the session dies with it", async () => {
  const { client, router, clock } = scripted();
  client.on("join", (session) => session.id === 7 ? session.register("a.p", () => 1) : undefined);
  const opened = client.open();
  const peer = await router.join(7);
  await peer.registered(5);
  await opened;
  const next = await reconnect({ client, router, clock, peer }, 8);
  await settle();
  expect([client.status, next.unread]).toEqual(["ready", 0]);
});

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

describe("what the router breaks a session off for", () => {
  async function abort(peer: ScriptedPeer, uri = "wamp.error.protocol_violation"): Promise<void> {
    peer.send([MessageType.ABORT, { message: "no such option" }, uri]);
    await settle();
  }

  async function rejoin({ router, clock }: ScriptedClient, session: number): Promise<ScriptedPeer> {
    clock.advance(60_000);
    return await router.join(session);
  }

  test.each(["register", "subscribe"] as const)("%s is asked for once more, then it rejects", async (method) => {
    const on = await joined();
    const made = on.client.register("a.kept", () => 1);
    await on.peer.registered(4);
    await made;
    const type = method === "register" ? MessageType.REGISTER : MessageType.SUBSCRIBE;
    const outcome = on.client[method]("a.p", () => 1, { _odd: true }).catch((error: unknown) => error);
    await on.peer.next(type);
    await abort(on.peer);
    const next = await rejoin(on, 8);
    const order = method === "register" ? [MessageType.REGISTER, type] : [type, MessageType.REGISTER];
    for (const one of order) {
      const head = await next.next(one);
      if (head.uri === "a.kept") next.send([MessageType.REGISTERED, head.firstId, 5]);
    }
    await abort(next);
    expect(await outcome).toMatchObject({ code: "refused", message: expect.stringMatching(/"a\.p".*no such option/) });
    const last = await rejoin(on, 9);
    expect((await last.registered(6)).uri).toBe("a.kept");
    await settle();
    expect([on.client.status, last.unread, (await made).active]).toEqual(["ready", 0, true]);
  });

  test("one that was only under way with it is brought to the next session", async () => {
    const on = await joined();
    const lost = on.client.call("a.odd").catch((error: unknown) => error);
    const made = on.client.register("a.p", () => 1);
    await on.peer.next(MessageType.CALL);
    await on.peer.next(MessageType.REGISTER);
    await abort(on.peer);
    const next = await rejoin(on, 8);
    await next.registered(5);
    expect((await made).active).toBe(true);
    expect(await lost).toMatchObject({ code: "connection_lost" });
  });

  test.each([["with", true], ["without", false]])(
    "only the first that has no answer is given up, not what waits behind it, %s a turn between answer and ABORT",
    async (_, turn) => {
      const on = await joined();
      const outcomes: Record<string, unknown> = {};
      for (const uri of ["a.before", "a.bad", "a.behind", "a.last"]) {
        on.client.register(uri, () => 1, uri === "a.bad" ? { _odd: true } : {}).then(
          () => outcomes[uri] = "registered",
          (error) => outcomes[uri] = error.code,
        );
      }
      let { peer } = on;
      for (const session of [8, 9]) {
        expect((await peer.registered(5)).uri).toBe("a.before");
        if (turn) await settle();
        await abort(peer);
        peer = await rejoin(on, session);
      }
      expect(outcomes).toEqual({ ...(turn ? { "a.before": "registered" } : {}), "a.bad": "refused" });
      for (const uri of ["a.before", "a.behind", "a.last"]) expect((await peer.registered(6)).uri).toBe(uri);
      await settle();
      expect([on.client.status, peer.unread]).toEqual(["ready", 0]);
      expect(outcomes).toMatchObject({ "a.before": "registered", "a.behind": "registered", "a.last": "registered" });
    },
  );

  test("a subscription that was answered just before is not what a registration behind it is", async () => {
    const on = await joined();
    const listening = on.client.subscribe("a.t", () => {});
    const outcome = on.client.register("a.bad", () => 1, { _odd: true }).catch((error) => error);
    let { peer } = on;
    for (const session of [8, 9]) {
      await peer.subscribed(5);
      await abort(peer);
      peer = await rejoin(on, session);
    }
    expect(await outcome).toMatchObject({ code: "refused" });
    await peer.subscribed(5);
    expect((await listening).active).toBe(true);
  });

  test("what was accepted before may be the reason, too: what waits behind it is kept", async () => {
    const on = await joined();
    const made = on.client.register("a.kept", () => 1);
    await on.peer.registered(4);
    const kept = await made;
    let peer = await reconnect(on, 8);
    const behind = on.client.register("a.behind", () => 1);
    for (const session of [9, 10]) {
      await settle();
      await abort(peer);
      peer = await rejoin(on, session);
    }
    await peer.registered(5);
    await peer.registered(6);
    expect([(await behind).active, kept.active]).toEqual([true, true]);
  });

  test("only two such sessions in a row are enough", async () => {
    const on = await joined();
    let outcome: unknown;
    on.client.register("a.p", () => 1).catch((error) => outcome = error.code);
    let { peer } = on;
    const seen: unknown[] = [];
    for (const violated of [true, false, true, true]) {
      await peer.next(MessageType.REGISTER);
      await abort(peer, violated ? undefined : "wamp.close.killed");
      seen.push(outcome);
      peer = await rejoin(on, 8);
    }
    expect(seen).toEqual([undefined, undefined, undefined, "refused"]);
  });

  test("five sessions in a row that a violation ends at once are enough, whoever asks for the credentials", async () => {
    const uncaught: unknown[] = [];
    vi.stubGlobal("reportError", (error: unknown) => uncaught.push(error));
    const on = await joined({ auth: () => anonymous() });
    let { peer } = on;
    for (let session = 8; session < 12; session++) {
      await abort(peer);
      peer = await rejoin(on, session);
      await settle();
    }
    expect([on.client.status, uncaught]).toEqual(["ready", []]);
    await abort(peer);
    expect([on.client.status, on.clock.pending]).toEqual(["closed", 0]);
    expect(uncaught).toMatchObject([{ code: "connection_lost", reason: "wamp.error.protocol_violation" }]);
    expect(await on.client.closed).toBe(uncaught[0]);
  });

  test("sessions that last, or end for another reason, are no such row", async () => {
    const on = await joined();
    let { peer } = on;
    for (let session = 8; session < 20; session++) {
      if (session % 2 === 0) on.clock.advance(60_000);
      await abort(peer, session % 2 === 0 ? undefined : "wamp.close.killed");
      peer = await rejoin(on, session);
      await settle();
    }
    expect(on.client.status).toBe("ready");
  });
});

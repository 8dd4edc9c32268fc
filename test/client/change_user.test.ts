import { describe, expect, test } from "vitest";
import { ticket, WampError } from "@izaber/wamp";
import type { Client } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined, scripted } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";
import type { ScriptedPeer, ScriptedRouter } from "../support/scripted_router.ts";

/** Takes HELLO and a ticket, and lets whoever shows it in or not. */
async function login(router: ScriptedRouter, session: number): Promise<{ peer: ScriptedPeer; secret: string }> {
  const peer = await router.accept();
  const hello = await peer.next(MessageType.HELLO);
  peer.send([MessageType.CHALLENGE, "ticket", {}]);
  const secret = (await peer.next(MessageType.AUTHENTICATE)).uri;
  if (session === 0) peer.send([MessageType.ABORT, { message: "no" }, "wamp.error.not_authorized"]);
  else peer.send([MessageType.WELCOME, session, { authid: hello.options.authid as string }]);
  return { peer, secret };
}

async function closed(client: Client, ...peers: ScriptedPeer[]): Promise<void> {
  const closing = client.close();
  await Promise.all(peers.map((peer) => peer.goodbye()));
  await closing;
}

describe("changeUser()", () => {
  test("moves what was made on the client over, and lets what runs finish", async () => {
    const { client, router, clock, peer } = await joined();
    const registering = client.register("a.p", () => 1);
    await peer.registered(5);
    const registration = await registering;
    const subscribing = client.subscribe("a.t", () => {});
    await peer.subscribed(6);
    await subscribing;
    const running = client.call("a.slow");
    const slow = await peer.next(MessageType.CALL);

    const changed = client.changeUser(ticket("ann", "secret"));
    const { peer: next } = await login(router, 8);
    for (
      const [type, answer] of [
        [MessageType.UNREGISTER, MessageType.UNREGISTERED],
        [MessageType.UNSUBSCRIBE, MessageType.UNSUBSCRIBED],
      ] as const
    ) peer.send([answer, (await peer.next(type)).firstId]);
    await next.subscribed(16);
    await next.registered(15);
    await changed;
    expect([client.details?.authid, client.session?.id, registration.id]).toEqual(["ann", 8, 15]);
    peer.send([MessageType.RESULT, slow.firstId, {}], ["done"]);
    expect(await running).toBe("done");
    await peer.goodbye();
    await peer.closed;
    expect([client.status, router.dialled]).toEqual(["ready", 2]);
    await closed(client, next);
    expect(clock.pending).toBe(0);
  });

  test("one that fails leaves the session and the credentials in place", async () => {
    const { client, router, clock, peer } = await joined();
    const before = client.session;
    const changed = client.changeUser(ticket("ann", "wrong")).catch((error) => error);
    await login(router, 0);
    expect(await changed).toMatchObject({ code: "authentication_failed" });
    router.failures.push(new WampError("connection_refused", "down"));
    await expect(client.changeUser(ticket("ann", "secret"))).rejects.toMatchObject({ code: "connection_refused" });
    expect([client.session === before, client.status, clock.pending]).toEqual([true, "ready", 0]);
    peer.connection.terminate();
    await settle();
    clock.advance(60_000);
    expect((await router.join(9)).log).toEqual(["HELLO"]);
    await settle();
    expect(client.session?.id).toBe(9);
  });

  test.each([[], [undefined], [null], ["ann"], [[ticket("ann", "secret"), undefined]], [[]]])(
    "what is no credentials (%j) is refused at once, and the user stays",
    async (...given) => {
      const { client, router } = await joined();
      const before = client.session;
      await expect(client.changeUser(...given as [never])).rejects.toMatchObject({
        code: "invalid_argument",
        message: expect.stringMatching(/auth is (of type .*|an empty list,.*)ticket\("name", "secret"\)/),
      });
      expect([client.session === before, client.status, router.dialled]).toEqual([true, "ready", 1]);
    },
  );

  test("later sessions have the credentials that were changed to", async () => {
    const { client, router, clock, peer } = await joined();
    const changed = client.changeUser(ticket("ann", "secret"));
    const { peer: next } = await login(router, 8);
    await peer.goodbye();
    await changed;
    next.connection.terminate();
    await settle();
    clock.advance(60_000);
    expect((await login(router, 9)).secret).toBe("secret");
    await settle();
    expect([client.session?.id, client.details?.authid]).toEqual([9, "ann"]);
  });

  test("a client without a session opens as the new user", async () => {
    const { client, router } = scripted();
    const changed = client.changeUser(ticket("ann", "wrong")).catch((error) => error);
    await login(router, 0);
    expect(await changed).toMatchObject({ code: "authentication_failed" });
    expect(client.status).toBe("left");
    const again = client.changeUser(ticket("ann", "secret"));
    const { peer } = await login(router, 8);
    await again;
    expect(client.details?.authid).toBe("ann");
    await closed(client, peer);
    await expect(client.changeUser(ticket("ann", "secret"))).rejects.toMatchObject({ code: "closed" });
  });

  test("while a session is lost, the change and not the old user's next attempt decides", async () => {
    const { client, router, clock, peer } = await joined();
    peer.connection.terminate();
    await settle();
    expect(client.status).toBe("waiting");
    const changed = client.changeUser(ticket("ann", "secret"));
    await login(router, 8);
    await changed;
    clock.advance(600_000);
    await settle();
    expect([client.details?.authid, client.status, router.dialled]).toEqual(["ann", "ready", 2]);
  });

  test("a client that would stop as its session is lost waits for what the change brings", async () => {
    for (const works of [true, false]) {
      const { client, router, clock, peer } = await joined({ reconnect: false });
      const statuses: unknown[] = [];
      client.on("status", (status) => statuses.push(status));
      const registering = client.register("a.p", () => 1);
      await peer.registered(5);
      const registration = await registering;
      const secret = Promise.withResolvers<string>();
      const changed = client.changeUser(ticket("ann", () => secret.promise)).catch((error) => error);
      peer.connection.terminate();
      await settle();
      expect([client.status, router.dialled]).toEqual(["waiting", 2]);
      secret.resolve("secret");
      const { peer: next } = await login(router, works ? 8 : 0);
      if (works) {
        await next.registered(15);
        await changed;
        expect([client.status, client.session?.id, registration.active]).toEqual(["ready", 8, true]);
        await closed(client, next);
        expect(statuses).toEqual(["waiting", "joined", "ready", "closed"]);
      } else {
        expect(await changed).toMatchObject({ code: "authentication_failed" });
        expect(await client.closed).toMatchObject({ code: "connection_lost" });
        expect(statuses).toEqual(["waiting", "closed"]);
      }
      await next.closed;
      expect(clock.pending).toBe(0);
    }
  });

  test("credentials that are denied once too often end nothing while others are tried", async () => {
    const { client, router, clock } = scripted({ auth: ticket("ann", "old") });
    const reported: unknown[] = [];
    client.on("error", (error) => reported.push(error));
    const opened = client.open({ retry: true });
    const { peer } = await login(router, 7);
    await opened;
    peer.connection.terminate();
    for (let denied = 0; denied < 4; denied++) {
      await settle();
      clock.advance(30_000);
      await login(router, 0);
    }
    await settle();
    const secret = Promise.withResolvers<string>();
    const changed = client.changeUser(ticket("ann", () => secret.promise));
    const changing = await router.accept();
    await changing.next(MessageType.HELLO);
    clock.advance(5_000);
    await login(router, 0);
    await settle();
    expect([client.status, reported.length]).toEqual(["connecting", 4]);
    changing.send([MessageType.CHALLENGE, "ticket", {}]);
    secret.resolve("new");
    expect((await changing.next(MessageType.AUTHENTICATE)).uri).toBe("new");
    changing.send([MessageType.WELCOME, 8, {}]);
    await changed;
    expect([client.status, client.session?.id, reported.length]).toEqual(["ready", 8, 4]);
    await closed(client, changing);
    expect(clock.pending).toBe(0);
  });

  test("close() while the end waits for a change ends both", async () => {
    const { client, router, clock, peer } = await joined({ reconnect: false });
    const changed = client.changeUser(ticket("ann", "secret")).catch((error) => error);
    const next = await router.accept();
    await next.next(MessageType.HELLO);
    peer.connection.terminate();
    await settle();
    await client.close();
    expect(await changed).toMatchObject({ code: "closed" });
    await next.closed;
    expect([await client.closed, clock.pending]).toEqual([undefined, 0]);
  });

  test("leave() during a change holds, however far that has come", async () => {
    for (let turns = 0; turns < 60; turns++) {
      const { client, router, clock, peer } = await joined();
      const changed = client.changeUser(ticket("ann", "secret")).catch(() => {});
      const { peer: next } = await login(router, 8);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      const leaving = client.leave();
      clock.advance(60_000);
      await Promise.all([leaving, changed]);
      await settle();
      expect([turns, client.status, router.dialled]).toEqual([turns, "left", 2]);
      await client.close();
      await Promise.all([peer.closed, next.closed]);
    }
  });

  test("one that leave() ends leaves the credentials in place, however far it has come", async () => {
    for (const status of ["joined", "ready"]) {
      for (let turns = 0; turns < 20; turns++) {
        const { client, router, clock } = scripted({ auth: ticket("ann", "old") });
        const opened = client.open();
        await login(router, 7);
        await opened;
        const changed = client.changeUser(ticket("ann", "new")).then(() => "new", () => "old");
        const left = Promise.withResolvers<void>();
        const forget = client.on("status", async (now) => {
          if (now !== status) return;
          forget();
          for (let turn = 0; turn < turns; turn++) await Promise.resolve();
          client.leave().then(left.resolve);
        });
        await login(router, 8);
        await settle();
        clock.advance(60_000);
        await left.promise;
        const joining = client.join();
        expect([status, turns, (await login(router, 9)).secret]).toEqual([status, turns, await changed]);
        await joining;
        const closing = client.close();
        clock.advance(60_000);
        await closing;
      }
    }
  });

  test("close() during a change ends both", async () => {
    const { client, router, clock, peer } = await joined();
    const changed = client.changeUser(ticket("ann", "secret")).catch((error) => error);
    const next = await router.accept();
    await next.next(MessageType.HELLO);
    await closed(client, peer);
    expect(await changed).toMatchObject({ code: "closed" });
    await next.closed;
    expect(clock.pending).toBe(0);
  });

  test("close() also ends the session that finishes what runs", async () => {
    const { client, router, clock, peer } = await joined();
    const running = client.call("a.slow").catch((error) => error);
    await peer.next(MessageType.CALL);
    const changed = client.changeUser(ticket("ann", "secret"));
    const { peer: next } = await login(router, 8);
    await changed;
    await closed(client, next, peer);
    expect(await running).toMatchObject({ code: "closed" });
    await Promise.all([peer.closed, next.closed]);
    expect(clock.pending).toBe(0);
  });

  test("drain() lets finish what runs in the session before", async () => {
    const { client, router, clock, peer } = await joined();
    const running = client.call("a.slow");
    const slow = await peer.next(MessageType.CALL);
    const changed = client.changeUser(ticket("ann", "secret"));
    const { peer: next } = await login(router, 8);
    await changed;
    const draining = client.drain();
    await settle();
    expect([client.status, peer.unread, next.unread]).toEqual(["ready", 0, 0]);
    peer.send([MessageType.RESULT, slow.firstId, {}], ["done"]);
    expect(await running).toBe("done");
    await Promise.all([peer.goodbye(), next.goodbye()]);
    await draining;
    expect(clock.pending).toBe(0);
  });

  test("changes come one after another", async () => {
    const { client, router, peer } = await joined();
    const first = client.changeUser(ticket("ann", "1"));
    const second = client.changeUser(ticket("bob", "2"));
    const ann = await login(router, 8);
    await peer.goodbye();
    await first;
    const bob = await login(router, 9);
    await ann.peer.goodbye();
    await second;
    expect([ann.secret, bob.secret, client.details?.authid]).toEqual(["1", "2", "bob"]);
  });
});

describe("spawnConnection()", () => {
  test("has a session of its own, the same settings but for those given, and credentials asked anew", async () => {
    let asked = 0;
    const { client, router } = scripted({ auth: () => ticket("joe", `secret ${++asked}`), prefix: "com.example" });
    const opened = client.open();
    const one = await login(router, 7);
    await opened;
    const spawning = client.spawnConnection({ agent: "another" });
    const two = await login(router, 8);
    const second = await spawning;
    expect([one.secret, two.secret]).toEqual(["secret 1", "secret 2"]);
    expect([client.session?.id, second.session?.id]).toEqual([7, 8]);
    void second.call("p").catch(() => {});
    expect((await two.peer.next(MessageType.CALL)).uri).toBe("com.example.p");
    await closed(second, two.peer);
    expect(client.status).toBe("ready");
    await closed(client, one.peer);
  });

  test("is refused with an option that is none, and when there is no router", async () => {
    const { client, router } = scripted();
    await expect(client.spawnConnection({ reaml: "x" } as never)).rejects.toMatchObject({ code: "invalid_argument" });
    router.failures.push(new WampError("connection_refused", "down"));
    await expect(client.spawnConnection()).rejects.toMatchObject({ code: "connection_refused" });
  });
});

test("what is being registered when the user changes is registered once, in the new session", async () => {
  const { client, router, peer } = await joined();
  const registering = client.register("a.p", () => 1);
  const request = await peer.next(MessageType.REGISTER);
  const changed = client.changeUser(ticket("ann", "secret"));
  const { peer: next } = await login(router, 8);
  await settle();
  expect(next.unread).toBe(0);
  peer.send([MessageType.REGISTERED, request.firstId, 5]);
  const end = await peer.next(MessageType.UNREGISTER);
  peer.send([MessageType.UNREGISTERED, end.firstId]);
  await next.registered(15);
  await changed;
  expect((await registering).id).toBe(15);
  await peer.goodbye();
  await closed(client, next);
});

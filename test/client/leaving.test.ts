import { describe, expect, test } from "vitest";
import { ticket, WampError } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined, scripted } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";

describe("a session that leaves the realm", () => {
  test("keeps the connection when all that it asked has been answered", async () => {
    const { client, peer } = await joined();
    const call = client.call("a.p");
    peer.send([MessageType.RESULT, (await peer.next(MessageType.CALL)).firstId, {}]);
    await call;
    const leaving = client.session?.leaveRealm("com.example.logout");
    expect((await peer.goodbye()).uri).toBe("com.example.logout");
    await leaving;
    await settle();
    expect(peer.connection.closed).toBe(false);
  });

  test.each(["waits", "was given up"])(
    "closes it when a call %s, whose answer the next session could take for its own",
    async (how) => {
      const { client, peer } = await joined();
      const controller = new AbortController();
      const call = client.call("a.p", [], {}, { signal: controller.signal }).catch((error) => error);
      await peer.next(MessageType.CALL);
      if (how === "was given up") {
        controller.abort();
        await peer.next(MessageType.CANCEL);
      }
      const leaving = client.session?.leaveRealm();
      await peer.goodbye();
      await leaving;
      await peer.closed;
      expect(await call).toMatchObject({ code: how === "waits" ? "closed" : "aborted" });
    },
  );

  test.each(["timeout", "aborted"])(
    "closes it when a publication was given up (%s), whose late PUBLISHED the next session could take for its own",
    async (code) => {
      const { client, clock, peer, router } = await joined();
      const controller = new AbortController();
      const options = { acknowledge: true, signal: controller.signal };
      const published = client.publish("a.t", [], {}, options).catch((error) => error);
      await peer.next(MessageType.PUBLISH);
      if (code === "timeout") clock.advance(30_000);
      else controller.abort();
      expect(await published).toMatchObject({ code });
      const leaving = client.leave();
      await peer.goodbye();
      await leaving;
      await peer.closed;
      const joining = client.join();
      await router.join(8);
      await joining;
      expect([client.session?.id, router.dialled]).toEqual([8, 2]);
    },
  );
});

describe("leave() and join()", () => {
  test("join() takes the same connection, and restores what was made on the client", async () => {
    const { client, router, clock, peer } = await joined();
    const heard: unknown[] = [];
    for (const name of ["connect", "join", "ready", "leave", "disconnect"] as const) {
      client.on(name, () => heard.push(name));
    }
    const registering = client.register("a.p", () => 1, { match: "prefix" });
    await peer.registered(5);
    const registration = await registering;
    const leaving = client.leave();
    expect([client.status, client.session]).toEqual(["left", undefined]);
    await peer.goodbye();
    await leaving;
    expect([registration.active, peer.connection.closed]).toEqual([false, false]);
    await expect(client.call("a.b")).rejects.toMatchObject({ code: "not_connected", mayHaveRun: false });
    const subscribing = client.subscribe("a.t", () => {});

    const joining = client.join();
    await peer.welcome(8);
    await peer.subscribed(3);
    expect((await peer.registered(6)).options).toEqual({ match: "prefix" });
    await joining;
    await subscribing;
    expect([client.status, client.session?.id, registration.id, router.dialled]).toEqual(["ready", 8, 6, 1]);
    expect(heard).toEqual(["leave", "join", "ready"]);
    const closing = client.close();
    await peer.goodbye();
    await closing;
    expect([heard.slice(3), clock.pending]).toEqual([["leave", "disconnect"], 0]);
  });

  test("what comes late for the session that has left disturbs nobody", async () => {
    const { client, peer } = await joined();
    const leaving = client.leave();
    await peer.goodbye();
    await leaving;
    peer.send([MessageType.EVENT, 3, 4, {}], ["late"]);
    const joining = client.join();
    await peer.next(MessageType.HELLO);
    peer.send([MessageType.EVENT, 3, 5, {}], ["late"]);
    peer.send([MessageType.WELCOME, 9, {}]);
    await joining;
    expect(client.session?.id).toBe(9);
  });

  test("where the router has closed the connection, or closes it at the next HELLO, there is a new one", async () => {
    for (const when of ["meanwhile", "at HELLO"]) {
      const { client, router, peer } = await joined();
      const leaving = client.leave();
      await peer.goodbye();
      await leaving;
      if (when === "meanwhile") peer.connection.close();
      await settle();
      const joining = client.join();
      if (when === "at HELLO") {
        await peer.next(MessageType.HELLO);
        peer.connection.close();
      }
      await router.join(8);
      await joining;
      expect([client.session?.id, router.dialled], when).toEqual([8, 2]);
    }
  });

  test("where nothing comes on the connection any more there is a new one, long before time is up", async () => {
    const { client, router, clock, peer } = await joined({ connectTimeout: 10_000 });
    const heard: unknown[] = [];
    for (const name of ["connect", "disconnect"] as const) client.on(name, () => heard.push(name));
    const leaving = client.leave();
    await peer.goodbye();
    await leaving;
    const joining = client.join();
    await peer.next(MessageType.HELLO);
    clock.advance(2_499);
    await settle();
    expect(router.dialled).toBe(1);
    clock.advance(1);
    await peer.closed;
    const next = await router.accept();
    await next.next(MessageType.HELLO);
    // However slow the router is, all the time is for the new one.
    clock.advance(9_999);
    next.send([MessageType.WELCOME, 8, {}]);
    await joining;
    expect([client.session?.id, router.dialled, heard, clock.pending]).toEqual([8, 2, ["disconnect", "connect"], 0]);
  });

  test("a router that has answered on the connection has all the time that there is", async () => {
    const { client, router, clock, peer } = await joined({ auth: ticket("ann", "secret"), connectTimeout: 10_000 });
    const leaving = client.leave();
    await peer.goodbye();
    await leaving;
    const joining = client.join();
    await peer.next(MessageType.HELLO);
    peer.send([MessageType.CHALLENGE, "ticket", {}]);
    await peer.next(MessageType.AUTHENTICATE);
    clock.advance(9_999);
    peer.send([MessageType.WELCOME, 8, {}]);
    await joining;
    expect([client.session?.id, router.dialled, clock.pending]).toEqual([8, 1, 0]);
  });

  test("close() while a join() waits on the connection leaves nothing behind", async () => {
    const { client, router, clock, peer } = await joined();
    const leaving = client.leave();
    await peer.goodbye();
    await leaving;
    const joining = client.join().catch((error) => error);
    await peer.next(MessageType.HELLO);
    await client.close();
    expect(await joining).toMatchObject({ code: "closed" });
    await peer.closed;
    await settle();
    expect([router.dialled, clock.pending]).toEqual([1, 0]);
  });

  test("a connection that nobody joins on is closed after a while, and by close()", async () => {
    for (const how of ["a while", "close()"]) {
      const { client, clock, peer } = await joined();
      const leaving = client.leave();
      await peer.goodbye();
      await leaving;
      if (how === "close()") await client.close();
      else clock.advance(30_000);
      await peer.closed;
      expect(clock.pending).toBe(0);
    }
  });

  test("leave() ends the attempts of a client that is on its way, and refuses who waits for it", async () => {
    const { client, router, clock } = scripted({ offline: { ttl: 60_000, max: 10 } });
    router.failures.push(new WampError("connection_refused", "down"));
    const opened = client.open({ retry: true }).catch((error) => error);
    await settle();
    const call = client.call("a.b").catch((error) => error);
    await client.leave();
    expect(await opened).toMatchObject({ code: "not_connected" });
    expect(await call).toMatchObject({ code: "not_connected" });
    clock.advance(60_000);
    await settle();
    expect([client.status, router.dialled, clock.pending]).toEqual(["left", 1, 0]);
  });

  test("a join() that fails can be tried again", async () => {
    const { client, router } = scripted();
    router.failures.push(new WampError("connection_refused", "down"));
    await expect(client.join()).rejects.toMatchObject({ code: "connection_refused" });
    expect(client.status).toBe("left");
    const again = client.join();
    const peer = await router.join(7);
    await again;
    const closing = client.close();
    await peer.goodbye();
    await closing;
    await expect(client.join()).rejects.toMatchObject({ code: "closed" });
  });

  test("a join() before the router has answered GOODBYE waits for that", async () => {
    const { client, router, peer } = await joined();
    void client.leave();
    const joining = client.join();
    expect(client.status).toBe("connecting");
    await settle();
    expect(peer.unread).toBe(1);
    await peer.goodbye();
    await peer.welcome(8);
    await joining;
    expect([client.session?.id, router.dialled]).toEqual([8, 1]);
  });

  test("a leave() while one before it waits for the router waits with it, and the next join() takes the connection", async () => {
    const { client, router, peer } = await joined();
    const first = client.leave();
    const refused = expect(client.join()).rejects.toMatchObject({ code: "not_connected" });
    let left = false;
    const second = client.leave().then(() => left = true);
    const joining = client.join({ retry: true });
    await refused;
    await settle();
    expect([left, router.dialled]).toEqual([false, 1]);
    await peer.goodbye();
    await Promise.all([first, second]);
    await peer.welcome(8);
    await joining;
    expect([client.status, client.session?.id, router.dialled]).toEqual(["ready", 8, 1]);
  });

  test("leaving and joining a thousand times leaves nothing behind", async () => {
    const { client, router, clock, peer } = await joined();
    for (let id = 8; id < 1_008; id++) {
      const leaving = client.leave();
      await peer.goodbye();
      await leaving;
      const joining = client.join();
      await peer.welcome(id);
      await joining;
    }
    expect([router.dialled, clock.pending, client.session?.id]).toEqual([1, 0, 1_007]);
  });
});

test("listeners of `status` are told of each change, in order, and may act on it", async () => {
  const { client, router, clock } = scripted();
  const seen: string[] = [];
  let again: Promise<void> | undefined;
  client.on("status", (status) => {
    seen.push(status);
    if (status === "left") again = client.join();
  });
  router.failures.push(new WampError("connection_refused", "down"));
  const opened = client.open({ retry: true });
  await settle();
  clock.advance(60_000);
  const peer = await router.join(7);
  await opened;
  const leaving = client.leave();
  await peer.goodbye();
  await leaving;
  await peer.welcome(8);
  await again;
  const closing = client.close();
  await peer.goodbye();
  await closing;
  expect(seen).toEqual([
    "connecting",
    "waiting",
    "connecting",
    "joined",
    "ready",
    "left",
    "connecting",
    "joined",
    "ready",
    "closed",
  ]);
});

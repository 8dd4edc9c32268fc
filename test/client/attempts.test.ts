import { describe, expect, test } from "vitest";
import { ConnectError, createClient, ticket, WampError } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { ScriptedRouter, settle } from "../support/scripted_router.ts";
import { joined, scripted } from "../support/scripted_client.ts";

describe("attempts", () => {
  test("connect() gives up after one round over all URLs, and says why of each", async () => {
    const [one, two] = [new ScriptedRouter(), new ScriptedRouter()];
    one.failures.push(new WampError("connection_refused", "one is down"));
    two.failures.push(new WampError("host_unknown", "two is nowhere"));
    const clock = new FakeClock();
    const client = createClient([one, two], { realm: "realm1", clock });
    const error = await client.open().catch((error) => error);
    expect(error).toMatchObject({
      code: "connection_failed",
      message: expect.stringMatching(/one is down.*two is nowhere/),
    });
    expect(error.cause.errors).toHaveLength(2);
    expect([one.dialled, two.dialled, client.status, clock.pending]).toEqual([1, 1, "closed", 0]);
  });

  test("URLs are tried in order, and from the first again when a session that lasted is lost", async () => {
    const [one, two] = [new ScriptedRouter(), new ScriptedRouter()];
    one.failures.push(new WampError("connection_refused", "one is down"));
    const clock = new FakeClock();
    const client = createClient([one, two], { realm: "realm1", clock, liveness: false });
    const opened = client.open();
    const peer = await two.join(7);
    await opened;
    clock.advance(60_000);
    peer.connection.terminate();
    await settle();
    clock.advance(60_000);
    await one.join(8);
    expect([one.dialled, two.dialled]).toEqual([2, 1]);
  });

  test("a router that loses sessions at once gives way to the next", async () => {
    const [one, two] = [new ScriptedRouter(), new ScriptedRouter()];
    const clock = new FakeClock();
    const client = createClient([one, two], { realm: "realm1", clock, liveness: false });
    const opened = client.open({ retry: true });
    for (const [router, id] of [[one, 1], [two, 2], [one, 3]] as const) {
      const peer = await router.join(id);
      await opened;
      peer.connection.terminate();
      await settle();
      clock.advance(30_000);
    }
    await two.join(4);
    expect([one.dialled, two.dialled]).toEqual([2, 2]);
    const closing = client.close();
    clock.advance(10_000);
    await closing;
  });

  test("reconnect.final says which failures end it", async () => {
    const seen: unknown[] = [];
    const final = (error: WampError, failures: number) => {
      seen.push([error.code, (error as ConnectError).reason, failures]);
      return failures === 3;
    };
    const { client, router, clock } = scripted({ reconnect: { final } });
    router.failures.push(new WampError("connection_refused", "down"));
    const opened = client.open({ retry: true });
    await settle();
    clock.advance(30_000);
    const peer = await router.join(7);
    await opened;
    peer.send([MessageType.GOODBYE, {}, "wamp.close.killed"]);
    await settle();
    router.failures.push(new WampError("host_unknown", "nowhere"));
    clock.advance(30_000);
    await settle();
    expect(seen).toEqual([
      ["connection_refused", undefined, 1],
      ["connection_lost", "wamp.close.killed", 2],
      ["host_unknown", undefined, 3],
    ]);
    expect([client.status, clock.pending]).toEqual(["closed", 0]);
    await expect(client.call("a.b")).rejects.toMatchObject({ code: "closed", cause: { code: "host_unknown" } });
  });

  test("what ends a client says after how many attempts in a row, and has what the last one failed with", async () => {
    const final = (_error: WampError, failures: number) => failures === 3;
    const { client, router, clock } = scripted({ reconnect: { final } });
    const reported: unknown[] = [];
    client.on("error", (error) => reported.push(error));
    const opened = client.open({ retry: true });
    const lasting = await router.join(7);
    await opened;
    clock.advance(60_000);
    lasting.connection.terminate(); // a session that lasted is no failure
    await settle();
    const last = new ConnectError("authentication_failed", "denied", { url: "scripted", reason: "com.example.no" });
    router.failures.push(new Error("down"), new WampError("host_unknown", "nowhere"), last);
    for (let n = 0; n < 3; n++) {
      clock.advance(30_000);
      await settle();
    }
    const error = await client.closed as ConnectError;
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({
      code: "authentication_failed",
      message: "denied; given up after 3 attempts",
      url: "scripted",
      reason: "com.example.no",
      attempts: 3,
    });
    expect(error.cause).toBe(last);
    expect(reported.map((error) => (error as ConnectError).attempts)).toEqual([1, undefined, 3]);
    expect(reported[2]).toBe(error);
    await expect(client.call("a.b")).rejects.toMatchObject({
      code: "closed",
      message: expect.stringContaining("given up after 3 attempts"),
      cause: { attempts: 3 },
    });
    expect(clock.pending).toBe(0);
  });

  test("what ends a client that tries once says so, with nothing around it", async () => {
    for (const reconnect of [false, {}] as const) {
      const { client, router } = scripted({ reconnect });
      const failure = new ConnectError("host_unknown", "nowhere", { url: "scripted" });
      router.failures.push(failure);
      await expect(client.open()).rejects.toBe(failure);
      expect([await client.closed, failure.attempts]).toEqual([failure, 1]);
    }
  });

  test("a predicate that throws is reported, and ends nothing", async () => {
    const { client, router, clock } = scripted({
      reconnect: {
        final: () => {
          throw new Error("mistaken");
        },
      },
    });
    const reported: unknown[] = [];
    client.on("error", (error) => reported.push((error as Error).message));
    router.failures.push(new WampError("connection_refused", "down"));
    const opened = client.open({ retry: true });
    await settle();
    clock.advance(30_000);
    await router.join(7);
    await opened;
    expect(reported).toEqual(["mistaken", "down"]);
  });

  test("reconnect() cuts the wait for the next attempt short", async () => {
    const { client, router, clock } = scripted();
    client.reconnect();
    router.failures.push(new WampError("connection_refused", "down"));
    const opened = client.open({ retry: true });
    await settle();
    expect([client.status, router.dialled]).toEqual(["waiting", 1]);
    client.reconnect();
    await router.join(7);
    await opened;
    client.reconnect();
    expect([client.status, router.dialled, clock.pending]).toEqual(["ready", 2, 0]);
  });

  test("open({ retry }) goes on with growing waits up to the ceiling, which a session resets", async () => {
    const { client, router, clock } = scripted({ reconnect: { initialDelay: 100, factor: 2, maxDelay: 1_000 } });
    const reported: unknown[] = [];
    client.on("error", (_error, context) => reported.push(context.during));
    for (let n = 0; n < 6; n++) router.failures.push(new WampError("connection_refused", "down"));
    const opened = client.open({ retry: true });
    const waits: unknown[] = [];
    for (let n = 0; n < 6; n++) {
      await settle();
      waits.push(clock.next);
      clock.advance(clock.next ?? 0);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(reported).toEqual(Array(6).fill("connect"));
    const peer = await router.join(7);
    await opened;
    clock.advance(2_000);
    peer.connection.terminate();
    await settle();
    expect(clock.next).toBe(100);
  });

  test("sessions that are lost as soon as they are had do not make a storm", async () => {
    const { client, router, clock } = scripted({ reconnect: { initialDelay: 100, factor: 2, maxDelay: 1_000 } });
    client.open({ retry: true }).catch(() => {});
    const waits: unknown[] = [];
    for (let n = 0; n < 4; n++) {
      (await router.join(7)).connection.terminate();
      await settle();
      waits.push(clock.next);
      clock.advance(clock.next ?? 0);
    }
    expect(waits).toEqual([100, 200, 400, 800]);
    await client.close();
  });

  test("sessions that something cuts off again and again after seconds are no failures", async () => {
    const { client, router, clock } = scripted({ reconnect: { initialDelay: 100, factor: 2 }, liveness: false });
    client.open({ retry: true }).catch(() => {});
    const waits: unknown[] = [];
    for (let n = 0; n < 4; n++) {
      const { connection } = await router.join(7);
      await settle();
      clock.advance(6_000);
      connection.terminate();
      await settle();
      waits.push(clock.next);
      clock.advance(clock.next ?? 0);
    }
    expect(waits).toEqual([100, 100, 100, 100]);
    await client.close();
  });

  test("reconnect() during an attempt that fails then makes the next one follow at once", async () => {
    const { client, router, clock } = scripted();
    const opened = client.open({ retry: true });
    const peer = await router.accept();
    expect(client.status).toBe("connecting");
    client.reconnect();
    peer.connection.terminate();
    await router.join(7);
    await opened;
    expect([client.status, router.dialled, clock.pending]).toEqual(["ready", 2, 0]);
  });

  test("reconnect() during an attempt that succeeds is forgotten when the session is lost", async () => {
    const { client, router, clock } = scripted({ reconnect: { initialDelay: 100 } });
    client.on("join", () => client.reconnect());
    const opened = client.open({ retry: true });
    const attempt = await router.accept();
    client.reconnect();
    await attempt.welcome(7);
    await opened;
    attempt.connection.terminate();
    await settle();
    expect([client.status, clock.next]).toEqual(["waiting", 100]);
    await client.close();
  });

  test.each(["leave", "disconnect", "status"] as const)(
    "reconnect() from a listener of %s as a session is lost makes the next attempt come at once",
    async (event) => {
      const { client, router, clock, peer } = await joined({ reconnect: { initialDelay: 2_000 } });
      // While the session lasts it is forgotten.
      client.reconnect();
      client.on(event, () => client.status === "waiting" && client.reconnect());
      peer.connection.terminate();
      await router.join(8);
      await settle();
      expect([client.status, router.dialled, clock.pending]).toEqual(["ready", 2, 0]);
    },
  );

  test.each(
    [
      ["leave", "session that is lost"],
      ["disconnect", "session that is lost"],
      ["status", "session that is lost"],
      ["status", "attempt that fails"],
      ["error", "attempt that fails"],
    ] as const,
  )("reconnect() from a listener of %s at each %s leaves a least wait between attempts", async (event, what) => {
    const { client, router, clock } = scripted({ reconnect: { initialDelay: 10_000, factor: 1 } });
    client.on(event, () => client.status === "waiting" && client.reconnect());
    const opened = client.open({ retry: true }).catch(() => {});
    const fail = async () => {
      const peer = await router.accept();
      if (what === "session that is lost") await peer.welcome();
      await settle();
      peer.connection.terminate();
      await settle();
    };
    await fail();
    for (let n = 0; n < 3; n++) {
      await fail();
      expect([client.status, clock.next]).toEqual(["waiting", 250]);
      clock.advance(100);
      client.reconnect();
      expect(clock.next).toBe(150);
      clock.advance(150);
    }
    await fail();
    await client.close();
    await opened;
    expect([client.status, clock.pending]).toEqual(["closed", 0]);
  });

  test.each(["error", "status"] as const)("reconnect() from each %s leaves the waits in place", async (event) => {
    const { client, router, clock } = scripted({ reconnect: { initialDelay: 100, factor: 1 } });
    for (let n = 0; n < 1_000; n++) router.failures.push(new WampError("connection_refused", "down"));
    client.on(event, () => client.status === "waiting" || client.reconnect());
    void client.open({ retry: true }).catch(() => {});
    for (let n = 0; n < 5; n++) {
      await settle();
      clock.advance(100);
    }
    await settle();
    expect(router.dialled).toBeLessThan(15);
    await client.close();
  });

  test("a session is no failure because the clock was set back in it", async () => {
    const time = new FakeClock();
    let set = 0;
    const clock = { ...time, now: () => time.now() + set, timer: time.timer.bind(time) };
    const [one, two] = [new ScriptedRouter(), new ScriptedRouter()];
    const client = createClient([one, two], { realm: "realm1", clock, liveness: false });
    const opened = client.open();
    const peer = await one.join(7);
    await opened;
    time.advance(60_000);
    set = -3_600_000;
    peer.connection.terminate();
    await settle();
    time.advance(1_000);
    await one.join(8);
    expect([one.dialled, two.dialled]).toEqual([2, 0]);
    const closing = client.close();
    time.advance(10_000);
    await closing;
  });

  test("jitter shortens a wait by its share at most", async () => {
    for (const [number, wait] of [[0, 1_000], [0.5, 750], [0.999999, 500]] as const) {
      const random = { bytes: (length: number) => new Uint8Array(length), number: () => number };
      const { client, router, clock } = scripted({ random, reconnect: { initialDelay: 1_000, jitter: 0.5 } });
      router.failures.push(new WampError("connection_refused", "down"));
      void client.open({ retry: true }).catch(() => {});
      await settle();
      expect(clock.next).toBeCloseTo(wait, 2);
      await client.close();
    }
  });

  test("ten thousand failed attempts leave nothing behind", async () => {
    const { client, router, clock } = scripted();
    for (let n = 0; n < 10_000; n++) router.failures.push(new WampError("connection_refused", "down"));
    void client.open({ retry: true });
    while (router.failures.length > 0) {
      await settle();
      clock.advance(30_000);
    }
    const peer = await router.join(7);
    await settle();
    expect([router.dialled, client.status, clock.pending]).toEqual([10_001, "ready", 0]);
    const closing = client.close();
    await peer.goodbye();
    await closing;
  });

  test("closing during an attempt, and while waiting for one, ends it", async () => {
    const { client, router, clock } = scripted();
    const opened = client.open();
    const peer = await router.accept();
    const outcome = opened.catch((error) => error);
    await client.close();
    expect(await outcome).toMatchObject({ code: "closed" });
    await peer.closed;
    expect(clock.pending).toBe(0);

    const waiting = scripted();
    waiting.router.failures.push(new WampError("connection_refused", "down"));
    const later = waiting.client.open({ retry: true }).catch((error) => error);
    await settle();
    expect(waiting.client.status).toBe("waiting");
    await waiting.client.close();
    expect(await later).toMatchObject({ code: "closed" });
    expect(waiting.clock.pending).toBe(0);
    expect(router.dialled).toBe(1);
  });

  test("a session that ends before it is ready refuses open()", async () => {
    const { client, router } = scripted();
    const pending = client.register("a.p", () => 1).catch((error) => error);
    const opened = client.open();
    const peer = await router.join(7);
    await peer.next(MessageType.REGISTER);
    peer.connection.terminate();
    await expect(opened).rejects.toMatchObject({ code: "connection_lost" });
    expect(await pending).toMatchObject({ code: "closed" });
    expect(client.status).toBe("closed");
  });

  test("without reconnect a lost session closes the client", async () => {
    const { client, peer, clock } = await joined({ reconnect: false });
    peer.connection.terminate();
    await settle();
    expect([client.status, clock.pending]).toEqual(["closed", 0]);
    await expect(client.call("a.b")).rejects.toMatchObject({ code: "closed", mayHaveRun: false });
    await expect(client.register("a.b", () => 1)).rejects.toMatchObject({ code: "closed" });
  });

  test("a credential that is good for once joins once", async () => {
    const { client, router, clock, peer } = await (async () => {
      const made = scripted({ auth: ticket("joe", "123456", { once: true }) });
      const opened = made.client.open();
      const peer = await made.router.accept();
      await peer.next(MessageType.HELLO);
      peer.send([MessageType.CHALLENGE, "ticket", {}]);
      await peer.next(MessageType.AUTHENTICATE);
      peer.send([MessageType.WELCOME, 7, {}]);
      await opened;
      return { ...made, peer };
    })();
    peer.connection.terminate();
    await settle();
    clock.advance(60_000);
    await settle();
    expect([client.status, router.dialled, clock.pending]).toEqual(["closed", 1, 0]);
    await expect(client.call("a.b")).rejects.toMatchObject({ code: "credential_spent" });
  });

  test("a function is asked for credentials at each join", async () => {
    let asked = 0;
    const auth = () => ticket("joe", `secret ${++asked}`, { once: true });
    const { client, router, clock } = scripted({ auth });
    const opened = client.open();
    for (let n = 1; n < 4; n++) {
      const peer = await router.accept();
      await peer.next(MessageType.HELLO);
      peer.send([MessageType.CHALLENGE, "ticket", {}]);
      expect((await peer.next(MessageType.AUTHENTICATE)).uri).toBe(`secret ${n}`);
      peer.send([MessageType.WELCOME, n, {}]);
      await opened;
      await settle();
      peer.connection.terminate();
      await settle();
      clock.advance(60_000);
    }
    await client.close();
  });
});

test.each([
  [{ signal: new AbortController().signal }, 'there is no option "signal"; there are retry'],
  [{ retry: "yes" }, 'the option retry is "yes", expected true or false'],
  [null, "options is null"],
])("open() and join() refuse %j, and nothing has begun", async (options, said) => {
  const { client, router } = scripted();
  for (const opened of [client.open(options as never), client.join(options as never)]) {
    await expect(opened).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(`Cannot open a client: ${said}`),
    });
  }
  expect([client.status, router.dialled]).toEqual(["idle", 0]);
});

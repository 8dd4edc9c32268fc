import { connect, createClient, ticket } from "@izaber/wamp";
import type { Client } from "@izaber/wamp";
import { afterEach, describe, expect, test } from "vitest";
import { anonymousAuthenticator, Router, ticketAuthenticator } from "../../src/router/mod.ts";
import { listen } from "../../src/serve/listen.ts";
import { listenRawSocket } from "../../src/serve/rawsocket.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { openProxy } from "../support/proxy.ts";
import { RawSocketClient } from "../support/raw_socket_client.ts";
import { opcodes, RawWebSocket } from "../support/raw_websocket.ts";

const PROCEDURE = "com.example.p";
const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanup.splice(0).reverse()) await clean();
});

function openRouter(): Router {
  const roles: Record<string, string> = { ann: "user", bob: "user", "ann as admin": "admin" };
  const router = new Router({
    realms: [{
      name: "realm1",
      authenticators: [
        ticketAuthenticator((_request, given) => ({
          next: "accept",
          principal: { authid: given.split(" ")[0]!, authrole: roles[given]!, authprovider: "test" },
        })),
        anonymousAuthenticator({ authid: () => "ann", authrole: "user" }),
      ],
    }],
  });
  cleanup.push(() => router.close());
  return router;
}

/** A callee whose every answer is the test's, also that to a ping. */
interface Callee {
  readonly gone: Promise<void>;
  send(message: unknown[]): void;
  /** The type of the next message, or `ping`. */
  next(): Promise<unknown>;
  pong(): void;
}

async function overWebSocket(url: string): Promise<Callee> {
  const socket = await RawWebSocket.open(url, { protocols: ["wamp.2.json"] });
  cleanup.push(() => socket.destroy());
  return {
    gone: socket.gone,
    send: (message) => socket.send(JSON.stringify(message)),
    next: async () => {
      const frame = await socket.next();
      return frame?.opcode === opcodes.ping ? "ping" : JSON.parse(String(frame?.data))[0];
    },
    pong: () => socket.send(new Uint8Array(0), opcodes.pong),
  };
}

async function overRawSocket(url: string): Promise<Callee> {
  const socket = await RawSocketClient.open(url, "7ff10000");
  cleanup.push(() => socket.destroy());
  expect(await socket.take(4)).toBe("7fb10000");
  return {
    gone: socket.gone,
    send: (message) => socket.send(JSON.stringify(message)),
    next: async () => {
      const frame = await socket.frame();
      return frame?.kind === 1 ? "ping" : JSON.parse(frame!.text)[0];
    },
    pong: () => socket.send("", 2),
  };
}

/** Joins, and registers the procedure. */
async function hold(callee: Callee, secret?: string): Promise<Callee> {
  const method = secret === undefined ? { authmethods: ["anonymous"] } : { authmethods: ["ticket"], authid: secret };
  callee.send([1, "realm1", { roles: { caller: {}, callee: {} }, ...method }]);
  if (secret !== undefined) {
    expect(await callee.next()).toBe(4);
    callee.send([5, secret, {}]);
  }
  expect(await callee.next()).toBe(2);
  callee.send([64, 1, {}, PROCEDURE]);
  expect(await callee.next()).toBe(65);
  return callee;
}

async function join(url: Parameters<typeof connect>[0], secret?: string): Promise<Client> {
  const options = { realm: "realm1", reconnect: false } as const;
  const client = await connect(url, secret === undefined ? options : { ...options, auth: ticket(secret, secret) });
  cleanup.push(() => client.close());
  return client;
}

async function refused({ session }: Client): Promise<void> {
  await expect(session!.register(PROCEDURE, () => "anew")).rejects.toMatchObject({
    uri: "wamp.error.procedure_already_exists",
  });
}

describe.each(
  [
    ["WebSocket", listen, overWebSocket],
    ["RawSocket", listenRawSocket, overRawSocket],
  ] as const,
)("the session of the same user that holds a procedure, over %s,", (_kind, open, over) => {
  async function serve(pingInterval = 30_000) {
    const clock = new FakeClock();
    const router = openRouter();
    const listener = await open(router, { clock, pingInterval, pingTimeout: 30_000 });
    cleanup.push(() => listener.close());
    const callee = (secret?: string) => over(listener.url).then((one) => hold(one, secret));
    return { clock, router, callee };
  }

  test("is asked whether it is there, and ended within seconds when it is not", async () => {
    const { clock, router, callee } = await serve();
    const dead = await callee("ann");
    const client = await join(router.local(), "ann");
    await refused(client);
    expect(await dead.next()).toBe("ping");
    clock.advance(4_999);
    await refused(client);
    clock.advance(1);
    await dead.gone;
    while (router.statistics("realm1")!.sessions > 1) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(clock.pending).toBe(0);
    await client.register(PROCEDURE, () => "anew");
    expect(await client.call(PROCEDURE)).toBe("anew");
  });

  test("stays when it answers, and is not flooded with pings", async () => {
    const { clock, router, callee } = await serve();
    const alive = await callee("ann");
    const client = await join(router.local(), "ann");
    await Promise.all(Array.from({ length: 100 }, () => refused(client)));
    expect(await alive.next()).toBe("ping");
    alive.pong();
    alive.send([48, 2, {}, "wamp.session.count"]);
    expect(await alive.next()).toBe(50);
    clock.advance(5_000);
    await refused(client);
    alive.send([48, 3, {}, "wamp.session.count"]);
    expect(await alive.next()).toBe(50);
    clock.advance(5_000);
    await refused(client);
    expect(await alive.next()).toBe("ping");
  });

  test.each([
    ["another user", "bob", "ann"],
    ["another role", "ann as admin", "ann"],
    ["an anonymous session of its name", undefined, "ann"],
    ["the user whose name it has, being anonymous", "ann", undefined],
    ["another anonymous session", undefined, undefined],
  ])("is not asked on behalf of %s", async (_who, secret, holder) => {
    const { router, callee } = await serve();
    const there = await callee(holder);
    await refused(await join(router.local(), secret));
    there.send([48, 2, {}, "wamp.session.count"]);
    expect(await there.next()).toBe(50);
  });

  test("is not asked on its own behalf, nor where nobody is pinged", async () => {
    const { callee } = await serve();
    const itself = await callee("ann");
    itself.send([64, 2, {}, PROCEDURE]);
    itself.send([48, 3, {}, "wamp.session.count"]);
    expect([await itself.next(), await itself.next()]).toEqual([8, 50]);

    const quiet = await serve(0);
    const there = await quiet.callee("ann");
    await refused(await join(quiet.router.local(), "ann"));
    there.send([48, 2, {}, "wamp.session.count"]);
    expect(await there.next()).toBe(50);
  });
});

test("an answer that came while the router was busy counts", async () => {
  const router = openRouter();
  const listener = await listen(router, { pingTimeout: 2_000 });
  cleanup.push(() => listener.close());
  const busy = await hold(await overWebSocket(listener.url), "ann");
  await refused(await join(router.local(), "ann"));
  expect(await busy.next()).toBe("ping");
  busy.pong();
  // Nothing of the router runs meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_100);
  busy.send([48, 2, {}, "wamp.session.count"]);
  expect(await busy.next()).toBe(50);
});

test("a session of this process, which no connection can lose, is left alone", async () => {
  const router = openRouter();
  const [holder, other] = [await join(router.local(), "ann"), await join(router.local(), "ann")];
  await holder.register(PROCEDURE, () => "held");
  await refused(other);
  expect(await other.call(PROCEDURE)).toBe("held");
});

test("a client whose connection died unnoticed has its procedures again soon after it is back", async () => {
  const router = openRouter();
  const listener = await listen(router, { pingInterval: 600_000, pingTimeout: 300 });
  const between = await openProxy(listener.port);
  cleanup.push(() => listener.close(), () => between.close());
  const client = createClient(`ws://127.0.0.1:${between.port}/ws`, {
    realm: "realm1",
    auth: ticket("ann", "ann"),
    liveness: { silence: 200, deadline: 200 },
    reconnect: { initialDelay: 10 },
  });
  cleanup.push(() => client.close());
  await client.open();
  const registration = await client.register(PROCEDURE, () => client.session?.id);
  const before = client.session?.id;
  const ready = new Promise((resolve) => client.on("ready", resolve));
  between.silence();
  await ready;
  while (!registration.active) await new Promise((resolve) => setTimeout(resolve, 5));
  const caller = await join(router.local(), "bob");
  expect(await caller.call(PROCEDURE)).not.toBe(before);
});

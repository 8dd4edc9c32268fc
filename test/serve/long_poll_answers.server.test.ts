import { connect as connectTcp } from "node:net";
import type { Socket } from "node:net";
import { listen, mountBun, mountDeno } from "@izaber/wamp/serve";
import type { BunServer, ListenerStatistics, LongPollOptions, MountOptions } from "@izaber/wamp/serve";
import { afterEach, describe, expect, inject, test } from "vitest";
import { FakeClock } from "../support/fake_clock.ts";
import { testWhere } from "../support/test_where.ts";
import { TestAcceptor } from "./acceptor.ts";
import type { Accepted } from "./acceptor.ts";
import { serveByDeno } from "./deno_server.ts";

/** More than the buffers of two sockets take. */
const LARGE = 24_000_000;

const cleanup: (() => unknown)[] = [];
const runtime = inject("runtime");

afterEach(async () => {
  for (const clean of cleanup.splice(0).reverse()) await clean();
});

/** Long-poll, however it is served. */
interface Served {
  port: number;
  readonly statistics: ListenerStatistics;
}

type Serving = (acceptor: TestAcceptor, options: MountOptions) => Promise<Served>;

const onPort: Serving = async (acceptor, options) => {
  const listener = await listen(acceptor, options);
  cleanup.push(() => listener.close());
  return listener;
};

const onDeno: Serving = (acceptor, options) => {
  const mount = mountDeno(acceptor, options);
  const server = serveByDeno((request, info) => mount.handle(request, info) ?? new Response("mine"));
  cleanup.push(() => server.stop());
  return Promise.resolve({
    port: server.port,
    get statistics() {
      return mount.statistics;
    },
  });
};

const onBun: Serving = (acceptor, options) => {
  const { Bun } = globalThis as unknown as { Bun: { serve(options: object): BunServer } };
  const mount = mountBun(acceptor, options);
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request: Request, server: BunServer) => mount.fetch(request, server) ?? new Response("mine"),
    websocket: mount.websocket,
  });
  cleanup.push(() => server.stop(true));
  return Promise.resolve({
    port: server.port,
    get statistics() {
      return mount.statistics;
    },
  });
};

const ways: [string, Serving][] = [["a port of its own", onPort]];
if (runtime === "deno") ways.push(["Deno.serve", onDeno]);
if (runtime === "bun") ways.push(["Bun.serve", onBun]);

/** A request on a connection of its own, of which only the beginning of the answer is read until more is asked for. */
class Reader {
  readonly socket: Socket;
  readonly gone: Promise<void>;
  #text = "";
  #wake: (() => void) | undefined;

  constructor(port: number, request: string) {
    this.socket = connectTcp(port, "127.0.0.1");
    cleanup.push(() => this.socket.destroy());
    this.gone = new Promise((resolve) => this.socket.on("close", () => resolve()));
    this.socket.on("error", () => {});
    this.socket.on("data", (data) => {
      this.#text += data;
      this.socket.pause();
      this.#wake?.();
    });
    this.socket.write(request);
  }

  static poll(served: Served, path: string): Reader {
    return new Reader(served.port, `POST ${path}/receive HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`);
  }

  get length(): number {
    return this.#text.length;
  }

  /** The answer has begun. */
  async begun(): Promise<void> {
    while (this.#text === "") await new Promise<void>((resolve) => this.#wake = resolve);
  }

  /** Reads the rest, until there is this much or the server has closed. */
  async read(bytes = Infinity): Promise<string> {
    while (this.#text.length < bytes && !this.socket.closed) {
      const more = new Promise<void>((resolve) => this.#wake = resolve);
      this.socket.resume();
      await Promise.race([more, this.gone]);
    }
    return this.#text;
  }
}

async function post(served: Served, path: string, body = ""): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${served.port}${path}`, { method: "POST", body });
  return { status: response.status, text: await response.text() };
}

describe.each(ways)("an answer on %s", (_, serving) => {
  async function polled(options: LongPollOptions = {}) {
    const clock = new FakeClock();
    const acceptor = new TestAcceptor();
    const served = await serving(acceptor, { longPoll: options, clock, pingInterval: 0, closeTimeout: 3_000 });
    const { text } = await post(served, "/lp/open", '{"protocols": ["wamp.2.json"]}');
    const path = `/lp/${JSON.parse(text).transport}`;
    return { clock, served, path, accepted: await acceptor.next() };
  }

  /** A large answer is on its way, of which nobody reads more than the beginning. */
  async function unread(options: LongPollOptions = {}) {
    const { served, path, accepted, ...rest } = await polled(options);
    const reader = Reader.poll(served, path);
    accepted.connection.sendFrame("x".repeat(LARGE));
    await reader.begun();
    return { served, path, accepted, reader, ...rest };
  }

  const held = ({ connection }: Accepted) => connection.heldBytes;

  test("counts as queued until it is read, and what comes after it waits for that", async () => {
    const { clock, served, path, accepted, reader } = await unread({ holdTime: 1_000 });
    accepted.connection.sendFrame("[2]");
    await expect.poll(() => held(accepted)).toBe(LARGE + 3);
    const second = post(served, `${path}/receive`);
    await expect.poll(() => clock.next).toBe(1_000);
    clock.advance(1_000);
    expect(await second).toEqual({ status: 204, text: "" });
    expect(held(accepted)).toBe(LARGE + 3);
    const third = post(served, `${path}/receive`);
    await expect.poll(() => clock.next).toBe(1_000);
    expect((await reader.read(LARGE)).slice(-100)).toMatch(/^x+/);
    expect(await third).toEqual({ status: 200, text: "[2]" });
    await expect.poll(() => held(accepted)).toBe(0);
    reader.socket.destroy();
    accepted.connection.sendFrame("[3]");
    expect(await post(served, `${path}/receive`)).toEqual({ status: 200, text: "[3]" });
    expect(accepted.ended).toBe(false);
  });

  test("that is not read ends the session, however often it is asked for more, and nothing stays of it", async () => {
    const { clock, served, path, accepted, reader } = await unread({ holdTime: 2_000, sessionTimeout: 5_000 });
    for (let i = 0; i < 2; i++) {
      const more = post(served, `${path}/receive`);
      await expect.poll(() => clock.next).toBe(2_000);
      clock.advance(2_000);
      expect((await more).status).toBe(204);
    }
    clock.advance(1_000);
    expect(await accepted.closed).toMatchObject({
      local: false,
      reason: "the client did not read an answer within 5000 ms",
    });
    expect((await post(served, `${path}/receive`)).status).toBe(404);
    await reader.read();
    expect(reader.length).toBeLessThan(LARGE);
    await expect.poll(() => served.statistics.connections).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test("whose client goes while it is on its way ends the session", async () => {
    const { clock, served, accepted, reader } = await unread();
    accepted.connection.sendFrame("[2]");
    reader.socket.resetAndDestroy();
    expect(await accepted.closed).toMatchObject({ local: false, reason: "an answer did not reach the client" });
    await expect.poll(() => served.statistics.connections).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test("is thrown away when its client closes the session", async () => {
    const { served, path, accepted, reader } = await unread();
    expect((await post(served, `${path}/close`)).status).toBe(204);
    expect(await accepted.closed).toMatchObject({ local: false });
    await reader.read();
    expect(reader.length).toBeLessThan(LARGE);
    await expect.poll(() => served.statistics.connections).toBe(0);
  });

  test("may still be read when the router closes, for a while", async () => {
    const first = await unread();
    first.accepted.connection.close(1008, "enough");
    expect((await first.reader.read(LARGE)).slice(-100)).toMatch(/^x+/);
    expect(await first.accepted.closed).toMatchObject({ local: true, code: 1008 });
    const second = await unread();
    second.accepted.connection.close(1008, "enough");
    second.clock.advance(2_999);
    expect(held(second.accepted)).toBe(LARGE);
    second.clock.advance(1);
    expect(await second.accepted.closed).toMatchObject({ local: true, code: 1008 });
    await second.reader.read();
    expect(second.reader.length).toBeLessThan(LARGE);
    await expect.poll(() => second.served.statistics.connections).toBe(0);
  });
});

// 10 s is what Bun gives a silent connection unless it is told otherwise, and it looks every 4 s.
testWhere(runtime === "bun")(
  "on Bun a connection is kept while a request for messages is held, and not since one was made",
  { timeout: 60_000 },
  async () => {
    const acceptor = new TestAcceptor();
    const served = await onPort(acceptor, { longPoll: { holdTime: 15_000 } });
    const open = async () => {
      const { text } = await post(served, "/lp/open", '{"protocols": ["wamp.2.json"]}');
      return `/lp/${JSON.parse(text).transport}`;
    };
    const [waiting, answered] = [await open(), await open()];
    await acceptor.next();
    const { connection } = await acceptor.next();
    connection.sendFrame("[1]");
    const held = Reader.poll(served, waiting);
    const short = [
      Reader.poll(served, answered),
      Reader.poll(served, "/lp/guessed"),
      new Reader(served.port, "OPTIONS /lp/open HTTP/1.1\r\nhost: x\r\n\r\n"),
      new Reader(served.port, "GET /lp/open HTTP/1.1\r\nhost: x\r\n\r\n"),
      new Reader(served.port, "POST /lp/guessed/close HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{"),
    ];
    expect(await held.read(1)).toContain(" 204 ");
    const answers = await Promise.all(short.map((reader) => reader.read()));
    expect(answers.map((text) => text.slice(9, 12))).toEqual(["200", "404", "204", "405", "404"]);
  },
);

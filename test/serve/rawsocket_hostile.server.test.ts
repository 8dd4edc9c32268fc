import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { cbor, createClient, json } from "@izaber/wamp";
import { rawSocketDialer } from "@izaber/wamp/rawsocket";
import { openRealm, Router } from "@izaber/wamp/router";
import { listenRawSocket } from "@izaber/wamp/serve";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/wire/clock.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { RawSocketClient } from "../support/raw_socket_client.ts";
import { TestAcceptor } from "./acceptor.ts";

const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanup.splice(0).reverse()) await clean();
});

async function serve(options: Parameters<typeof listenRawSocket>[1] = {}) {
  const acceptor = new TestAcceptor();
  const listener = await listenRawSocket(acceptor, options);
  cleanup.push(() => listener.close());
  return { acceptor, listener };
}

async function open(url: string, handshake?: string): Promise<RawSocketClient> {
  const client = await RawSocketClient.open(url, handshake);
  cleanup.push(() => client.destroy());
  return client;
}

describe("a handshake", () => {
  test.each([
    ["of JSON", "7ff10000", "7fb10000"],
    ["of MessagePack", "7ff20000", "7fb20000"],
    ["of CBOR", "7ff30000", "7fb30000"],
    ["with a small limit", "7f010000", "7fb10000"],
    ["with reserved octets", "7ff10001", "7fb10000"],
    ["of UBJSON", "7ff40000", "7f100000"],
    ["of a reserved serializer", "7ff90000", "7f100000"],
    ["of no serializer", "7ff00000", ""],
    ["of HTTP", "47455420", ""],
  ])("%s is answered as it should be", async (_, sent, answer) => {
    const router = new Router({ realms: [openRealm("realm1")] });
    cleanup.push(() => router.close());
    const listener = await listenRawSocket(router);
    cleanup.push(() => listener.close());
    const client = await open(listener.url, sent);
    expect(await client.take(4)).toBe(answer);
    if (answer[3] === "0" || answer === "") await client.gone;
  });

  test("of which only a part ever comes is dropped when its time is over", async () => {
    const clock = new FakeClock();
    const { listener } = await serve({ clock, handshakeTimeout: 5_000 });
    const client = await open(listener.url, "7ff1");
    const silent = await open(listener.url);
    while (clock.pending < 2) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(4_999);
    expect(client.socket.destroyed).toBe(false);
    clock.advance(1);
    await Promise.all([client.gone, silent.gone]);
    expect(clock.pending).toBe(0);
  });

  test("may come octet by octet, and with what follows it", async () => {
    const { listener, acceptor } = await serve();
    const slow = await open(listener.url);
    for (const octet of ["7f", "f1", "00", "00"]) {
      slow.socket.write(Buffer.from(octet, "hex"));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await slow.take(4)).toBe("7fb10000");
    await acceptor.next();
    await open(listener.url, `7ff10000${"00000002"}${"6869"}${"00000001"}${"21"}`);
    expect(await (await acceptor.next()).frames(2)).toEqual(["hi", "!"]);
  });

  test("that waits does not keep the listener from closing", async () => {
    const { listener } = await serve();
    const client = await open(listener.url, "7f");
    await listener.close();
    await client.gone;
  });
});

describe("a frame", () => {
  test.each([
    ["above the limit", "00100001"],
    ["of 16 MiB and more", "08000001"],
    ["of a reserved kind", "03000000"],
    ["with reserved bits", "10000000"],
    ["of text that is not UTF-8", "00000002c328"],
  ])("%s ends its connection and no other", async (_, sent) => {
    const { listener, acceptor } = await serve();
    const other = await open(listener.url, "7ff10000");
    const kept = await acceptor.next();
    const client = await open(listener.url, "7ff10000");
    const accepted = await acceptor.next();
    await client.take(4);
    client.socket.write(Buffer.from(sent, "hex"));
    expect(await accepted.closed).toMatchObject({ local: false, reason: expect.stringMatching(/^Cannot take/) });
    await client.gone;
    other.send("fine");
    expect(await kept.frames(1)).toEqual(["fine"]);
  });

  test("that stops midway says so when its connection ends", async () => {
    const { listener, acceptor } = await serve();
    const client = await open(listener.url, "7ff10000");
    const accepted = await acceptor.next();
    client.socket.end(Buffer.from("00000009616263", "hex"));
    expect(await accepted.closed).toEqual({ local: false, reason: "the connection ended within a frame" });
  });

  test("cut anywhere arrives whole, and many in one piece in order", async () => {
    const { listener, acceptor } = await serve();
    const client = await open(listener.url, "7ff10000");
    const accepted = await acceptor.next();
    const texts = Array.from({ length: 2_000 }, (_, i) => `${i}:${"\u00e9".repeat(i % 97)}`);
    const received = accepted.frames(texts.length);
    client.socket.cork();
    for (const text of texts) client.send(text);
    client.socket.uncork();
    expect(await received).toEqual(texts);
    const again = accepted.frames(1);
    for (const octet of [0, 0, 0, 3, 0xe2, 0x82, 0xac]) {
      client.socket.write(Uint8Array.of(octet));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await again).toEqual(["\u20ac"]);
  });
});

test("frames of one turn leave together", async () => {
  const { listener, acceptor } = await serve();
  const client = await open(listener.url, "7ff10000");
  const { connection } = await acceptor.next();
  await client.take(4);
  let pieces = 0;
  client.socket.on("data", () => pieces++);
  for (let i = 0; i < 500; i++) connection.sendFrame(`frame ${i}`);
  for (let i = 0; i < 500; i++) expect(await client.frame()).toEqual({ kind: 0, text: `frame ${i}` });
  expect(pieces).toBeLessThan(5);
});

test("a client that takes less than a WELCOME gets none, and harms nobody", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  cleanup.push(() => router.close());
  const listener = await listenRawSocket(router);
  cleanup.push(() => listener.close());
  const hello = JSON.stringify([1, "realm1", { roles: { caller: {} } }]);
  const small = await open(listener.url, "7f010000");
  await small.take(4);
  small.send(hello);
  await small.gone;
  const large = await open(listener.url, "7ff10000");
  await large.take(4);
  large.send(hello);
  expect(JSON.parse((await large.frame())!.text)[0]).toBe(2);
});

describe("a ping", () => {
  test("is answered once, with what it carried", async () => {
    const { listener } = await serve();
    const client = await open(listener.url, "7ff10000");
    expect(await client.take(4)).toBe("7fb10000");
    client.send("hello", 1);
    client.send("", 1);
    client.send("x".repeat(20_000), 1);
    expect(await client.frame()).toEqual({ kind: 2, text: "hello" });
    expect(await client.frame()).toEqual({ kind: 2, text: "" });
    expect(await client.frame()).toEqual({ kind: 2, text: "x".repeat(20_000) });
  });

  test("is not sent where nobody asked for it, and ends the silent where somebody did", async () => {
    const clock = new FakeClock();
    const quiet = await serve({ clock });
    const quietClient = await open(quiet.listener.url, "7ff10000");
    await quiet.acceptor.next();
    await quietClient.take(4);
    expect(clock.pending).toBe(0);

    const { listener, acceptor } = await serve({ clock, pingInterval: 1_000, pingTimeout: 500 });
    const client = await open(listener.url, "7ff10000");
    const accepted = await acceptor.next();
    await client.take(4);
    clock.advance(1_000);
    expect(await client.frame()).toEqual({ kind: 1, text: "" });
    client.send("", 2);
    client.send("alive");
    await accepted.frames(1);
    clock.advance(2_500);
    expect(await client.frame()).toEqual({ kind: 1, text: "" });
    clock.advance(500);
    await accepted.closed;
    await client.gone;
  });

  test("of one that never reads the answers is not read for ever", async () => {
    const { listener, acceptor } = await serve();
    const client = await open(listener.url, "7ff10000");
    const accepted = await acceptor.next();
    await client.take(4);
    client.socket.pause();
    const ping = Buffer.alloc(4 + 60_000);
    ping.writeUInt32BE(0x0100_0000 + 60_000);
    // Until the kernel's buffers and the client's own are full, which only happens when nobody reads.
    let stalled = 0;
    while (stalled < 50) {
      const before = client.socket.writableLength;
      if (before < 4 * 1024 * 1024) client.socket.write(ping);
      await new Promise((resolve) => setImmediate(resolve));
      stalled = client.socket.writableLength >= 4 * 1024 * 1024 && client.socket.writableLength >= before
        ? stalled + 1
        : 0;
    }
    expect(accepted.connection.heldBytes).toBeLessThan(512 * 1024);
  });
});

test("a client that does not read is told apart from one that does, and drains", async () => {
  const { listener, acceptor } = await serve({ highWaterMark: 256 * 1024 });
  const client = await open(listener.url, "7ff10000");
  const accepted = await acceptor.next();
  const { connection } = accepted;
  expect(await client.take(4)).toBe("7fb10000");
  client.socket.pause();
  const text = "x".repeat(100_000);
  let sent = 0;
  const drained = accepted.drained();
  // What the kernel takes is not queued; some turns later the rest is.
  for (let full = 0; full < 20;) {
    if (connection.writable) {
      connection.sendFrame(text);
      sent++;
      full = 0;
    } else full++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(connection.queuedBytes).toBeGreaterThanOrEqual(256 * 1024);
  let bytes = 0;
  const all = new Promise<void>((resolve) => {
    client.socket.removeAllListeners("data").on("data", (piece: Uint8Array) => {
      bytes += piece.length;
      if (bytes === sent * 100_004) resolve();
    });
  });
  client.socket.resume();
  await drained;
  await all;
  expect(connection.queuedBytes).toBe(0);
});

test("what is read waits while the connection is paused", async () => {
  const { listener, acceptor } = await serve();
  const client = await open(listener.url, "7ff10000");
  const accepted = await acceptor.next();
  accepted.connection.pause();
  const taken: unknown[] = [];
  for (let i = 0; i < 100; i++) client.send(`${i}:${"x".repeat(50_000)}`);
  accepted.onFrame((frame) => taken.push(frame));
  // The client's bytes are on their way through at least the kernel; what counts is that none comes out.
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(taken).toEqual([]);
  const frames = accepted.frames(100);
  accepted.connection.resume();
  expect((await frames).map((frame) => Number.parseInt(frame as string))).toEqual(
    Array.from({ length: 100 }, (_, i) => i),
  );
});

test("a client that does not end its half is dropped when its time is over", async () => {
  const clock = new FakeClock();
  const { listener, acceptor } = await serve({ clock, closeTimeout: 1_000 });
  const client = await open(listener.url, "7ff10000");
  const accepted = await acceptor.next();
  client.socket.allowHalfOpen = true;
  await client.take(4);
  accepted.connection.sendFrame("goodbye");
  accepted.connection.close();
  expect(await client.frame()).toEqual({ kind: 0, text: "goodbye" });
  clock.advance(1_000);
  expect(await accepted.closed).toEqual({ local: true, reason: "" });
});

describe("a dialer", () => {
  let server: Server;

  /** Listens, and does with a connection what a test wants. */
  async function answering(take: (socket: Socket) => void): Promise<string> {
    const sockets = new Set<Socket>();
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      take(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanup.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    });
    return `tcpip://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function dial(url: string, signal: AbortSignal = new AbortController().signal) {
    return rawSocketDialer(url).dial({ serializers: [cbor, json], signal, clock: systemClock });
  }

  test.each([
    ["7f100000", "no_common_serializer", /cbor/],
    ["7f200000", "length_unacceptable", /maxMessageSize/],
    ["7f300000", "not_wamp", /reserved/],
    ["7f400000", "connection_limit", /no more connections/],
    ["7f900000", "refused", /error 9/],
    ["7ff10000", "not_wamp", /serializer 1/],
    ["485454502f", "not_wamp", /something else/],
  ])("takes the answer %s for %s", async (answer, code, message) => {
    const asked = Promise.withResolvers<string>();
    const url = await answering((socket) => {
      socket.once("data", (bytes) => asked.resolve(Buffer.from(bytes).toString("hex")));
      socket.write(Buffer.from(answer, "hex"));
    });
    await expect(dial(url)).rejects.toMatchObject({
      name: "ConnectError",
      code,
      message: expect.stringMatching(message),
      url,
    });
  });

  test("asks for the first serializer and its own limit", async () => {
    const asked = Promise.withResolvers<string>();
    const url = await answering((socket) =>
      socket.once("data", (bytes) => {
        asked.resolve(Buffer.from(bytes).toString("hex"));
        socket.write(Buffer.from("7fb30000", "hex"));
      })
    );
    const connection = await dial(url);
    expect(await asked.promise).toBe("7ff30000");
    expect(connection.serializer).toBe(cbor);
    connection.terminate();
  });

  test("says what a close without an answer means", async () => {
    const url = await answering((socket) => socket.on("data", () => socket.end()));
    await expect(dial(url)).rejects.toMatchObject({
      code: "not_wamp",
      message: expect.stringContaining("without an answer"),
    });
  });

  test("gives up when it is told to, and leaves nothing open", async () => {
    const closed = Promise.withResolvers<void>();
    const controller = new AbortController();
    const url = await answering((socket) => {
      socket.on("close", () => closed.resolve());
      socket.on("data", () => controller.abort(new Error("enough")));
    });
    await expect(dial(url, controller.signal)).rejects.toThrow("enough");
    await closed.promise;
    await expect(dial(url, controller.signal)).rejects.toThrow("enough");
  });

  test("says that nothing listens", async () => {
    const url = await answering(() => {});
    await new Promise((resolve) => server.close(resolve));
    await expect(dial(url)).rejects.toMatchObject({ code: "connection_refused", url });
    await expect(dial("unix:///nowhere/wamp.socket")).rejects.toMatchObject({ code: "connection_refused" });
  });

  test("says that TLS is not spoken", async () => {
    const url = await answering((socket) => socket.end("no TLS here"));
    await expect(dial(url.replace("tcpip", "tcpips"))).rejects.toMatchObject({ code: "tls_failed" });
  });

  test.each([
    "tcpip://127.0.0.1:18081",
    "rs://localhost:1",
    "tcpips://[::1]:65535",
    "rss://nexus.example.com:443",
    "unix:///run/nexus.socket",
    "unix://nexus.socket",
    "rs://unix:/run/nexus.socket",
  ])("takes %s", (url) => {
    expect(rawSocketDialer(url).url).toBe(url);
  });

  test.each([
    "ws://127.0.0.1:80/",
    "tcpip://127.0.0.1",
    "tcpip://127.0.0.1:0",
    "tcpip://127.0.0.1:65536",
    "unix://",
    "",
  ])(
    "refuses %s",
    (url) => {
      expect(() => rawSocketDialer(url)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    },
  );

  test.each(["tcpip://127.0.0.1:1", "unix:///run/nexus.socket", "rss://localhost:1"])("is what %s asks for", (url) => {
    expect(() => createClient(url, { realm: "realm1" })).toThrow(/hand over rawSocketDialer\(url\)/);
  });

  test.each([0, 511, 1_000_000, 32 * 1024 * 1024])("refuses a limit of %i", (maxMessageSize) => {
    expect(() => rawSocketDialer("tcpip://127.0.0.1:1", { maxMessageSize })).toThrow(/a power of two from 512/);
  });
});

import { connect } from "node:net";
import { afterEach, expect, inject, test } from "vitest";
import { listen, listenRawSocket } from "@izaber/wamp/serve";
import type { Listener, ListenOptions } from "@izaber/wamp/serve";
import { RawSocketClient } from "../support/raw_socket_client.ts";
import { RawWebSocket } from "../support/raw_websocket.ts";
import { TestAcceptor } from "./acceptor.ts";
import { testWhere } from "../support/test_where.ts";

const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanup.splice(0).reverse()) await clean();
});

async function serve(options: ListenOptions) {
  const acceptor = new TestAcceptor();
  const listener = await listen(acceptor, options);
  cleanup.push(() => listener.close());
  return { acceptor, listener };
}

async function open(url: string, headers: Record<string, string> = {}) {
  const client = await RawWebSocket.open(url, { protocols: ["wamp.2.json"], headers });
  cleanup.push(() => client.destroy());
  return client;
}

test("a page of another site is refused and counted, and what is wrong is said", async () => {
  const { listener } = await serve({});
  const { answer } = await open(listener.url, { origin: "https://example.com" });
  expect(answer.status).toBe(403);
  expect(answer.body).toMatch(/https:\/\/example\.com.*"origins"/);
  const { host } = new URL(listener.url);
  expect((await open(listener.url, { origin: `http://${host}` })).answer.status).toBe(101);
  expect(listener.statistics).toMatchObject({ connections: 1, accepted: 1, refused: { origin: 1 } });
});

test("a site whose name is pointed at this machine may not connect", async () => {
  const status = async (listener: Pick<Listener, "url">, host: string, origin = `http://${host}`) =>
    (await open(listener.url, { host, origin })).answer.status;
  const { listener } = await serve({});
  const { port } = listener;
  expect(await status(listener, `evil.example:${port}`)).toBe(403);
  for (const host of [`localhost:${port}`, `app.localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
    expect(await status(listener, host)).toBe(101);
  }
  expect(await status(listener, `nexus.test:${port}`, "http://localhost:5173")).toBe(101);
  // Behind a proxy, and where other machines can ask, the host is what the page has to be of.
  for (const options of [{ proxies: ["127.0.0.1"] }, { hostname: "0.0.0.0" }, { origins: ["http://nexus.example"] }]) {
    const { listener: other } = await serve(options);
    expect(await status({ url: `ws://127.0.0.1:${other.port}/ws` }, "nexus.example")).toBe(101);
  }
});

test("the pages that may connect can be named", async () => {
  const { listener } = await serve({ origins: ["https://*.example.com"] });
  expect((await open(listener.url, { origin: "https://a.example.com" })).answer.status).toBe(101);
  expect((await open(listener.url, { origin: "https://example.org" })).answer.status).toBe(403);
});

test("when all places are taken the next client is refused, until one leaves", async () => {
  const { listener, acceptor } = await serve({ limits: { connections: 1 } });
  const first = await open(listener.url);
  const accepted = await acceptor.next();
  const { answer } = await open(listener.url);
  expect(answer).toMatchObject({ status: 503, body: "All 1 places are taken: try again later.\n" });
  expect(answer.headers["retry-after"]).toBe("60");
  first.destroy();
  await accepted.closed;
  while (listener.statistics.connections > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  expect((await open(listener.url)).answer.status).toBe(101);
  expect(listener.statistics).toMatchObject({ accepted: 2, refused: { connections: 1 } });
});

test("a proxy is believed about its clients' addresses, whose places are limited; anybody else is not", async () => {
  const limits = { connectionsPerAddress: 1, connectionsPerMinute: 2 };
  const { listener, acceptor } = await serve({ proxies: ["127.0.0.1", "10.0.0.1"], limits });
  const as = async (address: string) =>
    (await open(listener.url, { "x-forwarded-for": `127.0.0.1, ::1, ${address}, 10.0.0.1` })).answer;
  expect((await as("203.0.113.7")).status).toBe(101);
  const accepted = await acceptor.next();
  expect(accepted.connection.peer.address).toBe("203.0.113.7");
  expect(await as("203.0.113.7")).toMatchObject({
    status: 429,
    body: expect.stringContaining("1 connections already"),
  });
  expect((await as("203.0.113.8")).status).toBe(101);
  expect(listener.statistics.refused.connectionsPerAddress).toBe(1);

  const { listener: other, acceptor: unbelieving } = await serve({ limits });
  for (let i = 0; i < 3; i++) {
    expect((await open(other.url, { "x-forwarded-for": "203.0.113.7" })).answer.status).toBe(101);
    expect((await unbelieving.next()).connection.peer.address).toMatch(/^127\.0\.0\.1:\d+$/);
  }
});

test.each([
  ["x-forwarded-for", ["203.0.113.9:1001", "203.0.113.9:1002"], "203.0.113.9"],
  ["x-forwarded-for", ["[2001:db8::1]:5000", "[2001:db8::1]"], "2001:db8::1"],
  ["x-real-ip", ["2001:db8::1", "2001:db8::1"], "2001:db8::1"],
])("a client is the same to %s whatever its port: %j", async (header, said, address) => {
  const limits = { connectionsPerAddress: 1 };
  const { listener, acceptor } = await serve({ proxies: ["127.0.0.1"], limits });
  expect((await open(listener.url, { [header]: said[0]! })).answer.status).toBe(101);
  expect((await acceptor.next()).connection.peer.address).toBe(address);
  expect((await open(listener.url, { [header]: said[1]! })).answer.status).toBe(429);
});

test("an address that comes too often within a minute is refused", async () => {
  const { listener, acceptor } = await serve({ proxies: ["127.0.0.1"], limits: { connectionsPerMinute: 1 } });
  const come = () => open(listener.url, { "x-real-ip": "203.0.113.7" });
  const first = await come();
  first.destroy();
  await (await acceptor.next()).closed;
  expect((await come()).answer).toMatchObject({
    status: 429,
    body: expect.stringContaining("More than 1 connections"),
  });
  expect(listener.statistics.refused.connectionsPerMinute).toBe(1);
});

test("an incomplete handshake gives its place back", async () => {
  const { listener } = await serve({ limits: { connections: 1 } });
  const broken = await open(listener.url, { "sec-websocket-key": "short" });
  expect(broken.answer.status).toBe(400);
  await broken.gone;
  while (listener.statistics.connections > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const foreign = await RawWebSocket.open(listener.url, { protocols: ["mqtt"] });
  expect(foreign.answer.status).toBe(400);
  await foreign.gone;
  expect((await open(listener.url)).answer.status).toBe(101);
  expect(listener.statistics.refused.handshake).toBe(1);
});

test("a router that fails on a handshake harms nobody, and keeps no place", async () => {
  const acceptor = new TestAcceptor();
  const { handshake } = acceptor;
  acceptor.handshake = () => {
    throw new Error("no such database");
  };
  const limits = { connections: 1 };
  const listener = await listen(acceptor, { limits, longPoll: true });
  const raw = await listenRawSocket(acceptor, { limits });
  cleanup.push(() => listener.close(), () => raw.close());
  const client = await open(listener.url);
  expect(client.answer).toMatchObject({ status: 500, body: expect.stringContaining("the router failed") });
  expect(client.answer.body).not.toContain("database");
  await client.gone;
  const body = '{"protocols": ["wamp.2.json"]}';
  const polled = await fetch(`http://127.0.0.1:${listener.port}/lp/open`, { method: "POST", body });
  expect([polled.status, await polled.text()]).toEqual([500, expect.stringContaining("the router failed")]);
  const socket = await RawSocketClient.open(raw.url, "7ff10000");
  expect(await socket.take(4)).toBe("7f400000");
  await socket.gone;
  for (const one of [listener, raw]) await expect.poll(() => one.statistics.connections).toBe(0);
  acceptor.handshake = handshake;
  expect((await open(listener.url)).answer.status).toBe(101);
});

test("a RawSocket above the limit is told so", async () => {
  const listener = await listenRawSocket(new TestAcceptor(), { limits: { connections: 1 } });
  cleanup.push(() => listener.close());
  const first = await RawSocketClient.open(listener.url, "7ff10000");
  expect(await first.take(4)).toBe("7fb10000");
  const second = await RawSocketClient.open(listener.url, "7ff10000");
  expect(await second.take(4)).toBe("7f400000");
  await second.gone;
  expect(listener.statistics).toMatchObject({ connections: 1, accepted: 1, refused: { connections: 1 } });
  first.destroy();
});

// Bun closes such a connection by its own time, which is ten seconds.
testWhere(inject("runtime") !== "bun")("a request whose head never ends is not waited for", async () => {
  const { listener } = await serve({ handshakeTimeout: 200 });
  const ended = ["", "GET /ws HTTP/1.1\r\nhost: x\r\nupgr"].map((begun) => {
    const socket = connect(listener.port, "127.0.0.1");
    cleanup.push(() => socket.destroy());
    socket.on("error", () => {});
    socket.write(begun);
    return new Promise((resolve) => socket.resume().on("close", resolve));
  });
  await Promise.all(ended);
});

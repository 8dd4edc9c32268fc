import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterEach, expect, inject, test } from "vitest";
import { openRealm, Router } from "@izaber/wamp/router";
import { listen, listenRawSocket } from "@izaber/wamp/serve";
import type { ListenOptions, ServerCertificate } from "@izaber/wamp/serve";
import { certificate, key, otherCertificate, otherKey } from "../support/certificate.ts";
import { RawWebSocket } from "../support/raw_websocket.ts";
import { TestAcceptor } from "./acceptor.ts";
import { testWhere } from "../support/test_where.ts";

const own = { cert: certificate, key };
const trusting = { ca: certificate, servername: "localhost" };
const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanup.splice(0).reverse()) await clean();
});

async function serve(tls: ServerCertificate, options: ListenOptions = {}) {
  const acceptor = new TestAcceptor();
  const listener = await listen(acceptor, { tls, ...options });
  cleanup.push(() => listener.close());
  return { acceptor, listener };
}

test("a port speaks TLS, and its URL says so", async () => {
  const { listener, acceptor } = await serve(own);
  expect(listener.url).toBe(`wss://127.0.0.1:${listener.port}/ws`);
  const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"], tls: trusting });
  expect(client.answer.status).toBe(101);
  const accepted = await acceptor.next();
  expect(accepted.connection.peer.address).toMatch(/^127\.0\.0\.1:\d+$/);
  const large = "x".repeat(3_000_000);
  accepted.connection.sendFrame("hello");
  accepted.connection.sendFrame(large);
  expect(await client.text()).toBe("hello");
  expect(await client.text()).toBe(large);
  client.send("back");
  expect(await accepted.frames(1)).toEqual(["back"]);
  client.destroy();
  await accepted.closed;
});

test("a certificate can be renewed for those who come later, but for WebSockets on Bun", async () => {
  const { listener, acceptor } = await serve(own);
  const raw = await listenRawSocket(acceptor, { tls: own });
  cleanup.push(() => raw.close());
  const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"], tls: trusting });
  const { connection } = await acceptor.next();
  const shown = (port: number) =>
    new Promise<unknown>((resolve, reject) => {
      const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().subject.CN);
        socket.destroy();
      }).on("error", reject);
    });
  const renewal = { cert: otherCertificate, key: otherKey };
  const runsBun = inject("runtime") === "bun";
  expect(listener.renew(renewal)).toBe(!runsBun);
  expect(raw.renew(renewal)).toBe(true);
  expect(await shown(listener.port)).toBe(runsBun ? "localhost" : "renewed.example.com");
  expect(await shown(raw.port)).toBe("renewed.example.com");
  for (const bad of [{ cert: "nonsense", key: "nonsense" }, { cert: certificate, key: otherKey }]) {
    expect(() => raw.renew(bad)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    await expect(listen(acceptor, { tls: bad })).rejects.toMatchObject({ code: "invalid_argument" });
    await expect(listenRawSocket(acceptor, { tls: bad })).rejects.toMatchObject({ code: "invalid_argument" });
  }
  expect(await shown(raw.port)).toBe("renewed.example.com");
  connection.sendFrame("still here");
  expect(await client.text()).toBe("still here");
  client.destroy();

  const plain = await listen(acceptor);
  cleanup.push(() => plain.close());
  expect(plain.renew(renewal)).toBe(false);
});

test("plain text on a TLS port, and half a TLS handshake, harm nobody", async () => {
  const { listener, acceptor } = await serve(own);
  const plain = RawWebSocket.open(listener.url.replace("wss:", "ws:"), { protocols: ["wamp.2.json"] });
  await expect(plain).rejects.toThrow();
  const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"], tls: trusting });
  expect(client.answer.status).toBe(101);
  await acceptor.next();
  client.destroy();
});

// Bun's own server does not tell what a client has shown; over RawSocket Bun does.
testWhere(inject("runtime") !== "bun")("a client's certificate is verified and handed to the router", async () => {
  const { listener, acceptor } = await serve({ ...own, ca: certificate, clientCertificate: "request" });
  const shown = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"], tls: { ...trusting, ...own } });
  expect((await acceptor.next()).connection.peer.certificate).toEqual({
    subject: { CN: "localhost" },
    issuer: { CN: "localhost" },
    names: [],
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const without = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"], tls: trusting });
  expect((await acceptor.next()).connection.peer.certificate).toBeUndefined();
  shown.destroy();
  without.destroy();

  const { listener: wary, acceptor: unsure } = await serve({ ...own, clientCertificate: "request" });
  const unknown = await RawWebSocket.open(wary.url, { protocols: ["wamp.2.json"], tls: { ...trusting, ...own } });
  expect((await unsure.next()).connection.peer.certificate).toBeUndefined();
  unknown.destroy();
});

test("RawSocket clients that are silent, stop in the midst of TLS or speak none are dropped, and take nobody's place", async () => {
  const acceptor = new TestAcceptor();
  const listener = await listenRawSocket(acceptor, { tls: own, handshakeTimeout: 200, limits: { connections: 2 } });
  cleanup.push(() => listener.close());
  const ended = [[], [0x16, 3, 1, 2, 0], [0x7f, 0xf1, 0, 0]].map((begun) => {
    const socket = connectTcp(listener.port, "127.0.0.1");
    cleanup.push(() => socket.destroy());
    socket.on("error", () => {});
    socket.write(Uint8Array.from(begun));
    return new Promise((resolve) => socket.resume().on("close", resolve));
  });
  await Promise.all(ended);
  const socket = connectTls({ host: "127.0.0.1", port: listener.port, ...trusting });
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  socket.write(Buffer.from("7ff10000", "hex"));
  await acceptor.next();
  socket.destroy();
});

test(
  "a client without a certificate is turned away where one is required",
  async () => {
    const { listener } = await serve({ ...own, ca: certificate, clientCertificate: "require" });
    await expect(RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"], tls: trusting })).rejects.toThrow();
    const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"], tls: { ...trusting, ...own } });
    expect(client.answer.status).toBe(101);
    client.destroy();
  },
);

test("a RawSocket client's certificate is handed to the router", async () => {
  const acceptor = new TestAcceptor();
  const listener = await listenRawSocket(acceptor, { tls: { ...own, ca: certificate, clientCertificate: "request" } });
  cleanup.push(() => listener.close());
  const socket = connectTls({ host: "127.0.0.1", port: listener.port, ...trusting, ...own });
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  socket.write(Buffer.from("7ff10000", "hex"));
  expect((await acceptor.next()).connection.peer.certificate?.subject).toEqual({ CN: "localhost" });
  socket.destroy();
});

test("a router closes its TLS listener with sessions on it", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  const listener = await listen(router, { tls: own });
  const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"], tls: trusting });
  client.send(JSON.stringify([1, "realm1", { roles: { caller: {} } }]));
  expect(await client.text()).toMatch(/^\[2,/);
  const closed = router.close();
  expect(await client.text()).toMatch(/^\[6,/);
  client.destroy();
  await closed;
  await listener.close();
});

test("a listener that closes waits for nobody who has not begun with TLS", async () => {
  // Longer than the test may take.
  const { listener } = await serve(own, { handshakeTimeout: 600_000 });
  const silent = connectTcp(listener.port, "127.0.0.1");
  cleanup.push(() => silent.destroy());
  const gone = new Promise((resolve) => silent.on("error", () => {}).on("close", resolve).resume());
  await new Promise((resolve) => silent.once("connect", resolve));
  // It was taken before one that is behind it.
  const other = connectTls({ host: "127.0.0.1", port: listener.port, ...trusting });
  cleanup.push(() => other.destroy());
  await new Promise((resolve, reject) => other.once("secureConnect", resolve).once("error", reject));
  await listener.close();
  // Bun's server does not wait for it either, but leaves it to itself.
  if (inject("runtime") !== "bun") await gone;
});

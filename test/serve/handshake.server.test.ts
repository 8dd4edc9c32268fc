import { Buffer } from "node:buffer";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listen } from "../../src/serve/listen.ts";
import { listenError } from "../../src/serve/listener.ts";
import type { Listener } from "../../src/serve/listener.ts";
import { maskedFrame, opcodes, RawWebSocket } from "../support/raw_websocket.ts";
import { TestAcceptor } from "./acceptor.ts";

const acceptor = new TestAcceptor();
let listener: Listener;

beforeAll(async () => {
  listener = await listen(acceptor);
});
afterAll(() => listener.close());

test("a free port is taken and named in the URL", () => {
  expect(listener.port).toBeGreaterThan(0);
  expect(listener.url).toBe(`ws://127.0.0.1:${listener.port}/ws`);
});

test.each(["/ws", "/", "/ws?token=1"])("%s is answered, with the acceptor's subprotocol and headers", async (path) => {
  const client = await RawWebSocket.open(listener.url, {
    path,
    protocols: ["x", "wamp.2.json"],
    headers: { "X-Me": "1" },
  });
  expect(client.answer.status).toBe(101);
  expect(client.answer.headers["sec-websocket-protocol"]).toBe("wamp.2.json");
  expect(client.answer.headers["set-cookie"]).toBe("cbtid=1");
  expect(client.answer.headers["sec-websocket-extensions"]).toBeUndefined();
  const asked = acceptor.requests.at(-1)!;
  expect(asked.path).toBe(path.split("?")[0]);
  expect(asked.protocols).toEqual(["x", "wamp.2.json"]);
  expect(asked.headers["x-me"]).toBe("1");
  const { connection } = await acceptor.next();
  expect(connection.peer).toMatchObject({ transport: "websocket", path: asked.path, headers: { "x-me": "1" } });
  expect([connection.peer.query, asked.query]).toEqual(Array(2).fill(path.split("?")[1]));
  expect(asked.address).toBe(connection.peer.address);
  expect(connection.peer.address).toBe(`127.0.0.1:${client.socket.localPort}`);
  client.destroy();
});

test.each([
  ["http://router.example:81/ws", "/ws", undefined],
  ["http://router.example?token=1", "/", "token=1"],
  ["http://router.example", "/", undefined],
])("a request that says its whole URL, %s, is answered like one that says the path alone", async (url, path, query) => {
  const client = await RawWebSocket.open(listener.url, { path: url, protocols: ["wamp.2.json"] });
  expect(client.answer.status).toBe(101);
  const { connection: { peer } } = await acceptor.next();
  expect([peer.path, peer.query]).toEqual([path, query]);
  client.destroy();
});

test("a request with the header Set-Cookie has it as a text", async () => {
  const client = await RawWebSocket.open(listener.url, {
    protocols: ["wamp.2.json"],
    headers: { "set-cookie": "a=b", "x-me": "1" },
  });
  const { connection: { peer } } = await acceptor.next();
  expect([peer.headers?.["set-cookie"], peer.headers?.["x-me"]]).toEqual(["a=b", "1"]);
  client.destroy();
});

test("a message that comes with the handshake in one piece is not lost", async () => {
  const socket = connect(listener.port, "127.0.0.1");
  const handshake =
    "GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n" +
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: wamp.2.json\r\n\r\n";
  socket.write(Buffer.concat([Buffer.from(handshake), maskedFrame("early", opcodes.text)]));
  const accepted = await acceptor.next();
  expect(await accepted.frames(1)).toEqual(["early"]);
  socket.destroy();
});

test("an upgrade without a common subprotocol is refused with the acceptor's words and a list of what there is", async () => {
  for (const protocols of [[], ["mqtt", "wamp.2.flatbuffers"]]) {
    const client = await RawWebSocket.open(listener.url, { protocols });
    expect(client.answer).toMatchObject({ status: 400, body: "Offer wamp.2.json.\n" });
    expect(client.answer.headers["x-wamp-subprotocols"]).toBe("wamp.2.json, wamp.2.msgpack");
    await client.gone;
  }
});

test("a request without an upgrade is told to upgrade", async () => {
  const response = await fetch(listener.url.replace("ws:", "http:"));
  expect(response.status).toBe(426);
  expect(response.headers.get("upgrade")).toBe("websocket");
  expect(response.headers.get("x-wamp-subprotocols")).toBe("wamp.2.json, wamp.2.msgpack");
  expect(await response.text()).toMatch(/WAMP router.*wamp\.2\.json, wamp\.2\.msgpack/);
});

test("a request that claims an upgrade without asking the connection for it is told to upgrade, and harms nobody", async () => {
  for (const connection of ["close", "keep-alive"]) {
    const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"], headers: { connection } });
    expect(client.answer.status).toBe(426);
    await client.gone;
  }
  const client = await RawWebSocket.open(listener.url, {
    protocols: ["wamp.2.json"],
    headers: { connection: "keep-alive, Upgrade" },
  });
  expect(client.answer.status).toBe(101);
  await acceptor.next();
  client.destroy();
});

test("a client that is refused and stays does not keep the listener from closing", async () => {
  const own = await listen(acceptor);
  const socket = connect({ host: "127.0.0.1", port: own.port, allowHalfOpen: true });
  const answer = new Promise<string>((resolve) => {
    let text = "";
    socket.on("data", (chunk) => text += chunk);
    socket.on("end", () => resolve(text));
  });
  socket.write(
    "GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n" +
      "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: other\r\n\r\n",
  );
  expect(await answer).toMatch(/^HTTP\/1\.1 400 /);
  await own.close();
  socket.destroy();
});

test("another path is not found, upgrade or not", async () => {
  const response = await fetch(new URL("/else?a=/ws", listener.url.replace("ws:", "http:")));
  expect(response.status).toBe(404);
  expect(await response.text()).toContain("/ws and /");
  const client = await RawWebSocket.open(listener.url, { path: "/else", protocols: ["wamp.2.json"] });
  expect(client.answer.status).toBe(404);
  await client.gone;
});

test("a broken handshake is refused", async () => {
  const client = await RawWebSocket.open(listener.url, {
    protocols: ["wamp.2.json"],
    headers: { "sec-websocket-key": "short" },
  });
  expect(client.answer.status).toBe(400);
  await client.gone;
});

test.each(["", "][", "a b"])("a Host header of '%s' does not matter", async (host) => {
  const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"], headers: { host } });
  expect(client.answer.status).toBe(101);
  expect((await acceptor.next()).connection.peer.path).toBe("/ws");
  client.destroy();
});

test("a busy port is refused with an error that says so", async () => {
  await expect(listen(acceptor, { port: listener.port })).rejects.toMatchObject({
    name: "WampError",
    code: "listen_failed",
    message: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${listener.port}: the port is in use`)),
  });
});

test.each([
  ["127.0.0.1", 8080, "the port is in use"],
  ["localhost", 8080, "the port is in use"],
  ["::1", 8080, "the port is in use"],
  ["no.such.host.invalid", 8080, "the port is in use, or this machine has no such address"],
  ["no.such.host.invalid", 0, "this machine has no such address"],
])("that the port is in use is believed as far as it can be: %s, port %i", (hostname, port, why) => {
  const cause = Object.assign(new Error(`Failed to start server. Is port ${port} in use?`), { code: "EADDRINUSE" });
  const { message } = listenError({ hostname, port }, cause);
  expect(message.slice(message.indexOf(": ") + 2).split(";")[0]).toBe(why);
});

test("a listener that is closed still says where it was", async () => {
  const own = await listen(acceptor);
  const { port, url } = own;
  await own.close();
  expect([own.port, own.url]).toEqual([port, url]);
});

test("an address of another machine is refused with an error that says so", async () => {
  await expect(listen(acceptor, { hostname: "192.0.2.1" })).rejects.toMatchObject({
    name: "WampError",
    code: "listen_failed",
    message: expect.stringContaining("192.0.2.1:0"),
  });
});

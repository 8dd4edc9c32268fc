import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import { connect as connectTcp } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { connect } from "@izaber/wamp";
import { longPollDialer } from "@izaber/wamp/longpoll";
import { openRealm, Router } from "@izaber/wamp/router";
import { mountBun, mountDeno, mountNode } from "@izaber/wamp/serve";
import type { BunServer, BunWebSocket, Mount, MountOptions } from "@izaber/wamp/serve";
import { afterEach, describe, expect, inject, test } from "vitest";
import { FakeClock } from "../support/fake_clock.ts";
import { opcodes, RawWebSocket } from "../support/raw_websocket.ts";
import { TestAcceptor } from "./acceptor.ts";
import { serveByDeno } from "./deno_server.ts";
import { testWhere } from "../support/test_where.ts";

const cleanup: (() => unknown)[] = [];
const runtime = inject("runtime");

afterEach(async () => {
  for (const clean of cleanup.splice(0).reverse()) await clean();
});

/** A server of the runtime's that answers "mine", with an echo at `/echo`, and a router on it. */
interface Mounted {
  host: string;
  mount: Mount;
}

type Mounting = (acceptor: Router | TestAcceptor, options: MountOptions) => Promise<Mounted>;

const onNode: Mounting = async (acceptor, options) => {
  const server = createServer((request, response) => {
    if (!mount.handle(request, response)) response.end("mine");
  });
  const mount = mountNode(acceptor, server, options);
  server.on("upgrade", (request, socket: Socket) => {
    if (request.url === "/echo") socket.end("HTTP/1.1 418 Mine\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup.push(() => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())));
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, mount };
};

const onDeno: Mounting = (acceptor, options) => {
  const mount = mountDeno(acceptor, options);
  const server = serveByDeno((request, info) =>
    mount.handle(request, info) ??
      new Response("mine", { status: new URL(request.url).pathname === "/echo" ? 418 : 200 })
  );
  cleanup.push(() => server.stop());
  return Promise.resolve({ host: `127.0.0.1:${server.port}`, mount });
};

const onBun: Mounting = (acceptor, options) => {
  const { Bun } = globalThis as unknown as { Bun: { serve(options: object): BunServer } };
  const mount = mountBun(acceptor, {
    ...options,
    websocket: { message: (ws: BunWebSocket, data) => void ws.send(data) },
  });
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request: Request, server: BunServer) {
      if (new URL(request.url).pathname === "/mine") {
        return server.upgrade(request, { data: "mine", headers: new Headers() }) ? undefined : new Response("no");
      }
      const answer = mount.fetch(request, server);
      if (answer !== null) return answer;
      return new Response("mine", { status: new URL(request.url).pathname === "/echo" ? 418 : 200 });
    },
    websocket: mount.websocket,
  });
  cleanup.push(() => server.stop(true));
  return Promise.resolve({ host: `127.0.0.1:${server.port}`, mount });
};

const ways: [string, Mounting][] = runtime === "bun"
  ? [["Bun.serve", onBun]]
  : runtime === "deno"
  ? [["Deno.serve", onDeno], ["node:http", onNode]]
  : [["node:http", onNode]];

describe.each(ways)("on %s", (way, mounting) => {
  test("a router serves its paths, and the server its own", async () => {
    const router = new Router({ realms: [openRealm("realm1")] });
    const { host, mount } = await mounting(router, { paths: ["/wamp"], longPoll: true });
    const dialers = [`ws://${host}/wamp`, longPollDialer(`http://${host}/lp`)];
    const [one, other] = await Promise.all(dialers.map((dialer) => connect(dialer, { realm: "realm1" })));
    await one!.register("com.example.add", ([a, b]) => Number(a) + Number(b));
    const sums = await Promise.all(Array.from({ length: 100 }, (_, i) => other!.call("com.example.add", [i, 1])));
    expect(sums).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    await one!.register("com.example.echo", ([value]) => value);
    const large = "x".repeat(1_000_000);
    expect(await other!.call("com.example.echo", [large])).toBe(large);
    expect(await (await fetch(`http://${host}/`)).text()).toBe("mine");
    expect((await RawWebSocket.open(`ws://${host}/echo`)).answer.status).toBe(418);
    expect(mount.statistics).toMatchObject({ connections: 2, accepted: 2 });
    await Promise.all([one!.close(), other!.close()]);
    await router.close();
    await mount.close();
    expect(await (await fetch(`http://${host}/`)).text()).toBe("mine");
    expect(mount.statistics.connections).toBe(0);
  });

  test("what is known of a client goes to the router, and the router's headers go back", async () => {
    const acceptor = new TestAcceptor();
    const { host, mount } = await mounting(acceptor, {});
    const client = await RawWebSocket.open(`ws://${host}`, {
      path: "/ws?token=1",
      protocols: ["wamp.2.json"],
      headers: { "x-me": "1" },
    });
    expect(client.answer).toMatchObject({
      status: 101,
      headers: { "sec-websocket-protocol": "wamp.2.json", "set-cookie": "cbtid=1" },
    });
    const accepted = await acceptor.next();
    expect(accepted.connection.peer).toMatchObject({
      transport: "websocket",
      address: `127.0.0.1:${client.socket.localPort}`,
      path: "/ws",
      query: "token=1",
      headers: { "x-me": "1" },
    });
    client.send("[1]");
    expect(await accepted.frames(1)).toEqual(["[1]"]);
    accepted.connection.sendFrame("[2]");
    expect(await client.text()).toBe("[2]");
    client.destroy();
    expect(await accepted.closed).toMatchObject({ local: false });
    await expect.poll(() => mount.statistics.connections).toBe(0);
  });

  test("pages of other sites, foreign protocols and incomplete handshakes are refused", async () => {
    const { host, mount } = await mounting(new TestAcceptor(), {});
    const status = async (protocols: string[], headers: Record<string, string> = {}) => {
      const client = await RawWebSocket.open(`ws://${host}/ws`, { protocols, headers });
      client.destroy();
      return client.answer.status;
    };
    expect(await status(["wamp.2.json"], { origin: "https://example.com" })).toBe(403);
    expect(await status(["mqtt"])).toBe(400);
    // Deno does not mind the version.
    if (way !== "Deno.serve") {
      expect(await status(["wamp.2.json"], { "sec-websocket-version": "7" })).toBeGreaterThanOrEqual(400);
    }
    await expect.poll(() => mount.statistics.connections).toBe(0);
  });
});

describe.each(ways)("closed on %s", (_, mounting) => {
  test("a router takes nobody, and its paths are the server's again; to close it twice is to close it once", async () => {
    const clock = new FakeClock();
    const acceptor = new TestAcceptor();
    const { host, mount } = await mounting(acceptor, { longPoll: true, clock, closeTimeout: 500 });
    const open = async () => {
      const body = '{"protocols": ["wamp.2.json"]}';
      const response = await fetch(`http://${host}/lp/open`, { method: "POST", body });
      return [response.status, await response.text()];
    };
    expect((await open())[0]).toBe(200);
    const { connection } = await acceptor.next();
    connection.sendFrame("what it never asks for");
    await expect.poll(() => connection.heldBytes).toBeGreaterThan(0);
    const closed = Promise.all([mount.close(), mount.close()]);
    expect(await open()).toEqual([503, "This listener closes.\n"]);
    const late = await RawWebSocket.open(`ws://${host}/ws`, { protocols: ["wamp.2.json"] });
    expect(late.answer.status).toBe(503);
    late.destroy();
    clock.advance(500);
    await closed;
    expect(await open()).toEqual([200, "mine"]);
    expect(await (await fetch(`http://${host}/ws`)).text()).toBe("mine");
    expect(mount.statistics).toMatchObject({ connections: 0, refused: { handshake: 2 } });
  });
});

describe.each(ways)("on %s a close", (_, mounting) => {
  const open = async (options: MountOptions) => {
    const clock = new FakeClock();
    const acceptor = new TestAcceptor();
    const { host, mount } = await mounting(acceptor, { clock, closeTimeout: 500, ...options });
    const client = await RawWebSocket.open(`ws://${host}/ws`, { protocols: ["wamp.2.json"] });
    cleanup.push(() => client.destroy());
    return { clock, mount, client, accepted: await acceptor.next() };
  };

  test("says 1001, and a client that does not answer it is not waited for", async () => {
    const { clock, mount, client, accepted } = await open({});
    const closed = mount.close();
    expect((await client.next())?.data.readUInt16BE()).toBe(1001);
    clock.advance(500);
    await closed;
    expect((await accepted.closed).local).toBe(true);
    expect([mount.statistics.connections, clock.pending]).toEqual([0, 0]);
  });

  test("says the code that the router gave", async () => {
    const { clock, client, accepted } = await open({});
    accepted.connection.close(1002, "protocol violation");
    const { data } = (await client.next())!;
    expect([data.readUInt16BE(), data.subarray(2).toString()]).toEqual([1002, "protocol violation"]);
    client.send(data, opcodes.close);
    expect((await accepted.closed).local).toBe(true);
    await expect.poll(() => clock.pending).toBe(0);
  });
});

testWhere(runtime === "deno")(
  "on Deno.serve a client that is gone before it is there takes no place for ever",
  async () => {
    const clock = new FakeClock();
    const acceptor = new TestAcceptor();
    const { host, mount } = await onDeno(acceptor, { clock, limits: { connections: 5 } });
    const [, port] = host.split(":");
    for (let i = 0; i < 5; i++) {
      const client = connectTcp(Number(port), "127.0.0.1");
      await new Promise((resolve) => client.once("connect", resolve));
      client.write(
        "GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n" +
          "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: wamp.2.json\r\n\r\n",
      );
      client.resetAndDestroy();
    }
    await expect.poll(() => acceptor.requests.length).toBe(5);
    await expect.poll(() => (clock.advance(10_000), mount.statistics.connections)).toBe(0);
    const client = await RawWebSocket.open(`ws://${host}/ws`, { protocols: ["wamp.2.json"] });
    expect(client.answer.status).toBe(101);
    const accepted = await acceptor.next();
    clock.advance(10_000);
    client.send("[1]");
    expect(await accepted.frames(1)).toEqual(["[1]"]);
    client.destroy();
    await accepted.closed;
  },
);

testWhere(runtime === "deno")(
  "on Deno.serve a place is taken as long as Deno keeps the socket, also when the router is done with it",
  async () => {
    const clock = new FakeClock();
    const acceptor = new TestAcceptor();
    const { host, mount } = await onDeno(acceptor, { clock, closeTimeout: 500, limits: { connections: 1 } });
    const open = () => RawWebSocket.open(`ws://${host}/ws`, { protocols: ["wamp.2.json"] });
    const client = await open();
    const { connection, closed } = await acceptor.next();
    // The beginning of a message, of which the rest never comes.
    client.socket.write(Uint8Array.of(0x81, 0xfe, 0xff, 0xff, 0, 0, 0, 0, 0x5b));
    connection.close(1008, "enough");
    clock.advance(500);
    expect(await closed).toMatchObject({ local: true });
    expect(mount.statistics.connections).toBe(1);
    expect((await open()).answer.status).toBe(503);
    client.destroy();
    await expect.poll(() => mount.statistics.connections).toBe(0);
    const next = await open();
    expect(next.answer.status).toBe(101);
    next.destroy();
    await (await acceptor.next()).closed;
  },
);

test.each(ways)("on %s a message that is too large ends its connection with 1009", async (_, mounting) => {
  const acceptor = new TestAcceptor();
  const { host, mount } = await mounting(acceptor, { maxMessageSize: 1000 });
  const client = await RawWebSocket.open(`ws://${host}/ws`, { protocols: ["wamp.2.json"] });
  const accepted = await acceptor.next();
  client.send("x".repeat(1000));
  expect(await accepted.frames(1)).toEqual(["x".repeat(1000)]);
  client.send("x".repeat(1001));
  // Bun says so to the router alone.
  if (runtime !== "bun") expect((await client.next())?.data.readUInt16BE()).toBe(1009);
  client.destroy();
  expect(await accepted.closed).toMatchObject({ local: false, tooLarge: true });
  await expect.poll(() => mount.statistics.connections).toBe(0);
});

testWhere(runtime === "bun")("on Bun.serve the WebSockets of others stay theirs", async () => {
  const { host } = await onBun(new TestAcceptor(), {});
  const client = await RawWebSocket.open(`ws://${host}/mine`);
  expect(client.answer.status).toBe(101);
  client.send("echo");
  expect(await client.text()).toBe("echo");
  client.destroy();
});

const testOnNode = testWhere(runtime !== "bun");

async function serve(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup.push(() => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function status(url: string, headers: Record<string, string> = {}): Promise<number> {
  const client = await RawWebSocket.open(url, { protocols: ["wamp.2.json"], headers });
  client.destroy();
  return client.answer.status;
}

testOnNode("an upgrade on a path of nobody's is answered with 404", async () => {
  const server = createServer();
  const url = await serve(server);
  const mount = mountNode(new TestAcceptor(), server);
  const client = await RawWebSocket.open(`${url}/else`, { protocols: ["wamp.2.json"] });
  expect(client.answer).toMatchObject({ status: 404, body: expect.stringContaining("/ws") });
  await mount.close();
  await new Promise((resolve) => server.close(resolve));
});

testOnNode("there may be several routers, which refuse together what is for none", async () => {
  const server = createServer((_request, response) => void response.end("mine"));
  const url = await serve(server);
  const [one, other] = [new TestAcceptor(), new TestAcceptor()];
  const mounts = [mountNode(one, server, { paths: ["/a"] }), mountNode(other, server, { paths: ["/b"] })];
  expect([await status(`${url}/a`), await status(`${url}/b`)]).toEqual([101, 101]);
  await Promise.all([(await one.next()).closed, (await other.next()).closed]);
  const lost = await RawWebSocket.open(`${url}/else`, { protocols: ["wamp.2.json"] });
  expect(lost.answer).toMatchObject({ status: 404, body: expect.stringContaining("/a and /b") });
  await lost.gone;
  await mounts[0]!.close();
  expect([await status(`${url}/a`), await status(`${url}/b`)]).toEqual([404, 101]);
  await mounts[1]!.close();
  expect(server.listenerCount("upgrade")).toBe(0);
  await new Promise((resolve) => server.close(resolve));
});

testOnNode("a client that is gone while nobody takes its upgrade ends nothing", async () => {
  const server = createServer();
  const left = Promise.withResolvers<Socket>();
  server.on("upgrade", (_request, socket) => left.resolve(socket as Socket));
  const url = await serve(server);
  mountNode(new TestAcceptor(), server);
  const client = connectTcp(Number(new URL(url).port), "127.0.0.1");
  client.write("GET /else HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
  const socket = await left.promise;
  const gone = new Promise((resolve) => socket.on("close", resolve));
  client.resetAndDestroy();
  await gone;
});

testOnNode("who has read the body of a request before long-poll is told so", async () => {
  const server = createServer((request, response) => {
    request.once("end", () => mount.handle(request, response)).resume();
  });
  const url = await serve(server);
  const mount = mountNode(new TestAcceptor(), server, { longPoll: true });
  const body = '{"protocols": ["wamp.2.json"]}';
  const response = await fetch(`${url.replace("ws:", "http:")}/lp/open`, { method: "POST", body });
  expect([response.status, await response.text()]).toEqual([500, expect.stringContaining("put handle before")]);
});

testWhere(runtime === "deno")("on Deno.serve who has read the body of a request is told so", async () => {
  const mount = mountDeno(new TestAcceptor(), { longPoll: true });
  const body = '{"protocols": ["wamp.2.json"]}';
  const request = new Request("http://127.0.0.1/lp/open", { method: "POST", body });
  await request.text();
  const response = (await mount.handle(request))!;
  expect([response.status, await response.text()]).toEqual([500, expect.stringContaining("put handle before")]);
});

testOnNode("a page stays the server's when the request offers another protocol than a WebSocket", async () => {
  const server = createServer((request, response) => {
    if (!mount.handle(request, response)) response.end("mine");
  });
  const url = await serve(server);
  const mount = mountNode(new TestAcceptor(), server, { longPoll: true });
  const ask = (method: string, path: string) =>
    new Promise<string>((resolve) => {
      const client = connectTcp(Number(new URL(url).port), "127.0.0.1");
      let answer = "";
      client.on("data", (chunk) => answer += chunk).on("close", () => resolve(answer));
      client.write(
        `${method} ${path} HTTP/1.1\r\nhost: x\r\nconnection: close, Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\n` +
          'http2-settings: AAMA\r\ncontent-length: 30\r\n\r\n{"protocols": ["wamp.2.json"]}',
      );
    });
  expect(await ask("GET", "/")).toMatch(/^HTTP\/1\.1 200 [^]*mine/);
  expect(await ask("POST", "/lp/open")).toMatch(/^HTTP\/1\.1 200 [^]*"wamp.2.json"/);
  expect(await status(`${url}/else`)).toBe(404);
  // Who takes other upgrades is still told of them.
  server.on("upgrade", (_request, socket) => void socket.end("HTTP/1.1 418 Mine\r\nconnection: close\r\n\r\n"));
  expect(await ask("GET", "/")).toMatch(/^HTTP\/1\.1 418 /);
});

testOnNode(
  "what a server says itself of its upgrades holds while a router is on it, and again when it is closed",
  async () => {
    type Callback = (this: Server, request: IncomingMessage) => boolean;
    const server: Server & { shouldUpgradeCallback?: Callback } = createServer((_request, response) => {
      response.end("mine");
    });
    // A runtime that knows of none tells of every upgrade.
    const known = server.shouldUpgradeCallback !== undefined;
    const asked: boolean[] = [];
    const own: Callback = function (request) {
      asked.push(this === server);
      return request.headers["x-plain"] === undefined;
    };
    server.shouldUpgradeCallback = own;
    const url = await serve(server);
    const mount = mountNode(new TestAcceptor(), server);
    cleanup.push(() => mount.close());
    expect(await status(`${url}/ws`)).toBe(101);
    expect(await status(`${url}/ws`, { "x-plain": "1" })).toBe(known ? 200 : 101);
    expect(asked).toEqual(known ? [true, true] : []);
    await mount.close();
    expect(server.shouldUpgradeCallback).toBe(own);

    const next = mountNode(new TestAcceptor(), server);
    cleanup.push(() => next.close());
    const later: Callback = () => false;
    server.shouldUpgradeCallback = later;
    expect(await status(`${url}/ws`)).toBe(known ? 200 : 101);
    await next.close();
    expect(server.shouldUpgradeCallback).toBe(later);
  },
);

test("a runtime that has no such server is told which to use", () => {
  const wrong: (() => unknown)[] = [];
  if (runtime === "bun") wrong.push(() => mountNode(new TestAcceptor(), createServer()));
  if (runtime !== "deno") wrong.push(() => mountDeno(new TestAcceptor()));
  for (const mount of wrong) expect(mount).toThrow(expect.objectContaining({ code: "invalid_argument" }));
});

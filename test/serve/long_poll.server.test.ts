import { connect as connectTcp } from "node:net";
import { cbor, connect, json, msgpack } from "@izaber/wamp";
import type { Client, Serializer } from "@izaber/wamp";
import { longPollDialer } from "@izaber/wamp/longpoll";
import { openRealm, Router } from "@izaber/wamp/router";
import { listen } from "@izaber/wamp/serve";
import type { Acceptor, ListenOptions, LongPollOptions } from "@izaber/wamp/serve";
import { afterEach, describe, expect, inject, test } from "vitest";
import { FakeClock } from "../support/fake_clock.ts";
import { TestAcceptor } from "./acceptor.ts";

const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanup.splice(0).reverse()) await clean();
});

async function serve(acceptor: Acceptor, longPoll: boolean | LongPollOptions = true, options: ListenOptions = {}) {
  const listener = await listen(acceptor, { longPoll, ...options });
  cleanup.push(() => listener.close());
  return { listener, base: `http://127.0.0.1:${listener.port}/lp` };
}

async function open(base: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await post(`${base}/open?x=1`, '{"protocols": ["mqtt", "wamp.2.json"]}', headers);
  const { protocol, transport } = JSON.parse(answer.text);
  expect(protocol).toBe("wamp.2.json");
  return `${base}/${transport}`;
}

async function post(url: string, body?: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  const response = await fetch(url, { method: "POST", headers, ...body !== undefined && { body } });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe("a session", () => {
  async function served(): Promise<string> {
    const router = new Router({ realms: [openRealm("realm1")] });
    const { base } = await serve(router);
    cleanup.push(() => router.close());
    return base;
  }

  test.each<[string, Serializer, boolean | undefined]>([
    ["JSON", json, undefined],
    ["batched JSON", json, true],
    ["MessagePack", msgpack, false],
    ["batched MessagePack", msgpack, true],
    ["batched CBOR", cbor, undefined],
  ])("in %s calls, serves, publishes and hears", async (_, serializer, batched) => {
    const dialer = longPollDialer(await served(), { batched });
    const open = (): Promise<Client> => connect(dialer, { realm: "realm1", serializers: [serializer] });
    const [one, other] = await Promise.all([open(), open()]);
    await one.register("com.example.add", ([a, b]) => Number(a) + Number(b));
    const calls = Array.from({ length: 50 }, (_, i) => other.call("com.example.add", [i, 1]));
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    const heard: unknown[] = [];
    const all = Promise.withResolvers<void>();
    await one.subscribe("com.example.topic", ([text]) => {
      if (heard.push(text) === 20) all.resolve();
    });
    for (let i = 0; i < 20; i++) await other.publish("com.example.topic", [`${i} é`]);
    await all.promise;
    expect(heard).toEqual(Array.from({ length: 20 }, (_, i) => `${i} é`));
    const large = "x".repeat(2_000_000);
    expect(await other.call("com.example.add", [1, 2])).toBe(3);
    await one.register("com.example.echo", ([value]) => value);
    expect(await other.call("com.example.echo", [large])).toBe(large);
    await Promise.all([one.close(), other.close()]);
  });

  test("that the router ends hears of it, and one that closes is gone from the router", async () => {
    const router = new Router({ realms: [openRealm("realm1")] });
    const { base } = await serve(router);
    const dialer = longPollDialer(base);
    const leaving = await connect(dialer, { realm: "realm1" });
    const staying = await connect(dialer, { realm: "realm1", reconnect: false });
    expect(router.statistics("realm1")?.sessions).toBe(2);
    await leaving.close();
    while (router.statistics("realm1")!.sessions > 1) await new Promise((resolve) => setTimeout(resolve, 1));
    const left = new Promise<{ reason?: string }>((resolve) => staying.on("leave", resolve));
    await router.close();
    expect((await left).reason).toBe("wamp.close.system_shutdown");
  });
});

describe("the protocol", () => {
  test("opens a transport, hands over messages one by one, and closes", async () => {
    const acceptor = new TestAcceptor();
    const { base, listener } = await serve(acceptor);
    const transport = await open(base, { "x-me": "1", cookie: "a=b" });
    const accepted = await acceptor.next();
    expect(accepted.connection.peer).toMatchObject({
      transport: "longpoll",
      path: "/lp/open",
      query: "x=1",
      headers: { "x-me": "1", cookie: "a=b" },
      address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    });
    expect((await post(`${transport}/send`, "[1]")).status).toBe(204);
    expect((await post(`${transport}/send?x=2`, "[2]")).status).toBe(204);
    expect(await accepted.frames(2)).toEqual(["[1]", "[2]"]);
    accepted.connection.sendFrame("[3]");
    accepted.connection.sendFrame("[4]");
    const first = await post(`${transport}/receive`);
    expect([first.status, first.text]).toEqual([200, "[3]"]);
    expect(first.headers.get("content-type")).toContain("application/json");
    expect((await post(`${transport}/receive?x=3`)).text).toBe("[4]");
    const later = post(`${transport}/receive`);
    accepted.connection.sendFrame("[5]");
    expect((await later).text).toBe("[5]");
    expect((await post(`${transport}/close`)).status).toBe(204);
    expect(await accepted.closed).toMatchObject({ local: false });
    expect((await post(`${transport}/receive`)).status).toBe(404);
    expect(listener.statistics).toMatchObject({ connections: 0, accepted: 1 });
  });

  test("hands over what was sent before a close, then says that it is over", async () => {
    const acceptor = new TestAcceptor();
    const { base } = await serve(acceptor);
    const transport = await open(base);
    const { connection, closed } = await acceptor.next();
    connection.sendFrame("[6]");
    connection.close(1008, "enough");
    expect((await post(`${transport}/receive`)).text).toBe("[6]");
    expect(await closed).toMatchObject({ local: true, code: 1008, reason: "enough" });
    const waiting = await open(base);
    const other = await acceptor.next();
    const answer = post(`${waiting}/receive`);
    // Its request is on the way until the router has something to say on it.
    await expect.poll(() => other.connection.closed || (other.connection.close(1000, "bye"), false)).toBe(true);
    expect([404, 410]).toContain((await answer).status);
  });

  test("keeps messages in the order of their requests", async () => {
    const acceptor = new TestAcceptor();
    const { base } = await serve(acceptor);
    const transport = await open(base);
    const accepted = await acceptor.next();
    accepted.connection.pause();
    const texts = Array.from({ length: 30 }, (_, i) => `[${i}]`);
    const sending = [];
    for (const text of texts) {
      sending.push(post(`${transport}/send`, text));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    accepted.connection.resume();
    for (const { status } of await Promise.all(sending)) expect(status).toBe(204);
    expect((await accepted.frames(30)).toSorted()).toEqual(texts.toSorted());
  });

  test("answers that there is nothing when a client has waited, and ends one that asks no more", async () => {
    const clock = new FakeClock();
    const acceptor = new TestAcceptor();
    const { base } = await serve(acceptor, { holdTime: 1_000, sessionTimeout: 5_000 }, { clock, pingInterval: 0 });
    const transport = await open(base);
    const { closed } = await acceptor.next();
    const answer = post(`${transport}/receive`);
    await expect.poll(() => clock.next).toBe(1_000);
    clock.advance(1_000);
    expect(await answer).toMatchObject({ status: 204, text: "" });
    clock.advance(4_999);
    expect(clock.pending).toBe(1);
    clock.advance(1);
    expect(await closed).toMatchObject({ local: false, reason: expect.stringContaining("5000 ms") });
    expect(clock.pending).toBe(0);
  });

  test("answers an older request for messages when there is a newer one", async () => {
    const acceptor = new TestAcceptor();
    const { base } = await serve(acceptor);
    const transport = await open(base);
    const { connection } = await acceptor.next();
    const one = post(`${transport}/receive`);
    const two = post(`${transport}/receive`);
    expect((await Promise.race([one, two])).status).toBe(204);
    connection.sendFrame("[1]");
    expect((await Promise.all([one, two])).map(({ text }) => text).toSorted()).toEqual(["", "[1]"]);
  });

  test.each([
    ["GET", "/open", undefined, 405],
    ["POST", "/open", "", 400],
    ["POST", "/open", "[]", 400],
    ["POST", "/open", "null", 400],
    ["POST", "/open", "{", 400],
    ["POST", "/open", '{"protocols": "wamp.2.json"}', 400],
    ["POST", "/open", '{"protocols": [1]}', 400],
    ["POST", "/open", '{"protocols": ["mqtt"]}', 400],
    ["POST", "/open", `{"protocols": ["${"x".repeat(9_000)}"]}`, 413],
    ["POST", "/open/receive", "", 404],
    ["POST", "/", "", 404],
    ["POST", "/guessed/receive", "", 404],
    ["POST", "/guessed/send", "[]", 404],
    ["POST", "/__proto__/send", "[]", 404],
    ["POST", "/guessed/close", "", 404],
    ["POST", "//", "", 404],
    ["DELETE", "/guessed", undefined, 405],
  ])("%s %s with %j is answered with an error", async (method, path, body, status) => {
    const { base, listener } = await serve(new TestAcceptor());
    const response = await fetch(base + path, { method, ...body !== undefined && { body } });
    await response.text();
    expect(response.status).toBe(status);
    expect(listener.statistics.connections).toBe(0);
  });

  test.each([
    ["is empty", new Uint8Array(0), 400],
    ["is not UTF-8", Uint8Array.of(0x5b, 0xff, 0x5d), 400],
    ["is too large", new Uint8Array(70_000).fill(0x20), 413],
  ])("a message that %s ends its session", async (_, body, status) => {
    const acceptor = new TestAcceptor();
    const { base } = await serve(acceptor, true, { maxMessageSize: 65_536 });
    const transport = await open(base);
    const { closed } = await acceptor.next();
    expect((await post(`${transport}/send`, body)).status).toBe(status);
    // What is too large never comes past Bun's own server.
    if (status === 413 && inject("runtime") === "bun") return;
    expect(await closed).toMatchObject({ local: false, reason: expect.stringContaining("message") });
  });

  test("a body that never ends is not waited for, and a client that goes while it waits loses nothing", async () => {
    const clock = new FakeClock();
    const acceptor = new TestAcceptor();
    const { base, listener } = await serve(acceptor, { bodyTimeout: 1_000 }, { clock, pingInterval: 0 });
    const transport = await open(base);
    const { closed, connection } = await acceptor.next();
    const controller = new AbortController();
    const waiting = fetch(`${transport}/receive`, { method: "POST", signal: controller.signal });
    await expect.poll(() => clock.next).toBe(10_000);
    controller.abort();
    await expect(waiting).rejects.toThrow();
    await expect.poll(() => clock.next).toBe(60_000);
    connection.sendFrame("[1]");
    expect((await post(`${transport}/receive`)).text).toBe("[1]");

    const socket = connectTcp(listener.port, "127.0.0.1");
    cleanup.push(() => socket.destroy());
    socket.write(`POST ${new URL(transport).pathname}/send HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n[1,`);
    await expect.poll(() => clock.next).toBe(1_000);
    clock.advance(1_000);
    expect(await closed).toMatchObject({ reason: expect.stringContaining("1000 ms") });
  });

  test("a connection on which a client waits for messages becomes no WebSocket", async () => {
    const acceptor = new TestAcceptor();
    const { base, listener } = await serve(acceptor);
    const transport = await open(base);
    const { connection } = await acceptor.next();
    const socket = connectTcp(listener.port, "127.0.0.1");
    cleanup.push(() => socket.destroy());
    let answer = "";
    socket.on("data", (chunk) => answer += chunk).on("error", () => {});
    const gone = new Promise((resolve) => socket.on("close", resolve));
    socket.write(
      `POST ${new URL(transport).pathname}/receive HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n` +
        "GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n" +
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: wamp.2.json\r\n\r\n",
    );
    await gone;
    expect(answer).toBe("");
    expect(listener.statistics).toMatchObject({ connections: 1, accepted: 1 });
    connection.sendFrame("[1]");
    expect((await post(`${transport}/receive`)).text).toBe("[1]");
  });

  test("shares with the pages that may connect, and with no other", async () => {
    const acceptor = new TestAcceptor();
    const { base, listener } = await serve(acceptor, true, { origins: ["https://a.example.com"] });
    const asked = await fetch(`${base}/open`, { method: "OPTIONS", headers: { origin: "https://a.example.com" } });
    expect(asked.status).toBe(204);
    expect(asked.headers.get("access-control-allow-origin")).toBe("https://a.example.com");
    expect(asked.headers.get("access-control-allow-credentials")).toBe("true");
    expect(asked.headers.get("access-control-allow-headers")).toBe("content-type");
    const headers = { origin: "https://a.example.com", "access-control-request-headers": "content-type,x-token" };
    const withToken = await fetch(`${base}/open`, { method: "OPTIONS", headers });
    expect(withToken.headers.get("access-control-allow-headers")).toBe("content-type,x-token");
    const body = '{"protocols": ["wamp.2.json"]}';
    const good = await post(`${base}/open`, body, { origin: "https://a.example.com" });
    expect([good.status, good.headers.get("vary")]).toEqual([200, "origin"]);
    const bad = await post(`${base}/open`, body, { origin: "https://b.example.com" });
    expect([bad.status, bad.headers.get("access-control-allow-origin")]).toEqual([403, null]);
    expect(listener.statistics.refused.origin).toBe(1);
  });

  test("counts among the connections", async () => {
    const acceptor = new TestAcceptor();
    const { base } = await serve(acceptor, true, { limits: { connections: 1 } });
    const transport = await open(base);
    expect((await post(`${base}/open`, '{"protocols": ["wamp.2.json"]}')).status).toBe(503);
    await post(`${transport}/close`);
    await open(base);
  });

  test("is not spoken where nobody asked for it", async () => {
    const { base } = await serve(new TestAcceptor(), false);
    expect((await post(`${base}/open`, '{"protocols": ["wamp.2.json"]}')).status).toBe(404);
  });
});

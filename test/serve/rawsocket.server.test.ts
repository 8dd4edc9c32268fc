import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cbor, connect, json, msgpack, RemoteError, WampError } from "@izaber/wamp";
import { rawSocketDialer } from "@izaber/wamp/rawsocket";
import { openRealm, Router } from "@izaber/wamp/router";
import { listenRawSocket } from "@izaber/wamp/serve";
import type { Listener } from "@izaber/wamp/serve";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificate, key } from "../support/certificate.ts";

const router = new Router({ realms: [openRealm("realm1")] });
const folder = mkdtempSync(join(tmpdir(), "wamp-rawsocket-"));
const path = join(folder, "wamp.socket");
const listeners: { [name: string]: Listener } = {};

beforeAll(async () => {
  listeners.tcp = await listenRawSocket(router);
  listeners.tls = await listenRawSocket(router, { tls: { cert: certificate, key } });
  listeners.unix = await listenRawSocket(router, { path });
});

afterAll(async () => {
  await router.close();
  for (const listener of Object.values(listeners)) await listener.close();
  rmSync(folder, { recursive: true });
});

function dialer(name: string) {
  const url = listeners[name]!.url.replace("tcpips://127.0.0.1", "tcpips://localhost");
  return rawSocketDialer(url, { tls: { ca: certificate } });
}

describe.each(["tcp", "tls", "unix"])("over %s", (name) => {
  test.each([json, msgpack, cbor])("a session speaks $name", async (serializer) => {
    await using callee = await connect(dialer(name), { realm: "realm1", serializers: [serializer] });
    await using caller = await connect(dialer(name), { realm: "realm1", serializers: [serializer] });
    const uri = `com.example.${name}.${serializer.name}`;
    await callee.register(uri, ([text]: [string]) => `${text}!`);
    expect(await caller.call(uri, ["gr\u00fc\u00df \u{1F600}"])).toBe("gr\u00fc\u00df \u{1F600}!");
    const many = Array.from({ length: 500 }, (_, i) => `${i}`);
    expect(await Promise.all(many.map((text) => caller.call(uri, [text])))).toEqual(many.map((text) => `${text}!`));
    const large = "\u00e4b".repeat(150_000);
    expect(await caller.call(uri, [large])).toBe(`${large}!`);
  });
});

test("events come in order, of all sizes", async () => {
  await using subscriber = await connect(dialer("tcp"), { realm: "realm1", serializers: [cbor] });
  await using publisher = await connect(dialer("tcp"), { realm: "realm1" });
  const sizes = [0, 1, 100, 8_191, 8_192, 70_000, 3, 65_536];
  const got: [number, number][] = [];
  const count = 400;
  const all = Promise.withResolvers<void>();
  await subscriber.subscribe("com.example.sizes", ([index, bytes]: [number, string]) => {
    if (got.push([index, bytes.length]) === count) all.resolve();
  });
  // In portions, since events beyond what a subscriber may have queued are dropped.
  for (let i = 0; i < count; i += 8) {
    const last = sizes.map((size, j) =>
      publisher.publish("com.example.sizes", [i + j, "x".repeat(size)], {}, { acknowledge: true })
    );
    await Promise.all(last);
  }
  await all.promise;
  expect(got).toEqual(Array.from({ length: count }, (_, i) => [i, sizes[i % 8]]));
});

test("a call too large for the router is refused here, and the session goes on", async () => {
  await using wamp = await connect(dialer("tcp"), { realm: "realm1", serializers: [json] });
  await wamp.register("com.example.length", ([text]: [string]) => text.length);
  const error = await wamp.call("com.example.length", ["x".repeat(1024 * 1024)]).catch((error) => error);
  expect(WampError.is(error, "payload_size_exceeded")).toBe(true);
  expect(error.message).toContain("takes 1048576");
  const publication = wamp.publish("com.example.topic", ["x".repeat(1024 * 1024)], {}, { acknowledge: true });
  await expect(publication).rejects.toMatchObject({ code: "payload_size_exceeded" });
  await expect(wamp.publish("com.example.topic", ["\u20ac".repeat(400_000)])).rejects.toMatchObject({
    code: "payload_size_exceeded",
  });
  expect(await wamp.call("com.example.length", ["x".repeat(1000)])).toBe(1000);
});

test("a result too large for the caller fails its call alone, and an event is dropped", async () => {
  const url = listeners.tcp!.url;
  await using small = await connect(rawSocketDialer(url, { maxMessageSize: 4096 }), { realm: "realm1" });
  await using large = await connect(rawSocketDialer(url), { realm: "realm1" });
  await large.register("com.example.zeros", ([count]: [number]) => "0".repeat(count));
  const events: number[] = [];
  const last = Promise.withResolvers<void>();
  await small.subscribe("com.example.size", ([text]: [string]) => {
    events.push(text.length);
    if (text.length === 1) last.resolve();
  });
  const error = await small.call("com.example.zeros", [5000]).catch((error) => error);
  expect(error).toBeInstanceOf(RemoteError);
  expect(error.uri).toBe("wamp.error.payload_size_exceeded");
  expect(await small.call("com.example.zeros", [4000])).toBe("0".repeat(4000));
  await large.publish("com.example.size", ["x".repeat(5000)]);
  await large.publish("com.example.size", ["x"]);
  await last.promise;
  expect(events).toEqual([1]);
});

test("a call too large for its callee is answered, and the callee goes on", async () => {
  const url = listeners.tcp!.url;
  await using small = await connect(rawSocketDialer(url, { maxMessageSize: 4096 }), { realm: "realm1" });
  await using large = await connect(rawSocketDialer(url), { realm: "realm1" });
  await small.register("com.example.size", ([text]: [string]) => text.length);
  await expect(large.call("com.example.size", ["x".repeat(5000)])).rejects.toMatchObject({
    uri: "wamp.error.payload_size_exceeded",
    args: [expect.stringContaining("Cannot pass the arguments on to the callee")],
  });
  expect(await large.call("com.example.size", ["x".repeat(4000)])).toBe(4000);
});

test("a result too large for the router fails its call alone", async () => {
  await using wamp = await connect(dialer("tcp"), { realm: "realm1" });
  await wamp.register("com.example.huge", () => "x".repeat(2 * 1024 * 1024));
  await wamp.register("com.example.small", () => "x");
  const error = await wamp.call("com.example.huge").catch((error) => error);
  expect(error).toBeInstanceOf(RemoteError);
  expect(error.uri).toBe("wamp.error.payload_size_exceeded");
  expect(await wamp.call("com.example.small")).toBe("x");
});

test("a message of exactly the limit passes", async () => {
  const listener = await listenRawSocket(router, { maxMessageSize: 16 * 1024 * 1024 });
  await using wamp = await connect(rawSocketDialer(listener.url), { realm: "realm1", serializers: [msgpack] });
  const sizes: number[] = [];
  await wamp.register("com.example.whole", ([bytes]: [Uint8Array]) => void sizes.push(bytes.length));
  // What a CALL adds to its one argument differs from what an INVOCATION adds by a few bytes.
  for (const size of [16_777_100, 15_000_000]) await wamp.call("com.example.whole", [new Uint8Array(size)]);
  await expect(wamp.call("com.example.whole", [new Uint8Array(16_777_216)])).rejects.toMatchObject({
    code: "payload_size_exceeded",
  });
  expect(sizes).toEqual([16_777_100, 15_000_000]);
  await wamp.close();
  await listener.close();
});

test("a close of the listener ends its connections and frees the port", async () => {
  const listener = await listenRawSocket(router);
  const wamp = await connect(rawSocketDialer(listener.url), { realm: "realm1", reconnect: false });
  const left = new Promise<void>((resolve) => wamp.on("disconnect", () => resolve()));
  await listener.close();
  await left;
  await wamp.close();
  const again = await listenRawSocket(router, { port: listener.port });
  expect(again.port).toBe(listener.port);
  await again.close();
});

test("a port in use is said", async () => {
  await expect(listenRawSocket(router, { port: listeners.tcp!.port })).rejects.toMatchObject({ code: "listen_failed" });
  await expect(listenRawSocket(router, { maxMessageSize: 1000 })).rejects.toMatchObject({ code: "invalid_argument" });
});

describe("the file of a unix socket", () => {
  test("is removed at the close", async () => {
    const file = join(folder, "removed.socket");
    const listener = await listenRawSocket(router, { path: file });
    expect(listener.url).toBe(`unix://${file}`);
    expect(existsSync(file)).toBe(true);
    await listener.close();
    expect(existsSync(file)).toBe(false);
  });

  test("is not taken from a living process", async () => {
    await expect(listenRawSocket(router, { path })).rejects.toMatchObject({ code: "listen_failed" });
    await using wamp = await connect(dialer("unix"), { realm: "realm1" });
    expect(wamp.status).toBe("ready");
  });

  test("is replaced where a dead process left it behind", async () => {
    const file = join(folder, "stale.socket");
    // Whoever closes removes what it made, under the name that it made it.
    const dead = await listenRawSocket(router, { path: join(folder, "dead.socket") });
    renameSync(join(folder, "dead.socket"), file);
    await dead.close();
    expect(existsSync(file)).toBe(true);
    const listener = await listenRawSocket(router, { path: file });
    const wamp = await connect(rawSocketDialer(listener.url), { realm: "realm1" });
    expect(wamp.status).toBe("ready");
    await wamp.close();
    await listener.close();
    expect(existsSync(file)).toBe(false);
  });

  test("is left alone where it is no socket", async () => {
    const file = join(folder, "papers");
    writeFileSync(file, "important");
    await expect(listenRawSocket(router, { path: file })).rejects.toMatchObject({ code: "listen_failed" });
    expect(existsSync(file)).toBe(true);
  });
});

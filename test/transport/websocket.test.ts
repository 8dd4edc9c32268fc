import { expect, test } from "vitest";
import { json, msgpack, webSocketDialer } from "@izaber/wamp";
import type { Connection, Serializer, WebSocketConstructor, WebSocketEvent, WebSocketLike } from "@izaber/wamp";
import { FakeClock } from "../support/fake_clock.ts";
import { settle } from "../support/scripted_router.ts";

const HELLO = '[50,1,{},["hello"]]';

/** A WebSocket that does what a test says. */
class FakeSocket implements WebSocketLike {
  static made: FakeSocket[] = [];
  binaryType = "blob";
  readyState = 0;
  protocol = "";
  bufferedAmount: number | undefined = 0;
  readonly sent: unknown[] = [];
  readonly closed: unknown[] = [];
  readonly offered: string[];
  readonly #listeners: { type: string; listener: (event: WebSocketEvent) => void }[] = [];

  constructor(_url: string, protocols: string[]) {
    this.offered = protocols;
    FakeSocket.made.push(this);
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.sent.push(data);
  }

  close(code?: number, reason?: string): void {
    this.closed.push([code, reason]);
  }

  addEventListener(type: "open" | "message" | "error" | "close", listener: (event: WebSocketEvent) => void): void {
    this.#listeners.push({ type, listener });
  }

  fire(type: string, event: Partial<WebSocketEvent> = {}): void {
    for (const one of this.#listeners) if (one.type === type) one.listener({ type, ...event });
  }
}

interface Dialled {
  readonly connection: Connection;
  readonly socket: FakeSocket;
  readonly clock: FakeClock;
  readonly got: string[];
}

async function dial(serializer: Serializer, protocol: string, batched?: boolean): Promise<Dialled> {
  const clock = new FakeClock();
  const dialer = webSocketDialer("ws://router.example/ws", {
    WebSocket: FakeSocket as WebSocketConstructor,
    highWaterMark: 100,
    ...(batched === undefined ? {} : { batched }),
  });
  const dialling = dialer.dial({ serializers: [serializer], signal: new AbortController().signal, clock });
  const socket = FakeSocket.made.at(-1) as FakeSocket;
  socket.protocol = protocol;
  socket.fire("open");
  const connection = await dialling;
  const got: string[] = [];
  connection.start({
    message: (head) => got.push(`${head.type} ${head.payload.args[0]}`),
    violation: (error) => got.push(error.name),
    drained: () => got.push("drained"),
    closed: (info) => got.push(`closed ${info.code} ${info.reason} ${info.local}`),
  });
  return { connection, socket, clock, got };
}

test("each serializer's batched subprotocol is offered before its plain one, JSON's only when asked for", async () => {
  const offers = async (batched?: boolean) => {
    const dialer = webSocketDialer("ws://a/ws", {
      WebSocket: FakeSocket as WebSocketConstructor,
      ...(batched === undefined ? {} : { batched }),
    });
    const controller = new AbortController();
    const dialling = dialer.dial({ serializers: [msgpack, json], signal: controller.signal, clock: new FakeClock() });
    controller.abort(new Error("enough"));
    await expect(dialling).rejects.toThrow("enough");
    const socket = FakeSocket.made.at(-1) as FakeSocket;
    expect(socket.closed).toHaveLength(1);
    return socket.offered;
  };
  expect(await offers()).toEqual(["wamp.2.msgpack.batched", "wamp.2.msgpack", "wamp.2.json"]);
  expect(await offers(false)).toEqual(["wamp.2.msgpack", "wamp.2.json"]);
  expect(await offers(true)).toEqual([
    "wamp.2.msgpack.batched",
    "wamp.2.msgpack",
    "wamp.2.json.batched",
    "wamp.2.json",
  ]);
});

test("a server that agrees on no subprotocol, or on one that was not offered, is no router", async () => {
  for (const protocol of ["", "chat", "wamp.2.cbor", "wamp.2.json.batched"]) {
    await expect(dial(json, protocol)).rejects.toMatchObject({ code: "not_wamp", url: "ws://router.example/ws" });
    expect(FakeSocket.made.at(-1)?.closed).toHaveLength(1);
  }
});

test("binary messages are taken as ArrayBuffer, as bytes and as Blob, in the order in which they came", async () => {
  const { socket, got } = await dial(msgpack, "wamp.2.msgpack");
  expect(socket.binaryType).toBe("arraybuffer");
  const frames = ["a", "b", "c", "d"].map((text) =>
    msgpack.encode([50, 1, {}], json.scan(`[50,1,{},["${text}"]]`).payload) as Uint8Array<ArrayBuffer>
  );
  const [a, b, c, d] = frames as [
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
  ];
  socket.fire("message", { data: new Blob([a]) });
  socket.fire("message", { data: b.slice().buffer });
  socket.fire("message", { data: new Blob([c]) });
  socket.fire("message", { data: d });
  socket.fire("close", { code: 1000, reason: "bye" });
  await expect.poll(() => got).toEqual(["50 a", "50 b", "50 c", "50 d", "closed 1000 bye false"]);
});

test("frames that come before anybody listens are kept; what is no message is a violation", async () => {
  const clock = new FakeClock();
  const dialer = webSocketDialer("ws://router.example/ws", { WebSocket: FakeSocket as WebSocketConstructor });
  const dialling = dialer.dial({ serializers: [json], signal: new AbortController().signal, clock });
  const socket = FakeSocket.made.at(-1) as FakeSocket;
  socket.protocol = "wamp.2.json";
  socket.fire("open");
  const connection = await dialling;
  socket.fire("message", { data: HELLO });
  socket.fire("message", { data: 5 });
  const got: string[] = [];
  connection.start({
    message: (head) => got.push(String(head.payload.args[0])),
    violation: () => got.push("violation"),
    drained: () => {},
    closed: () => {},
  });
  expect(got).toEqual(["hello", "violation"]);
});

test("without batches a frame leaves at once; with batches a turn's frames leave as one", async () => {
  const plain = await dial(json, "wamp.2.json");
  plain.connection.send([6, {}, "a.b"]);
  plain.connection.send([6, {}, "c.d"]);
  expect(plain.socket.sent).toHaveLength(2);
  const { connection, socket } = await dial(msgpack, "wamp.2.msgpack.batched");
  connection.send([6, {}, "a.b"]);
  connection.send([6, {}, "c.d"]);
  expect(socket.sent).toHaveLength(0);
  await expect.poll(() => socket.sent.length).toBe(1);
  expect([...msgpack.splitBatch(socket.sent[0] as Uint8Array<ArrayBuffer>)]).toHaveLength(2);
  connection.send([6, {}, "e.f"]);
  connection.close();
  expect([socket.sent.length, socket.closed]).toEqual([2, [[1000, ""]]]);
});

test("what is queued is counted here too, and polled only while it is too much", async () => {
  const { connection, socket, clock, got } = await dial(json, "wamp.2.json");
  connection.send([6, {}, "a.b"]);
  expect([connection.queuedBytes > 0, connection.writable, clock.pending]).toEqual([true, true, 0]);
  connection.send([6, { message: "x".repeat(100) }, "a.b"]);
  expect([connection.writable, clock.pending]).toEqual([false, 1]);
  socket.bufferedAmount = 200;
  clock.advance(100);
  expect([connection.queuedBytes, got.length, clock.pending]).toEqual([200, 0, 1]);
  socket.bufferedAmount = 0;
  clock.advance(10);
  expect([got, connection.writable, clock.pending]).toEqual([["drained"], true, 0]);
});

test("where the WebSocket does not say what is queued, what was sent since the last message counts", async () => {
  const { connection, socket, clock, got } = await dial(json, "wamp.2.json");
  socket.bufferedAmount = undefined;
  expect([connection.queuedBytes, connection.writable]).toEqual([0, true]);
  connection.send([6, { message: "x".repeat(100) }, "a.b"]);
  expect([connection.writable, clock.pending]).toEqual([false, 1]);
  clock.advance(100);
  expect([got, connection.writable, clock.pending]).toEqual([["drained"], true, 0]);
});

test("close is the end, whether an error came before it or not; nothing is told after", async () => {
  const { connection, socket, got } = await dial(json, "wamp.2.json");
  socket.fire("error", { message: "broken" });
  expect(got).toEqual([]);
  socket.fire("close", { code: 1006, reason: "" });
  socket.fire("close", { code: 1006, reason: "" });
  socket.fire("message", { data: HELLO });
  expect(got).toEqual(["closed 1006  false"]);
  connection.send([6, {}, "a.b"]);
  await settle();
  expect(socket.sent).toEqual([]);
});

test("closing keeps to what the standard lets a client say; dropping does not wait", async () => {
  const one = await dial(json, "wamp.2.json");
  one.connection.close(1002, "é".repeat(100));
  const [[code, reason]] = one.socket.closed as [[number, string]];
  expect(code).toBe(1000);
  expect(new TextEncoder().encode(reason).length).toBeLessThanOrEqual(123);
  one.socket.fire("close", { code: 1000, reason: "" });
  expect(one.got).toEqual(["closed 1000  true"]);
  const two = await dial(json, "wamp.2.json");
  two.connection.terminate();
  expect(two.got).toEqual(["closed undefined terminated true"]);
  two.socket.fire("close", { code: 1006, reason: "" });
  expect(two.got).toHaveLength(1);
});

test("a WebSocket that can be dropped is, once the last words had time to leave", async () => {
  const { connection, socket, clock, got } = await dial(json, "wamp.2.json");
  const dropped: unknown[] = [];
  Object.assign(socket, {
    terminate(this: unknown) {
      dropped.push(this);
    },
  });
  connection.terminate();
  expect([got, socket.closed, dropped]).toEqual([["closed undefined terminated true"], [[1000, ""]], []]);
  clock.advance(1_000);
  expect([dropped.length, dropped[0] === socket, clock.pending]).toEqual([1, true, 0]);
});

test("an attempt that was given up before it began, and a WebSocket that cannot be made, are errors of the attempt", async () => {
  const dialer = webSocketDialer("ws://router.example/ws", { WebSocket: FakeSocket as WebSocketConstructor });
  const request = { serializers: [json], clock: new FakeClock() };
  const made = FakeSocket.made.length;
  await expect(dialer.dial({ ...request, signal: AbortSignal.abort(new Error("too late")) })).rejects.toThrow(
    "too late",
  );
  expect(FakeSocket.made).toHaveLength(made);
  const broken = webSocketDialer("ws://router.example/ws", {
    WebSocket: class {
      constructor() {
        throw new Error("blocked by policy");
      }
    } as unknown as WebSocketConstructor,
  });
  await expect(broken.dial({ ...request, signal: new AbortController().signal })).rejects.toMatchObject({
    code: "connection_failed",
    message: expect.stringContaining("blocked by policy"),
  });
});

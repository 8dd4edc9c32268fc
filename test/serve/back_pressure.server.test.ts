import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { FrameWriter } from "../../src/serve/frame_writer.ts";
import { listen } from "../../src/serve/listen.ts";
import type { Listener } from "../../src/serve/listener.ts";
import { NodeTransport } from "../../src/serve/node_transport.ts";
import { mountSettingsOf } from "../../src/serve/options.ts";
import { maskedFrame, RawWebSocket } from "../support/raw_websocket.ts";
import { testWhere } from "../support/test_where.ts";
import { TestAcceptor } from "./acceptor.ts";

const acceptor = new TestAcceptor();
const HIGH_WATER_MARK = 256 * 1024;
let listener: Listener;

beforeAll(async () => {
  listener = await listen(acceptor, { highWaterMark: HIGH_WATER_MARK });
});
afterAll(() => listener.close());

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

test("for a client that stops reading bytes queue up, and when it reads on they leave, in order", async () => {
  const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"] });
  const accepted = await acceptor.next();
  const { connection } = accepted;
  client.socket.pause();
  expect(connection.writable).toBe(true);
  expect(connection.queuedBytes).toBe(0);

  // What the two kernels hold does not count, so how many frames this takes differs.
  let sent = 0;
  while (connection.queuedBytes < 2 * HIGH_WATER_MARK) {
    connection.sendFrame(`${sent++} `.padEnd(60_000, "x"));
    await turn();
  }
  expect(connection.writable).toBe(false);

  const drained = accepted.drained();
  client.socket.resume();
  for (let i = 0; i < sent; i++) expect(await client.text()).toBe(`${i} `.padEnd(60_000, "x"));
  await drained;
  expect(connection.writable).toBe(true);
  connection.sendFrame("after");
  expect(await client.text()).toBe("after");
  client.destroy();
});

test("one turn that passes the mark is followed by drained, also when the client reads on", async () => {
  const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"] });
  const accepted = await acceptor.next();
  for (let round = 0; round < 5; round++) {
    const drained = accepted.drained();
    for (let i = 0; i < 8; i++) accepted.connection.sendFrame("x".repeat(HIGH_WATER_MARK / 4));
    expect(accepted.connection.writable).toBe(false);
    await drained;
    expect(accepted.connection.writable).toBe(true);
  }
  client.destroy();
});

test("a client that does not read and is dropped leaves nothing behind", async () => {
  const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"] });
  const accepted = await acceptor.next();
  client.socket.pause();
  while (accepted.connection.writable) {
    accepted.connection.sendFrame("x".repeat(60_000));
    await turn();
  }
  accepted.connection.terminate();
  expect(await accepted.closed).toMatchObject({ local: true });
  client.destroy();
});

test("nothing is delivered while a connection is paused", async () => {
  const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"] });
  const accepted = await acceptor.next();
  const frames: unknown[] = [];
  accepted.onFrame((frame) => frames.push(frame));
  accepted.connection.pause();
  client.send("one");
  const other = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"] });
  const otherAccepted = await acceptor.next();
  const seen = otherAccepted.frames(1);
  other.send("later, on another connection");
  await seen;
  expect(frames).toEqual([]);
  const received = new Promise<void>((resolve) => accepted.onFrame((frame) => (frames.push(frame), resolve())));
  accepted.connection.resume();
  await received;
  expect(frames).toEqual(["one"]);
  client.destroy();
  other.destroy();
});

// On Bun the runtime's own server has the sockets.
testWhere(inject("runtime") !== "bun")(
  "what came while the transport was paused is told when the socket goes",
  async () => {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    client.setNoDelay(true);
    const [socket] = await once(server, "connection") as [Socket];
    const told: unknown[] = [];
    const gone = Promise.withResolvers<void>();
    const shared = { writer: new FrameWriter(), vigil: undefined, left: () => {} };
    const transport = new NodeTransport(socket, shared, { transport: "websocket", address: "" }, mountSettingsOf({}));
    const first = Promise.withResolvers<void>();
    transport.start({
      frame: (frame) => {
        told.push(frame);
        transport.pause();
        first.resolve();
      },
      drained: () => {},
      closed: ({ local }) => {
        told.push({ local });
        gone.resolve();
      },
    });
    client.write(maskedFrame("one", 1));
    await first.promise;
    for (const text of ["two", "three", "four"]) {
      const { bytesRead } = socket;
      await new Promise((resolve) => client.write(maskedFrame(text, 1), resolve));
      // A paused stream reads on until its own mark is reached.
      while (socket.bytesRead === bytesRead) await new Promise((resolve) => setImmediate(resolve));
    }
    transport.terminate();
    await gone.promise;
    expect(told).toEqual(["one", "two", "three", "four", { local: true }]);
    client.destroy();
    server.close();
  },
);

import { connect } from "node:net";
import { expect, inject, test } from "vitest";
import { listen } from "../../src/serve/listen.ts";
import type { ListenOptions } from "../../src/serve/options.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { opcodes, RawWebSocket } from "../support/raw_websocket.ts";
import { type Accepted, TestAcceptor } from "./acceptor.ts";

async function withListener(
  run: (open: () => Promise<[RawWebSocket, Accepted]>, clock: FakeClock, close: () => Promise<void>) => Promise<void>,
  options: ListenOptions = {},
): Promise<void> {
  const acceptor = new TestAcceptor();
  const clock = new FakeClock();
  const listener = await listen(acceptor, {
    clock,
    pingInterval: 1000,
    pingTimeout: 300,
    closeTimeout: 500,
    ...options,
  });
  const open = async (): Promise<[RawWebSocket, Accepted]> => {
    const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"] });
    return [client, await acceptor.next()];
  };
  try {
    await run(open, clock, () => listener.close());
  } finally {
    const closed = listener.close();
    clock.advance(500);
    await closed;
    expect(clock.pending).toBe(0);
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

test("closing sends what waits, then the code and the reason", () =>
  withListener(async (open) => {
    const [client, accepted] = await open();
    accepted.connection.sendFrame("last words");
    accepted.connection.close(3007, "enough");
    accepted.connection.sendFrame("never sent");
    expect(await client.text()).toBe("last words");
    const close = await client.next();
    expect(close?.opcode).toBe(opcodes.close);
    expect(close?.data.readUInt16BE()).toBe(3007);
    expect(close?.data.subarray(2).toString()).toBe("enough");
    client.send(close!.data, opcodes.close);
    expect(await accepted.closed).toMatchObject({ local: true, code: 3007 });
    await client.gone;
  }));

test("who closes is told of the end after the call, not inside it", () =>
  withListener(async (open) => {
    for (const how of ["close", "terminate"] as const) {
      const [client, accepted] = await open();
      accepted.connection[how]();
      expect(accepted.ended).toBe(false);
      client.send(Uint8Array.of(0x03, 0xe8), opcodes.close);
      await accepted.closed;
      client.destroy();
    }
  }));

test.each([[1006, 1000], [1005, 1000], [999, 1000], [5000, 1000], [1002, 1002], [4999, 4999]])(
  "a code %i goes as %i",
  (given, sent) =>
    withListener(async (open) => {
      const [client, accepted] = await open();
      accepted.connection.close(given, "\u20ac".repeat(100));
      const close = await client.next();
      expect(close?.data.readUInt16BE()).toBe(sent);
      expect(close?.data.subarray(2).toString()).toBe("\u20ac".repeat(41));
      client.destroy();
    }),
);

test("a close by the client arrives with its code and reason", () =>
  withListener(async (open) => {
    const [client, accepted] = await open();
    client.send(Uint8Array.of(0x0f, 0xa1, 0x62, 0x79, 0x65), opcodes.close);
    expect(await accepted.closed).toEqual({ local: false, code: 4001, reason: "bye" });
    await client.gone;
  }));

test("a client that says goodbye and keeps its connection open is told of, and dropped", () =>
  withListener(async (open) => {
    const [client, accepted] = await open();
    client.socket.removeAllListeners("end");
    client.socket.allowHalfOpen = true;
    client.send(Uint8Array.of(0x0f, 0xa1, 0x62, 0x79, 0x65), opcodes.close);
    expect(await accepted.closed).toEqual({ local: false, code: 4001, reason: "bye" });
    client.destroy();
  }));

test("a client that says goodbye and never takes what is queued for it is dropped some time after", () =>
  withListener(async (open, clock) => {
    const [client, accepted] = await open();
    client.socket.pause();
    accepted.connection.sendFrame("x".repeat(40_000_000));
    const before = clock.pending;
    client.send(Uint8Array.of(0x03, 0xe8), opcodes.close);
    await until(() => clock.pending > before || accepted.ended);
    clock.advance(500);
    await accepted.closed;
    client.destroy();
  }));

test("a client that sends too large a message and stays is dropped some time after", () =>
  withListener(async (open, clock) => {
    const [client, accepted] = await open();
    client.socket.removeAllListeners("end");
    client.socket.allowHalfOpen = true;
    const before = clock.pending;
    client.send("x".repeat(1001));
    await until(() => clock.pending > before || accepted.ended);
    clock.advance(500);
    expect(await accepted.closed).toMatchObject({ local: false });
    client.destroy();
  }, { maxMessageSize: 1000 }));

test("a connection that breaks arrives as 1006", () =>
  withListener(async (open) => {
    const [client, accepted] = await open();
    client.destroy();
    expect(await accepted.closed).toMatchObject({ local: false, code: 1006 });
  }));

test("what is sent to a client that is gone is dropped in silence", () =>
  withListener(async (open) => {
    const [client, accepted] = await open();
    client.destroy();
    for (let i = 0; i < 100; i++) accepted.connection.sendFrame("x".repeat(1000));
    await accepted.closed;
    accepted.connection.sendFrame("too late");
    accepted.connection.close();
    accepted.connection.terminate();
  }));

test("terminate drops the connection at once", () =>
  withListener(async (open) => {
    const [client, accepted] = await open();
    accepted.connection.terminate();
    expect((await accepted.closed).local).toBe(true);
    await client.gone;
  }));

test("closing the listener closes every client with 1001", () =>
  withListener(async (open, _clock, close) => {
    const clients = [await open(), await open(), await open()];
    const closed = close();
    for (const [client, accepted] of clients) {
      const frame = await client.next();
      expect([frame?.opcode, frame?.data.readUInt16BE()]).toEqual([opcodes.close, 1001]);
      client.send(frame!.data, opcodes.close);
      expect((await accepted.closed).local).toBe(true);
    }
    await closed;
    await expect(open()).rejects.toThrow();
  }));

test("closing the listener drops clients that do not answer", () =>
  withListener(async (open, clock, close) => {
    const [client, accepted] = await open();
    client.socket.pause();
    const closed = close();
    clock.advance(500);
    await closed;
    expect((await accepted.closed).local).toBe(true);
    client.destroy();
  }));

test("a client that never takes what is queued for it is dropped some time after the close", () =>
  withListener(async (open, clock) => {
    const [client, accepted] = await open();
    client.socket.pause();
    const size = 40_000_000;
    accepted.connection.sendFrame("x".repeat(size));
    accepted.connection.close(4000, "too slow");
    clock.advance(499);
    expect(clock.pending).toBeGreaterThan(0);
    clock.advance(1);
    expect(await accepted.closed).toMatchObject({ local: true });
    client.socket.resume();
    await client.gone;
    expect(client.socket.bytesRead).toBeLessThan(size);
  }));

test("a client whose handshake ends while the listener closes is refused, and not waited for", () =>
  withListener(async (open, clock, close) => {
    const [mute, accepted] = await open();
    mute.socket.pause();
    const late = connect(mute.socket.remotePort!, "127.0.0.1");
    let heard = "";
    late.on("data", (chunk) => heard += chunk).on("error", () => {});
    const gone = new Promise((resolve) => late.on("close", resolve));
    await new Promise<void>((resolve) => late.write("GET /ws HTTP/1.1\r\nhost: x\r\n", () => resolve()));
    const closed = close();
    late.write(
      "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n" +
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: wamp.2.json\r\n\r\n",
    );
    await gone;
    // Bun has dropped it by then, as there the mute client does not hold up anything.
    expect(heard).toMatch(
      inject("runtime") === "bun" ? /^$|^HTTP\/1\.1 503 / : /^HTTP\/1\.1 503 [^]*This listener closes/,
    );
    clock.advance(500);
    await Promise.all([closed, accepted.closed]);
    mute.destroy();
  }));

test("closing the listener twice is closing it once", () =>
  withListener(async (_open, _clock, close) => {
    await Promise.all([close(), close()]);
    await close();
  }));

test("an idle client is pinged, and one that stays silent is dropped", () =>
  withListener(async (open, clock) => {
    const [live, liveAccepted] = await open();
    const [dead, deadAccepted] = await open();
    for (const [client, accepted] of [[live, liveAccepted], [dead, deadAccepted]] as const) {
      client.send("hello");
      await accepted.frames(1);
    }
    clock.advance(1000); // both have talked since they came
    clock.advance(1000); // and not since then
    for (const client of [live, dead]) {
      const ping = await client.next();
      expect(ping?.opcode).toBe(opcodes.ping);
    }
    // A pong cannot be waited for at the server; a frame behind it can.
    live.send(new Uint8Array(0), opcodes.pong);
    live.send("behind the pong");
    await liveAccepted.frames(1);
    clock.advance(300);
    expect(await deadAccepted.closed).toMatchObject({ local: true });
    await dead.gone;
    const sent = liveAccepted.frames(1);
    live.send("still here");
    expect(await sent).toEqual(["still here"]);
    live.destroy();
  }));

test.each([false, true])(
  "a client that neither reads nor says anything is dropped when bytes wait for it; paused: %s",
  (paused) =>
    withListener(async (open, clock) => {
      const [client, accepted] = await open();
      client.socket.pause();
      if (paused) accepted.connection.pause();
      accepted.connection.sendFrame("x".repeat(40_000_000));
      await until(() => accepted.connection.queuedBytes !== 40_000_000); // the turn is over
      for (let i = 0; i < 4; i++) clock.advance(1000);
      await accepted.closed;
      client.destroy();
    }),
);

test("a client that talks is not pinged", () =>
  withListener(async (open, clock) => {
    const [client, accepted] = await open();
    for (let i = 0; i < 5; i++) {
      const received = accepted.frames(1);
      client.send("talk");
      await received;
      clock.advance(1000);
    }
    accepted.connection.sendFrame("end");
    expect(await client.text()).toBe("end");
    client.destroy();
  }));

test("a ping is answered by a pong with its data", () =>
  withListener(async (open) => {
    const [client] = await open();
    client.send("are you there", opcodes.ping);
    const pong = await client.next();
    expect([pong?.opcode, pong?.data.toString()]).toEqual([opcodes.pong, "are you there"]);
    client.destroy();
  }));

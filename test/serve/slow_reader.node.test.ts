import { once } from "node:events";
import { expect, test } from "vitest";
import { listen } from "../../src/serve/listen.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { RawWebSocket } from "../support/raw_websocket.ts";
import { TestAcceptor } from "./acceptor.ts";

// Deno does not tell how much of a write has left, so there a large message has to be taken within the two periods.
test("a client that is slow to take a large message is not dropped while it takes some of it", async () => {
  const acceptor = new TestAcceptor();
  const clock = new FakeClock();
  const listener = await listen(acceptor, { clock, pingInterval: 1000, pingTimeout: 300, closeTimeout: 500 });
  const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"] });
  const { connection, closed } = await acceptor.next();
  const { socket } = client;
  socket.pause();
  connection.sendFrame("x".repeat(120_000_000));
  for (let round = 0; round < 6; round++) {
    const enough = socket.bytesRead + 12_000_000;
    socket.resume();
    while (socket.bytesRead < enough) await once(socket, "data");
    socket.pause();
    clock.advance(1000);
    clock.advance(300);
  }
  expect(socket.bytesRead).toBeLessThan(120_000_000);
  expect(socket.closed).toBe(false);
  expect(connection.closed).toBe(false);
  expect(connection.queuedBytes).toBeGreaterThan(0);
  client.destroy();
  await closed;
  await listener.close();
  expect(clock.pending).toBe(0);
});

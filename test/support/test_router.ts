import { WebSocketServer } from "ws";
import type { AddressInfo } from "node:net";

/** A router that the tests of one run share. */
export interface TestRouter {
  /** Where it listens, as `ws://127.0.0.1:PORT/ws`. */
  url: string;
  /** Stops listening and ends every session. */
  close(): Promise<void>;
}

/** Starts the router under test on a free loopback port: realm `realm1`, in which an anonymous session may do everything. */
export async function startTestRouter(): Promise<TestRouter> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => server.once("listening", resolve));
  server.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}/ws`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of server.clients) socket.terminate();
        server.close(() => resolve());
      }),
  };
}

import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** Stands between clients and a router, and can stop to let anything through without telling anybody. */
export interface Proxy {
  /** The port that clients connect to. */
  readonly port: number;
  /** Loses from now on whatever comes on the connections that there are, which stay open. */
  silence(): void;
  /** Takes nothing from the router any more, which then queues what it has for the clients. */
  hold(): void;
  /** Takes from the router again. */
  release(): void;
  /** Drops every connection. */
  close(): Promise<void>;
}

/**
 * Opens a proxy.
 *
 * @param port The port of the router.
 */
export async function openProxy(port: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const pairs: [Socket, Socket][] = [];
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    pairs.push([near, far]);
    near.pipe(far);
    far.pipe(near);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    silence() {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        near.resume();
        far.resume();
      }
    },
    hold() {
      for (const [near, far] of pairs) far.unpipe(near).pause();
    },
    release() {
      for (const [near, far] of pairs) far.pipe(near);
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

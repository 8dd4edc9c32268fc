import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Connection } from "../transport/connection.ts";
import { RawSocketTransport } from "../transport/rawsocket_transport.ts";
import { WampError } from "../wire/errors.ts";
import type { Acceptor } from "./acceptor.ts";
import { KeepAlive } from "./keep_alive.ts";
import { hostAndPort, listenError } from "./listener.ts";
import type { Listener } from "./listener.ts";
import { PendingHandshake } from "./rawsocket_handshake.ts";
import type { Shaken } from "./rawsocket_handshake.ts";
import { rawSocketSettings } from "./rawsocket_options.ts";
import type { RawSocketListenOptions, RawSocketSettings } from "./rawsocket_options.ts";
import { settingsOf } from "./options.ts";
import { UnixSocketFile } from "./unix_socket.ts";

/** The listener on Node, Deno and Bun: `node:net`, which all three have. */
class RawSocketListener implements Listener {
  readonly #acceptor: Acceptor;
  readonly #settings: RawSocketSettings;
  readonly #server: Server;
  readonly #file: UnixSocketFile | undefined;
  /** Every connection, also one that is still busy with TLS. */
  readonly #sockets = new Set<Socket>();
  readonly #pending = new Set<PendingHandshake>();
  readonly #transports = new Set<RawSocketTransport>();
  readonly #keepAlive: KeepAlive;
  #port = 0;
  #closed: Promise<void> | undefined;
  #allGone: (() => void) | undefined;

  constructor(acceptor: Acceptor, settings: RawSocketSettings) {
    const { clock, pingInterval, pingTimeout, handshakeTimeout, tls, path } = settings;
    this.#acceptor = acceptor;
    this.#settings = settings;
    this.#file = path === undefined ? undefined : new UnixSocketFile(path);
    this.#keepAlive = new KeepAlive(clock, pingInterval, pingTimeout);
    if (tls === undefined) this.#server = createServer((socket) => this.#shake(socket));
    else this.#server = createTlsServer({ ...tls, handshakeTimeout }, (socket) => this.#shake(socket));
    this.#server.on("connection", (socket: Socket) => this.#know(socket));
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    const { path, tls, hostname } = this.#settings;
    if (path !== undefined) return `unix://${path}`;
    return `${tls === undefined ? "tcpip" : "tcpips"}://${hostAndPort(hostname, this.#port)}`;
  }

  async open(): Promise<void> {
    const { path, hostname, port } = this.#settings;
    await this.#file?.clear();
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (error) => reject(this.#listenError(error)));
      if (path === undefined) this.#server.listen(port, hostname, resolve);
      else this.#server.listen(path, resolve);
    });
    // A connection that cannot be taken, as when there are no more file descriptors, ends nothing else.
    this.#server.on("error", () => {});
    await this.#file?.claim();
    if (path === undefined) this.#port = (this.#server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    const stopped = new Promise<unknown>((resolve) => this.#server.close(resolve));
    for (const handshake of this.#pending) handshake.drop();
    for (const transport of this.#transports) transport.close();
    if (this.#transports.size > 0) await new Promise<void>((resolve) => this.#allGone = resolve);
    for (const socket of this.#sockets) socket.destroy();
    await stopped;
    await this.#file?.remove();
  }

  #listenError(cause: Error): WampError {
    const { path, hostname, port } = this.#settings;
    if (path === undefined) return listenError(settingsOf({ hostname, port }), cause);
    return new WampError("listen_failed", `Cannot listen on ${path}: ${cause.message}`, { cause });
  }

  #know(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #shake(socket: Socket): void {
    if (this.#closed !== undefined) return void socket.destroy();
    const handshake = new PendingHandshake(socket, this.#acceptor, this.#settings, (shaken) => {
      this.#pending.delete(handshake);
      if (shaken !== undefined) this.#accept(socket, shaken);
    });
    this.#pending.add(handshake);
  }

  #accept(socket: Socket, { agreement, peerLimit, rest }: Shaken): void {
    const { path, maxMessageSize, closeTimeout, clock, highWaterMark } = this.#settings;
    const { serializer } = agreement;
    const address = path ?? hostAndPort(socket.remoteAddress ?? "", socket.remotePort ?? 0);
    const transport = new RawSocketTransport(socket, {
      peer: { transport: "rawsocket", address },
      text: serializer.name === "json",
      limit: maxMessageSize,
      peerLimit,
      closeTimeout,
      clock,
    });
    this.#transports.add(transport);
    this.#keepAlive.add(transport);
    socket.once("close", () => {
      this.#transports.delete(transport);
      this.#keepAlive.delete(transport);
      if (this.#transports.size === 0) this.#allGone?.();
    });
    this.#acceptor.accept(new Connection(transport, serializer, { highWaterMark }));
    if (rest.length > 0) transport.received(rest);
  }
}

/**
 * Serves a router over RawSocket, on a TCP port, with TLS or without, or on a unix socket.
 *
 * @param acceptor The router.
 * @param options Where and how to listen (default: a free port of 127.0.0.1, plain TCP, messages up to 1 MiB).
 * @returns The open port, its URL as `rawSocketDialer` takes it; the port of a unix socket is 0. Close it to stop.
 * @throws {WampError} `listen_failed` when the port or the path is in use or may not be opened, `invalid_argument` when `maxMessageSize` is no power
 *   of two from 512 to 16 MiB.
 *
 * @example
 * ```ts
 * import { openRealm, Router } from "@izaber/wamp/router";
 * import { listenRawSocket } from "@izaber/wamp/serve";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * const listener = await listenRawSocket(router, { port: 0 });
 * if (!listener.url.startsWith("tcpip://127.0.0.1:")) throw new Error("unexpected");
 * await router.close();
 * await listener.close();
 * ```
 *
 * @see WAMP advanced profile, "RawSocket Transport"
 */
export async function listenRawSocket(acceptor: Acceptor, options: RawSocketListenOptions = {}): Promise<Listener> {
  const listener = new RawSocketListener(acceptor, rawSocketSettings(options));
  await listener.open();
  return listener;
}

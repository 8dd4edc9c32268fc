import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { RawSocketTransport } from "../transport/rawsocket_transport.ts";
import { WampError } from "../wire/errors.ts";
import type { HandshakeAnswer } from "../router/handshake.ts";
import type { Acceptor } from "./acceptor.ts";
import type { ListenerStatistics, Place } from "./admission.ts";
import { peerCertificate, renewCertificate, tlsSettings } from "./certificate.ts";
import type { ServerCertificate, TlsSocketLike } from "./certificate.ts";
import { Door } from "./door.ts";
import { hostAndPort, listenError } from "./listener.ts";
import type { Listener } from "./listener.ts";
import { PendingHandshake } from "./rawsocket_handshake.ts";
import type { Shaken } from "./rawsocket_handshake.ts";
import { rawSocketSettings } from "./rawsocket_options.ts";
import type { RawSocketListenOptions, RawSocketSettings } from "./rawsocket_options.ts";
import { UnixSocketFile } from "./unix_socket.ts";

/** The listener on Node, Deno and Bun: `node:net`, which all three have. */
class RawSocketListener implements Listener {
  readonly #door: Door;
  readonly #settings: RawSocketSettings;
  readonly #server: Server;
  readonly #file: UnixSocketFile | undefined;
  /** Every connection, also one that is still busy with TLS. */
  readonly #sockets = new Set<Socket>();
  readonly #pending = new Set<PendingHandshake>();
  #port = 0;
  #closed: Promise<void> | undefined;

  constructor(acceptor: Acceptor, settings: RawSocketSettings) {
    const { handshakeTimeout, tls, path, limits } = settings;
    this.#settings = settings;
    this.#door = new Door(acceptor, settings);
    this.#file = path === undefined ? undefined : new UnixSocketFile(path);
    if (tls === undefined) this.#server = createServer((socket) => this.#shake(socket));
    else this.#server = createTlsServer({ ...tlsSettings(tls), handshakeTimeout }, (socket) => this.#shake(socket));
    // Those above the limit are told so, up to a point.
    this.#server.maxConnections = 2 * limits.connections;
    this.#server.on("connection", (socket: Socket) => this.#know(socket));
    // A server of `node:tls` leaves those open whose TLS fails, or takes too long; one of `node:https` does this by itself.
    this.#server.on("tlsClientError", (_error: Error, socket: Socket) => socket.destroy());
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    const { path, tls, hostname } = this.#settings;
    if (path !== undefined) return `unix://${path}`;
    return `${tls === undefined ? "tcpip" : "tcpips"}://${hostAndPort(hostname, this.#port)}`;
  }

  get statistics(): ListenerStatistics {
    return this.#door.statistics;
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

  renew(certificate: ServerCertificate): boolean {
    return renewCertificate(this.#server, certificate);
  }

  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const stopped = new Promise<unknown>((resolve) => this.#server.close(resolve));
    for (const handshake of this.#pending) handshake.drop();
    await this.#door.close();
    for (const socket of this.#sockets) socket.destroy();
    await stopped;
    await this.#file?.remove();
  }

  #listenError(cause: Error): WampError {
    const { path } = this.#settings;
    if (path === undefined) return listenError(this.#settings, cause);
    return new WampError("listen_failed", `Cannot listen on ${path}: ${cause.message}`, { cause });
  }

  #know(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #shake(socket: Socket): void {
    if (this.#closed !== undefined) return void socket.destroy();
    const place = this.#door.admission.admit(socket.remoteAddress ?? "");
    if (typeof place !== "string") socket.once("close", () => place.release());
    const decide = (subprotocol: string): HandshakeAnswer => {
      if (typeof place === "string") return { refused: "All places are taken.", status: 503 };
      return this.#door.handshake({
        path: "",
        headers: {},
        protocols: [subprotocol],
        address: this.#addressOf(socket),
      });
    };
    const handshake = new PendingHandshake(socket, decide, this.#settings, (shaken) => {
      this.#pending.delete(handshake);
      if (shaken !== undefined && typeof place !== "string") this.#accept(socket, shaken, place);
    });
    this.#pending.add(handshake);
  }

  #accept(socket: Socket, { agreement, peerLimit, rest }: Shaken, place: Place): void {
    const { maxMessageSize, closeTimeout, clock, highWaterMark } = this.#settings;
    const { serializer } = agreement;
    const certificate = peerCertificate(socket as TlsSocketLike);
    const transport = new RawSocketTransport(socket, {
      peer: {
        transport: "rawsocket",
        address: this.#addressOf(socket),
        ...certificate !== undefined && { certificate },
      },
      text: serializer.name === "json",
      limit: maxMessageSize,
      peerLimit,
      closeTimeout,
      clock,
    });
    socket.once("close", () => this.#door.left(transport));
    this.#door.enter(transport, place, serializer, { highWaterMark });
    if (rest.length > 0) transport.received(rest);
  }

  #addressOf(socket: Socket): string {
    return this.#settings.path ?? hostAndPort(socket.remoteAddress ?? "", socket.remotePort ?? 0);
  }
}

/**
 * Serves a router over RawSocket, on a TCP port, with TLS or without, or on a unix socket.
 *
 * @param acceptor The router.
 * @param options Where and how to listen (default: a free port of 127.0.0.1, plain TCP, messages up to 1 MiB).
 * @returns The open port, its URL as `rawSocketDialer` takes it; the port of a unix socket is 0. Close it to stop.
 * @throws {WampError} `listen_failed` when the port or the path is in use or may not be opened, `invalid_argument` when there is no such
 *   option or its value is wrong; `maxMessageSize` has to be a power of two from 512 to 16 MiB.
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

import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Acceptor } from "./acceptor.ts";
import type { ListenerStatistics } from "./admission.ts";
import { renewCertificate, tlsSettings } from "./certificate.ts";
import type { ServerCertificate } from "./certificate.ts";
import { targetOf } from "./door.ts";
import { listenError, listenerUrl } from "./listener.ts";
import type { Listener } from "./listener.ts";
import { NodeMount, respond } from "./node_mount.ts";
import { settingsOf } from "./options.ts";
import type { ListenOptions, Settings } from "./options.ts";
import { answerPlain, asksForWebSocket } from "./upgrade.ts";

const SOCKET_HIGH_WATER_MARK = 64 * 1024;
/** How many milliseconds a whole request may take: Node's own default. */
const REQUEST_TIMEOUT = 300_000;

/** The listener on Node and Deno, over `node:http`. */
class NodeListener implements Listener {
  readonly #settings: Settings;
  readonly #http: Server;
  readonly #mount: NodeMount;
  /** Where the port speaks TLS, the sockets below it: the server itself knows a connection once its handshake is done, yet waits for every one. */
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #closed: Promise<void> | undefined;

  constructor(acceptor: Acceptor, settings: Settings) {
    const { tls, handshakeTimeout, limits } = settings;
    this.#settings = settings;
    this.#mount = new NodeMount(acceptor, settings);
    const options = {
      // Deno takes no 0.
      highWaterMark: Math.max(1, Math.min(SOCKET_HIGH_WATER_MARK, settings.highWaterMark)),
      headersTimeout: handshakeTimeout,
      // It may not be less.
      requestTimeout: Math.max(REQUEST_TIMEOUT, handshakeTimeout),
      connectionsCheckingInterval: Math.ceil(handshakeTimeout / 2),
      shouldUpgradeCallback: ({ headers }: IncomingMessage) => asksForWebSocket(headers),
    };
    this.#http = tls === undefined
      ? createServer(options)
      : createTlsServer({ ...options, ...tlsSettings(tls), handshakeTimeout });
    if (tls !== undefined) this.#http.on("connection", (socket: Socket) => this.#know(socket));
    // A client of long-poll has several connections.
    this.#http.maxConnections = 2 * limits.connections;
    this.#http.on("request", (request, response) => {
      // What asks for a WebSocket comes as "upgrade"; here is all that does not, whatever its other headers claim.
      if (this.#mount.handle(request, response)) return;
      const { status, headers, text } = answerPlain(acceptor, settings.paths, targetOf(request.url ?? "/"));
      respond(response, { status, headers, body: text });
    });
    this.#http.on("upgrade", (request, socket, head) => this.#mount.upgrade(request, socket as Socket, head));
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return listenerUrl(this.#settings, this.port);
  }

  get statistics(): ListenerStatistics {
    return this.#mount.door.statistics;
  }

  open(): Promise<void> {
    const { hostname, port } = this.#settings;
    return new Promise((resolve, reject) => {
      this.#http.once("error", (error) => reject(listenError(this.#settings, error)));
      this.#http.listen(port, hostname, () => {
        // A connection that cannot be taken, as when there are no more file descriptors, ends nothing else.
        this.#http.on("error", () => {});
        this.#port = (this.#http.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  renew(certificate: ServerCertificate): boolean {
    return renewCertificate(this.#http, certificate);
  }

  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const stopped = new Promise<unknown>((resolve) => this.#http.close(resolve));
    await this.#mount.close();
    this.#http.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
    await stopped;
  }

  #know(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }
}

/**
 * Opens a port on Node or Deno.
 *
 * @param acceptor What is served.
 * @param options Where and how to listen.
 * @returns The open port.
 * @throws {WampError} `listen_failed` when the port is in use or may not be opened, `invalid_argument` when a certificate and its key are none.
 */
export async function listen(acceptor: Acceptor, options: ListenOptions = {}): Promise<Listener> {
  const listener = new NodeListener(acceptor, settingsOf(options));
  await listener.open();
  return listener;
}

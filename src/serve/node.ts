import { createServer, STATUS_CODES } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { Connection } from "../transport/connection.ts";
import type { Acceptor, Agreed } from "./acceptor.ts";
import { FrameWriter } from "./frame_writer.ts";
import { KeepAlive } from "./keep_alive.ts";
import { hostAndPort, listenError, listenerUrl } from "./listener.ts";
import type { Listener } from "./listener.ts";
import { NodeTransport } from "./node_transport.ts";
import { settingsOf } from "./options.ts";
import type { ListenOptions, Settings } from "./options.ts";
import { answerPlain, decide } from "./upgrade.ts";
import type { HttpAnswer } from "./upgrade.ts";

const SOCKET_HIGH_WATER_MARK = 64 * 1024;

/** The listener on Node and Deno: `node:http` and `ws`. */
class NodeListener implements Listener {
  readonly #acceptor: Acceptor;
  readonly #settings: Settings;
  readonly #http: Server;
  readonly #webSockets: WebSocketServer;
  readonly #agreements = new WeakMap<IncomingMessage, Agreed>();
  readonly #transports = new Set<NodeTransport>();
  readonly #keepAlive: KeepAlive;
  readonly #writer = new FrameWriter();
  #closed: Promise<void> | undefined;
  #allGone: (() => void) | undefined;

  constructor(acceptor: Acceptor, settings: Settings) {
    this.#acceptor = acceptor;
    this.#settings = settings;
    this.#keepAlive = new KeepAlive(settings.clock, settings.pingInterval, settings.pingTimeout);
    // A socket tells of its draining only after its own mark was passed, which therefore must not be above the connection's.
    const highWaterMark = Math.min(SOCKET_HIGH_WATER_MARK, settings.highWaterMark);
    this.#http = createServer({ highWaterMark });
    this.#http.on("request", (request, response) => {
      // What asks for a WebSocket comes as "upgrade"; here is all that does not, whatever its other headers claim.
      const { status, text, headers } = answerPlain(this.#acceptor, settings.paths, request.url ?? "/");
      response.writeHead(status, headers).end(text);
    });
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket as Socket, head));
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: settings.maxMessageSize,
      handleProtocols: (_offered, request) => this.#agreements.get(request)?.subprotocol ?? false,
    });
    this.#webSockets.on("headers", (lines, request) => {
      for (const [name, value] of Object.entries(this.#agreements.get(request)?.headers ?? {})) {
        lines.push(`${name}: ${value}`);
      }
    });
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  get url(): string {
    return listenerUrl(this.#settings, this.port);
  }

  open(): Promise<void> {
    const { hostname, port } = this.#settings;
    return new Promise((resolve, reject) => {
      this.#http.once("error", (error) => reject(listenError(this.#settings, error)));
      this.#http.listen(port, hostname, resolve);
    });
  }

  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    const stopped = new Promise<unknown>((resolve) => this.#http.close(resolve));
    this.#http.closeAllConnections();
    for (const transport of this.#transports) transport.close(1001, "the server stops");
    if (this.#transports.size > 0) await new Promise<void>((resolve) => this.#allGone = resolve);
    this.#webSockets.close();
    await stopped;
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { url: target = "/", headers } = request;
    const decision = decide(this.#acceptor, this.#settings.paths, {
      target,
      headers: headers as Record<string, string>,
    });
    if ("status" in decision) return refuse(socket, decision);
    this.#agreements.set(request, decision);
    this.#webSockets.handleUpgrade(request, socket, head, (ws) => this.#accept(ws, request, socket, decision));
  }

  #accept(ws: WebSocket, request: IncomingMessage, socket: Socket, { serializer, batched }: Agreed): void {
    const { highWaterMark, maxMessageSize } = this.#settings;
    socket.setNoDelay(true);
    const transport = new NodeTransport(ws, socket, this.#writer, {
      transport: "websocket",
      address: hostAndPort(socket.remoteAddress ?? "", socket.remotePort ?? 0),
      path: request.url ?? "/",
      headers: request.headers as Record<string, string>,
    }, this.#settings);
    this.#transports.add(transport);
    this.#keepAlive.add(transport);
    ws.on("close", () => {
      this.#transports.delete(transport);
      this.#keepAlive.delete(transport);
      if (this.#transports.size === 0) this.#allGone?.();
    });
    this.#acceptor.accept(new Connection(transport, serializer, { batched, highWaterMark, maxMessageSize }));
  }
}

function refuse(socket: Duplex, { status, text, headers }: HttpAnswer): void {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    `content-length: ${Buffer.byteLength(text)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.on("error", () => socket.destroy());
  // A client that does not end its half of the connection is not waited for.
  socket.once("finish", () => socket.destroy());
  socket.end(`${lines.join("\r\n")}\r\n\r\n${text}`);
}

/**
 * Opens a port on Node or Deno.
 *
 * @param acceptor What is served.
 * @param options Where and how to listen.
 * @returns The open port.
 * @throws {WampError} `listen_failed` when the port is in use or may not be opened.
 */
export async function listen(acceptor: Acceptor, options: ListenOptions = {}): Promise<Listener> {
  const listener = new NodeListener(acceptor, settingsOf(options));
  await listener.open();
  return listener;
}

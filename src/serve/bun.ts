import { Connection } from "../transport/connection.ts";
import type { PeerInfo } from "../transport/transport.ts";
import type { Acceptor, Agreed } from "./acceptor.ts";
import { BunTransport } from "./bun_transport.ts";
import type { BunApi, BunServer, BunWebSocket, BunWebSocketHandler } from "./bun_types.ts";
import { KeepAlive } from "./keep_alive.ts";
import { hostAndPort, listenError, listenerUrl } from "./listener.ts";
import type { Listener } from "./listener.ts";
import { settingsOf } from "./options.ts";
import type { ListenOptions, Settings } from "./options.ts";
import { decide } from "./upgrade.ts";

/** What an upgrade hands to the WebSocket that comes of it. */
interface Upgraded {
  readonly agreement: Agreed;
  readonly peer: PeerInfo;
  transport: BunTransport | undefined;
}

/** The listener on Bun: its own server. */
class BunListener implements Listener {
  readonly port: number;
  readonly #acceptor: Acceptor;
  readonly #settings: Settings;
  readonly #server: BunServer;
  readonly #transports = new Set<BunTransport>();
  readonly #keepAlive: KeepAlive;
  #closed: Promise<void> | undefined;
  #allGone: (() => void) | undefined;

  constructor(acceptor: Acceptor, settings: Settings) {
    this.#acceptor = acceptor;
    this.#settings = settings;
    this.#keepAlive = new KeepAlive(settings.clock, settings.pingInterval, settings.pingTimeout);
    this.#server = (globalThis as unknown as { Bun: BunApi }).Bun.serve({
      port: settings.port,
      hostname: settings.hostname,
      fetch: (request, server) => this.#upgrade(request, server),
      websocket: this.#handler(),
    });
    this.port = this.#server.port;
  }

  get url(): string {
    return listenerUrl(this.#settings, this.port);
  }

  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    for (const transport of this.#transports) transport.close(1001, "the server stops");
    const stopped = this.#server.stop();
    if (this.#transports.size > 0) await new Promise<void>((resolve) => this.#allGone = resolve);
    await this.#server.stop(true);
    await stopped;
  }

  #upgrade(request: Request, server: BunServer): Response | undefined {
    // Not parsed as a URL, which it need not be: its host is whatever the client wrote into the header.
    const target = request.url.replace(/^https?:\/\/[^/?]*/i, "");
    const headers = Object.fromEntries(request.headers);
    const decision = decide(this.#acceptor, this.#settings.paths, { target, headers });
    if ("status" in decision) {
      return new Response(decision.text, { status: decision.status, headers: decision.headers });
    }
    const from = server.requestIP(request);
    const data: Upgraded = {
      agreement: decision,
      peer: {
        transport: "websocket",
        address: hostAndPort(from?.address ?? "", from?.port ?? 0),
        path: target,
        headers,
      },
      transport: undefined,
    };
    const answer = new Headers(decision.headers);
    answer.set("sec-websocket-protocol", decision.subprotocol);
    if (server.upgrade(request, { data, headers: answer })) return undefined;
    return new Response("This is not a complete WebSocket handshake.\n", {
      status: 400,
      headers: { connection: "close" },
    });
  }

  #handler(): BunWebSocketHandler {
    const transportOf = (ws: BunWebSocket) => (ws.data as Upgraded).transport;
    return {
      open: (ws) => this.#accept(ws),
      message: (ws, data) => transportOf(ws)?.received(data),
      drain: (ws) => transportOf(ws)?.drained(),
      ping: (ws) => transportOf(ws)?.heard(),
      pong: (ws) => transportOf(ws)?.heard(),
      close: (ws, code, reason) => this.#forget(transportOf(ws), code, reason),
      maxPayloadLength: this.#settings.maxMessageSize,
      // What is queued is the router's to bound: Bun would drop frames in the middle of a session.
      backpressureLimit: 0,
      closeOnBackpressureLimit: false,
      // The shared KeepAlive does what these would, on the injected clock.
      idleTimeout: 0,
      sendPings: false,
      perMessageDeflate: false,
    };
  }

  #accept(ws: BunWebSocket): void {
    const upgraded = ws.data as Upgraded;
    const { serializer, batched } = upgraded.agreement;
    const { highWaterMark, maxMessageSize } = this.#settings;
    const transport = new BunTransport(ws, upgraded.peer, this.#settings);
    upgraded.transport = transport;
    this.#transports.add(transport);
    this.#keepAlive.add(transport);
    this.#acceptor.accept(new Connection(transport, serializer, { batched, highWaterMark, maxMessageSize }));
  }

  #forget(transport: BunTransport | undefined, code: number, reason: string): void {
    if (transport === undefined) return;
    this.#transports.delete(transport);
    this.#keepAlive.delete(transport);
    transport.closed(code, reason);
    if (this.#transports.size === 0) this.#allGone?.();
  }
}

/**
 * Opens a port on Bun.
 *
 * @param acceptor What is served.
 * @param options Where and how to listen.
 * @returns The open port.
 * @throws {WampError} `listen_failed` when the port is in use or may not be opened.
 */
// deno-lint-ignore require-await -- what it throws is to be a rejection, as on Node
export async function listen(acceptor: Acceptor, options: ListenOptions = {}): Promise<Listener> {
  const settings = settingsOf(options);
  try {
    return new BunListener(acceptor, settings);
  } catch (cause) {
    throw listenError(settings, cause);
  }
}

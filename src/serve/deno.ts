import { Connection } from "../transport/connection.ts";
import type { PeerInfo } from "../transport/transport.ts";
import { WebSocketTransport } from "../transport/websocket_transport.ts";
import type { WebSocketLike } from "../transport/websocket_like.ts";
import { WampError } from "../wire/errors.ts";
import type { Acceptor } from "./acceptor.ts";
import type { ListenerStatistics } from "./admission.ts";
import { Door, splitTarget } from "./door.ts";
import type { Guest } from "./door.ts";
import { LongPoll } from "./long_poll.ts";
import { longPollSettings } from "./long_poll_options.ts";
import type { Mount } from "./listener.ts";
import { mountSettingsOf } from "./options.ts";
import type { MountOptions, MountSettings } from "./options.ts";
import { decide } from "./upgrade.ts";
import type { Entrance } from "./upgrade.ts";
import { pollOverFetch, targetOf } from "./web_request.ts";

/** What `Deno.serve` says of a request's connection, as far as it is used here. */
export interface DenoServeInfo {
  /** Where it comes from; `hostname` and `port` where it comes over TCP. */
  readonly remoteAddr?: object;
}

/** What of Deno is used here, so that no types of Deno are needed. */
interface DenoApi {
  upgradeWebSocket(
    request: Request,
    options: { protocol: string; idleTimeout: number },
  ): { socket: WebSocketLike; response: Response };
}

/** A router on a server of `Deno.serve`. */
export interface DenoMount extends Mount {
  /**
   * Takes a request of the server's, if it is for the router.
   *
   * @param request The request.
   * @param info What the server says of its connection.
   * @returns The answer, for the server; null when the request is not for the router.
   */
  handle(request: Request, info?: DenoServeInfo): Response | Promise<Response> | null;
}

/** A WebSocket of Deno's server as a transport. Deno itself pings it. */
class DenoTransport extends WebSocketTransport implements Guest {
  override readonly peer: PeerInfo;
  readonly activity = 0;
  readonly excused = true;

  constructor(socket: WebSocketLike, peer: PeerInfo, settings: MountSettings, batched: boolean) {
    const { clock, highWaterMark } = settings;
    super(socket, "ws://localhost", { clock, highWaterMark, batched });
    this.peer = peer;
  }

  ping(): void {}
}

class MountOnDeno implements DenoMount {
  readonly #door: Door;
  readonly #settings: MountSettings;
  readonly #longPoll: LongPoll | undefined;

  constructor(acceptor: Acceptor, settings: MountSettings) {
    this.#door = new Door(acceptor, settings);
    this.#settings = settings;
    const { longPoll } = settings;
    if (longPoll !== undefined) this.#longPoll = new LongPoll(this.#door, settings, longPollSettings(longPoll));
  }

  get statistics(): ListenerStatistics {
    return this.#door.statistics;
  }

  handle(request: Request, info: DenoServeInfo = {}): Response | Promise<Response> | null {
    const target = targetOf(request);
    const { hostname = "", port = 0 } = info.remoteAddr as { hostname?: string; port?: number } | undefined ?? {};
    const known = { target, headers: Object.fromEntries(request.headers), remote: { address: hostname, port } };
    if (this.#door.closed) return null;
    if (this.#longPoll?.owns(target)) return pollOverFetch(this.#longPoll, request, known);
    if (!this.#settings.paths.includes(splitTarget(target).path)) return null;
    const decision = decide(this.#door, this.#settings, known);
    if (!("status" in decision)) return this.#upgrade(request, decision);
    return new Response(decision.text, { status: decision.status, headers: decision.headers });
  }

  close(): Promise<void> {
    return this.#door.close();
  }

  #upgrade(request: Request, entrance: Entrance): Response {
    const { agreement: { subprotocol, headers, serializer, batched }, peer, place } = entrance;
    const { pingInterval, highWaterMark, maxMessageSize } = this.#settings;
    try {
      const { socket, response } = denoApi().upgradeWebSocket(request, {
        protocol: subprotocol,
        idleTimeout: Math.ceil(pingInterval / 1000),
      });
      for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
      socket.binaryType = "arraybuffer";
      const transport = new DenoTransport(socket, peer, this.#settings, batched);
      socket.addEventListener("open", () => {
        const options = { batched, highWaterMark, maxMessageSize };
        this.#door.enter(transport, place, new Connection(transport, serializer, options));
      });
      socket.addEventListener("message", (event) => transport.received(event));
      socket.addEventListener("close", ({ code, reason = "" }) => {
        place.release();
        this.#door.left(transport);
        transport.ended(code === undefined ? { reason } : { reason, code });
      });
      return response;
    } catch (error) {
      place.release();
      if (!(error instanceof TypeError)) throw error;
      return new Response("This is not a complete WebSocket handshake.\n", { status: 400 });
    }
  }
}

function denoApi(): DenoApi {
  const { Deno } = globalThis as { readonly Deno?: DenoApi };
  if (Deno !== undefined) return Deno;
  throw new WampError(
    "invalid_argument",
    "Cannot mount a router on Deno.serve here: this is not Deno; use mountNode or mountBun",
  );
}

/**
 * Puts a router on a server of `Deno.serve` that has other things to answer, too. A router that has the port to itself is faster: `listen`.
 *
 * Deno pings by itself: half of `pingInterval` after silence, and the other half is for the answer. `pingTimeout`, `compression` and `closeTimeout` have no
 * effect here, and a client's certificate is not seen.
 *
 * @param acceptor The router.
 * @param options On which paths (default `/ws`), and how.
 * @returns What takes the server's requests.
 * @throws {WampError} `invalid_argument` when this is not Deno, there is no such option, or its value is wrong.
 *
 * @example
 * ```js
 * import { openRealm, Router } from "@izaber/wamp/router";
 * import { mountDeno } from "@izaber/wamp/serve";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * const wamp = mountDeno(router, { paths: ["/ws"] });
 * const server = Deno.serve((request, info) => wamp.handle(request, info) ?? new Response("a page of your own"));
 *
 * // at the end
 * await router.close();
 * await wamp.close();
 * await server.shutdown();
 * ```
 */
export function mountDeno(acceptor: Acceptor, options: MountOptions = {}): DenoMount {
  denoApi();
  return new MountOnDeno(acceptor, mountSettingsOf(options));
}

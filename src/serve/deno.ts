import { closeArguments } from "../transport/close_arguments.ts";
import type { CloseInfo, PeerInfo } from "../transport/transport.ts";
import { closeInfo } from "../transport/websocket.ts";
import { WebSocketTransport } from "../transport/websocket_transport.ts";
import type { WebSocketEvent, WebSocketLike } from "../transport/websocket_like.ts";
import type { Timer } from "../wire/clock.ts";
import { WampError } from "../wire/errors.ts";
import type { Acceptor } from "./acceptor.ts";
import type { ListenerStatistics, Place } from "./admission.ts";
import { Door, splitTarget, targetOf } from "./door.ts";
import { CloseCode } from "./frame_format.ts";
import type { Guest } from "./guest_connection.ts";
import { LongPoll } from "./long_poll.ts";
import { longPollSettings } from "./long_poll_options.ts";
import type { Mount } from "./listener.ts";
import { mountSettingsOf } from "./options.ts";
import type { MountOptions, MountSettings } from "./options.ts";
import { decide } from "./upgrade.ts";
import type { Entrance } from "./upgrade.ts";
import { pollOverFetch } from "./web_request.ts";

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

/** How many milliseconds a client that was answered may take to be there: Deno tells nothing of one that is gone by then. */
const OPEN_TIMEOUT = 10_000;

/** A WebSocket of Deno's server as a transport. Deno itself pings it, and cannot drop it: one that is to be gone by now counts as that. */
class DenoTransport extends WebSocketTransport implements Guest {
  override readonly peer: PeerInfo;
  readonly activity = 0;
  readonly excused = true;
  readonly #socket: WebSocketLike;
  readonly #settings: MountSettings;
  readonly #left: (transport: DenoTransport) => void;
  #deadline: Timer;
  #there = false;
  #over = false;

  constructor(
    socket: WebSocketLike,
    { peer, agreement: { batched } }: Entrance,
    settings: MountSettings,
    left: (transport: DenoTransport) => void,
  ) {
    const { clock, highWaterMark } = settings;
    super(socket, "ws://localhost", { clock, highWaterMark, batched });
    this.peer = peer;
    this.#socket = socket;
    this.#settings = settings;
    this.#left = left;
    this.#deadline = this.#endAfter(OPEN_TIMEOUT);
  }

  /**
   * The client is there.
   *
   * @returns Whether it still may come.
   */
  opened(): boolean {
    this.#deadline.cancel();
    this.#there = true;
    return !this.#over;
  }

  /** Whether it never opened, nor will. */
  get missed(): boolean {
    return this.#over && !this.#there;
  }

  /** A message came; of one that is too large Deno tells once it is whole. */
  override received(event: WebSocketEvent): void {
    if (this.#over) return;
    const { data } = event;
    const size = typeof data === "string" ? data.length : data instanceof ArrayBuffer ? data.byteLength : 0;
    if (size <= this.#settings.maxMessageSize) return super.received(event);
    const [code, reason] = [CloseCode.tooLarge, `a message has more than ${this.#settings.maxMessageSize} bytes`];
    this.#socket.close(code, reason);
    this.ended({ code, reason, tooLarge: true });
  }

  override close(code?: number, reason?: string): void {
    this.#deadline.cancel();
    this.#deadline = this.#endAfter(this.#settings.closeTimeout);
    // A server may say every code; what the other call would say then comes too late.
    this.#socket.close(...closeArguments(code, reason));
    super.close(code, reason);
  }

  override ended(info: Omit<CloseInfo, "local">): void {
    this.#over = true;
    this.#deadline.cancel();
    this.#left(this);
    super.ended(info);
  }

  ping(): void {}

  #endAfter(milliseconds: number): Timer {
    return this.#settings.clock.timer(milliseconds, () => this.ended({ code: 1006, reason: "" }), { background: true });
  }
}

class MountOnDeno implements DenoMount {
  readonly #door: Door;
  readonly #settings: MountSettings;
  readonly #longPoll: LongPoll | undefined;
  /** Those of the WebSockets that Deno still has: it may keep one for long after the router is done with it. */
  readonly #places = new Set<Place>();

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
    const target = targetOf(request.url);
    const { hostname = "", port = 0 } = info.remoteAddr as { hostname?: string; port?: number } | undefined ?? {};
    const known = { target, headers: Object.fromEntries(request.headers), remote: { address: hostname, port } };
    if (this.#door.closed) return null;
    if (this.#longPoll?.owns(target)) return pollOverFetch(this.#longPoll, request, known);
    if (!this.#settings.paths.includes(splitTarget(target).path)) return null;
    const decision = decide(this.#door, this.#settings, known);
    if (!("status" in decision)) return this.#upgrade(request, decision);
    return new Response(decision.text, { status: decision.status, headers: decision.headers });
  }

  async close(): Promise<void> {
    await this.#door.close();
    for (const place of this.#places) place.release();
  }

  #upgrade(request: Request, entrance: Entrance): Response {
    const { agreement: { subprotocol, headers, serializer, batched }, place } = entrance;
    const { pingInterval, highWaterMark, maxMessageSize } = this.#settings;
    const release = () => {
      place.release();
      this.#places.delete(place);
    };
    this.#places.add(place);
    try {
      const { socket, response } = denoApi().upgradeWebSocket(request, {
        protocol: subprotocol,
        idleTimeout: Math.ceil(pingInterval / 1000),
      });
      for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
      socket.binaryType = "arraybuffer";
      const transport = new DenoTransport(socket, entrance, this.#settings, (gone) => {
        this.#door.left(gone);
        if (gone.missed) release();
      });
      socket.addEventListener("open", () => {
        if (!transport.opened()) return socket.close();
        this.#door.enter(transport, undefined, serializer, { batched, highWaterMark, maxMessageSize });
      });
      socket.addEventListener("message", (event) => transport.received(event));
      socket.addEventListener("close", (event) => {
        transport.ended(closeInfo(event));
        release();
      });
      return response;
    } catch (error) {
      release();
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
 * Deno pings by itself: half of `pingInterval` after silence, and the other half is for the answer. `pingTimeout` and `compression` have no effect here, a
 * client's certificate is not seen. A session whose client does not answer a close is over after `closeTimeout`, but keeps its place as long as Deno keeps
 * the socket. `maxMessageSize` is looked at once a message is whole: until then Deno itself keeps what comes, up to 64 MiB a message, of strangers, too, so
 * that `limits.connectionsPerAddress` is to be low, or a proxy before it, where they may come; with `listen` a message ends where it announces too much.
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

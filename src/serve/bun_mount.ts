import type { Acceptor } from "./acceptor.ts";
import { BunTransport } from "./bun_transport.ts";
import type { BunServer, BunWebSocket, BunWebSocketHandler } from "./bun_types.ts";
import { Door, splitTarget, targetOf } from "./door.ts";
import { LongPoll } from "./long_poll.ts";
import { longPollSettings } from "./long_poll_options.ts";
import type { MountSettings } from "./options.ts";
import { decide } from "./upgrade.ts";
import type { Entrance } from "./upgrade.ts";
import { Vigil } from "./vigil.ts";
import { pollOverFetch } from "./web_request.ts";

/** How many milliseconds a request for messages is held at most: Bun drops connections that are silent for 255 s, or else never. */
const LONGEST_HOLD = 240_000;

/** What an upgrade hands to the WebSocket that comes of it; once that is open, its transport is in the place of this. */
class Upgraded {
  readonly entrance: Entrance;

  constructor(entrance: Entrance) {
    this.entrance = entrance;
  }
}

/** A router on a server of Bun: takes over WebSockets, and answers the requests of long-poll. */
export class BunMount {
  /** Who may come in. */
  readonly door: Door;
  readonly #settings: MountSettings;
  readonly #vigil = new Vigil();
  readonly #longPoll: LongPoll | undefined;

  /**
   * @param acceptor What is served.
   * @param settings How.
   */
  constructor(acceptor: Acceptor, settings: MountSettings) {
    this.door = new Door(acceptor, settings);
    this.#settings = settings;
    const { longPoll } = settings;
    if (longPoll === undefined) return;
    const poll = longPollSettings(longPoll);
    this.#longPoll = new LongPoll(this.door, settings, { ...poll, holdTime: Math.min(poll.holdTime, LONGEST_HOLD) });
  }

  /**
   * Tells whether a request's path is one of the router's.
   *
   * @param request The request.
   * @returns Whether it is; none is once the mount is closed.
   */
  owns(request: Request): boolean {
    if (this.door.closed) return false;
    const target = targetOf(request.url);
    return this.#settings.paths.includes(splitTarget(target).path) || this.#longPoll?.owns(target) === true;
  }

  /**
   * Takes a request.
   *
   * @param request The request.
   * @param server Whose it is.
   * @returns The answer; undefined when the connection has become a WebSocket.
   */
  take(request: Request, server: BunServer): Response | Promise<Response> | undefined {
    const target = targetOf(request.url);
    const headers = headersOf(request);
    const remote = server.requestIP(request) ?? { address: "", port: 0 };
    const known = { target, headers, remote };
    if (this.#longPoll?.owns(target)) {
      return pollOverFetch(this.#longPoll, request, known, (seconds) => server.timeout?.(request, seconds));
    }
    const entrance = decide(this.door, this.#settings, known);
    if ("status" in entrance) {
      return new Response(entrance.text, { status: entrance.status, headers: entrance.headers });
    }
    const answer = new Headers(entrance.agreement.headers);
    answer.set("sec-websocket-protocol", entrance.agreement.subprotocol);
    if (server.upgrade(request, { data: new Upgraded(entrance), headers: answer })) return undefined;
    entrance.place.release();
    return new Response("This is not a complete WebSocket handshake.\n", {
      status: 400,
      headers: { connection: "close" },
    });
  }

  /**
   * Makes the handler of the server's WebSockets.
   *
   * @param others Who takes those that are not the router's (default nobody).
   * @returns The handler, for `Bun.serve({ websocket })`.
   */
  handler(others: Partial<BunWebSocketHandler> = {}): BunWebSocketHandler {
    return {
      open: (ws) => ws.data instanceof Upgraded ? this.#accept(ws, ws.data.entrance) : others.open?.(ws),
      message: (ws, data) => {
        const { data: transport } = ws;
        if (transport instanceof BunTransport) transport.received(data);
        else others.message?.(ws, data);
      },
      drain: (ws) => ws.data instanceof BunTransport ? ws.data.drained() : others.drain?.(ws),
      ping: (ws, data) => ws.data instanceof BunTransport ? ws.data.heard() : others.ping?.(ws, data),
      pong: (ws, data) => ws.data instanceof BunTransport ? ws.data.heard() : others.pong?.(ws, data),
      close: (ws, code, reason) => {
        const { data } = ws;
        if (data instanceof BunTransport) {
          this.door.left(data);
          data.closed(code, reason);
        } else if (data instanceof Upgraded) data.entrance.place.release();
        else others.close?.(ws, code, reason);
      },
      maxPayloadLength: this.#settings.maxMessageSize,
      // What is queued is the router's to bound: Bun would drop frames in the middle of a session.
      backpressureLimit: 0,
      closeOnBackpressureLimit: false,
      // The shared KeepAlive does what these would, on the injected clock.
      idleTimeout: 0,
      sendPings: false,
      perMessageDeflate: this.#settings.compression,
    };
  }

  #accept(ws: BunWebSocket, { agreement: { serializer, batched }, peer, place }: Entrance): void {
    const { highWaterMark, maxMessageSize } = this.#settings;
    const transport = new BunTransport(ws, this.#vigil, peer, this.#settings);
    ws.data = transport;
    this.door.enter(transport, place, serializer, { batched, highWaterMark, maxMessageSize });
  }
}

/** Bun itself makes an object of headers in a sixth of the time, but a list of what a request has no use for. */
function headersOf({ headers }: Request): { readonly [name: string]: string } {
  const { toJSON } = headers as { toJSON?(): { [name: string]: string } };
  if (toJSON === undefined || headers.has("set-cookie")) return Object.fromEntries(headers);
  return toJSON.call(headers);
}

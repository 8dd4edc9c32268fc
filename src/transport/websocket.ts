import { agreementOf, offers } from "../codec/negotiation.ts";
import { WampError } from "../wire/errors.ts";
import type { ConnectError } from "../wire/errors.ts";
import { shownUrl } from "../wire/shown_url.ts";
import { Connection, HIGH_WATER_MARK } from "./connection.ts";
import { diagnose, noRouter, unreachable } from "./diagnosis.ts";
import type { Dialer, DialRequest } from "./dialer.ts";
import { runtime } from "./websocket_like.ts";
import type { WebSocketConstructor, WebSocketEvent, WebSocketLike } from "./websocket_like.ts";
import { closeSocket, WebSocketTransport } from "./websocket_transport.ts";

const RAW_SOCKET = /^(tcpips?|rss?|unix):$/;

/** How a WebSocket is dialled. */
export interface WebSocketDialerOptions {
  /** The WebSocket to use, a class or what else is called with `new` (default the runtime's). */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /**
   * Headers of the handshake, such as `cookie` (default none). Those of Node, Deno and Bun take them; a browser's does not, and on an edge worker
   * `fetchDialer` does it.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether to offer subprotocols that carry a turn's messages in one frame (default for the binary serializers: peers do not agree on the separator
   * of JSON's).
   */
  readonly batched?: boolean | undefined;
  /** What goes behind each message of batched JSON (default `"\x1e"`, as the specification has it; Crossbar 26.10 takes `"\x18"` only). */
  readonly batchSeparator?: "\x1e" | "\x18" | undefined;
  /** Bytes queued from which on the connection is not writable (default 1 MiB). */
  readonly highWaterMark?: number | undefined;
  /** The size in bytes from which on an incoming message is refused (default 64 MiB). */
  readonly maxMessageSize?: number | undefined;
}

/**
 * Makes a dialer for a WAMP router on WebSocket, of options that need no check.
 *
 * @param url Where the router listens, as `ws://` or `wss://`.
 * @param options Which WebSocket, and how it is used.
 * @returns The dialer.
 * @throws {WampError} `invalid_argument` when the URL is none, or of another kind.
 */
export function dialerTo(url: string, options: WebSocketDialerOptions = {}): Dialer {
  checkUrl(url);
  return { url: shownUrl(url), dial: (request) => dial(url, options, request) };
}

/**
 * Makes sure that a URL leads to a WebSocket.
 *
 * @param url The URL.
 * @throws {WampError} `invalid_argument` when it does not.
 */
export function checkUrl(url: string): void {
  const protocol = typeof url === "string" && URL.canParse(url) ? new URL(url).protocol : "";
  if (protocol === "ws:" || protocol === "wss:") return;
  throw new WampError(
    "invalid_argument",
    `Cannot connect to ${
      typeof url === "string" ? JSON.stringify(shownUrl(url)) : String(url)
    }: expected a URL such as "wss://nexus.example.com/ws" or "ws://127.0.0.1:8282/ws"${
      RAW_SOCKET.test(protocol) ? `; for RawSocket hand over rawSocketDialer(url) from @izaber/wamp/rawsocket` : ""
    }`,
  );
}

function dial(url: string, options: WebSocketDialerOptions, request: DialRequest): Promise<Connection> {
  const { signal, clock } = request;
  const Socket = options.WebSocket ?? runtime().WebSocket;
  const { highWaterMark = HIGH_WATER_MARK, maxMessageSize, batchSeparator } = options;
  const offered = offers(request.serializers, options);
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    if (Socket === undefined) {
      const why = "this runtime has no WebSocket; give one, as in webSocketDialer(url, { WebSocket })";
      throw unreachable("connection_failed", url, why);
    }
    const socket = construct(Socket, url, offered, options.headers);
    let transport: WebSocketTransport | undefined;
    let over = false;
    let lastError: WebSocketEvent | undefined;
    const finish = (): boolean => {
      if (over) return false;
      over = true;
      signal.removeEventListener("abort", onAbort);
      return true;
    };
    const onAbort = () => {
      if (!finish()) return;
      closeSocket(socket);
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort);
    socket.addEventListener("open", () => {
      if (!finish()) return closeSocket(socket);
      const agreement = offered.includes(socket.protocol)
        ? agreementOf(socket.protocol, request.serializers)
        : undefined;
      if (agreement === undefined) {
        closeSocket(socket);
        return reject(wrongSubprotocol(url, offered, socket.protocol));
      }
      const { serializer, batched } = agreement;
      transport = new WebSocketTransport(socket, url, { clock, highWaterMark, batched });
      resolve(new Connection(transport, serializer, { batched, highWaterMark, maxMessageSize, batchSeparator }));
    });
    socket.addEventListener("message", (event) => transport?.received(event));
    // An error is followed by close, which is what counts; it only may say more.
    socket.addEventListener("error", (event) => {
      lastError = event;
    });
    socket.addEventListener("close", (close) => {
      if (transport !== undefined) return transport.ended(closeInfo(close));
      if (over) return;
      const probes = request.explain ?? true;
      diagnose({ url, offered, error: lastError, close, signal, clock, probes }).catch((reason) => reason)
        .then((error) => finish() && reject(error));
    });
  });
}

function construct(
  Socket: WebSocketConstructor,
  url: string,
  protocols: string[],
  headers: WebSocketDialerOptions["headers"],
): WebSocketLike {
  try {
    // What the runtimes of servers take in place of the protocols.
    const extended = { protocols, headers } as unknown as string[];
    const socket = new Socket(url, headers === undefined ? protocols : extended);
    socket.binaryType = "arraybuffer";
    return socket;
  } catch (cause) {
    const why = (cause instanceof Error ? cause.message : String(cause)).replaceAll(url, shownUrl(url));
    const remedy = headers === undefined ? "" : "; does this WebSocket take headers? A browser's does not";
    throw unreachable("connection_failed", url, `${why}${remedy}`, cause);
  }
}

/**
 * Says that a server has accepted a WebSocket, but not WAMP.
 *
 * @param url Where it is.
 * @param offered The subprotocols that were offered.
 * @param chosen The one that it chose; empty for none.
 * @returns The error.
 */
export function wrongSubprotocol(url: string, offered: readonly string[], chosen: string): ConnectError {
  const what = chosen === "" ? "without agreeing on a subprotocol" : `with the subprotocol "${chosen}"`;
  return noRouter(
    url,
    `it accepted the WebSocket ${what}, offered were ${offered.join(", ")}; check the path, often /ws`,
  );
}

/**
 * Takes from a close event what it says.
 *
 * @param event The event.
 * @returns Code and reason.
 */
export function closeInfo({ code, reason }: WebSocketEvent): { readonly reason: string; readonly code?: number } {
  return code === undefined || code === 0 ? { reason: reason ?? "" } : { reason: reason ?? "", code };
}

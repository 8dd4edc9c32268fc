import { agreementOf, offers } from "../codec/negotiation.ts";
import { callable } from "../wire/option_rules.ts";
import type { OptionRules } from "../wire/option_rules.ts";
import { shownUrl } from "../wire/shown_url.ts";
import { Connection, HIGH_WATER_MARK } from "./connection.ts";
import { diagnose, judge, unreachable } from "./diagnosis.ts";
import type { Dialer, DialRequest } from "./dialer.ts";
import { checkDialerOptions, webSocketRules } from "./dialer_options.ts";
import { checkUrl, closeInfo, wrongSubprotocol } from "./websocket.ts";
import type { WebSocketDialerOptions } from "./websocket.ts";
import { runtime } from "./websocket_like.ts";
import type { WebSocketLike } from "./websocket_like.ts";
import { closeSocket, WebSocketTransport } from "./websocket_transport.ts";

/** What sends a request, as the standard `fetch` does. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** How a WebSocket is had by `fetch`. */
export interface FetchDialerOptions extends Omit<WebSocketDialerOptions, "WebSocket"> {
  /** What sends the request, such as the `fetch` of a service binding (default the runtime's). */
  readonly fetch?: Fetch | undefined;
}

const rules: OptionRules = { fetch: callable("(url, init) => Promise<Response>"), ...webSocketRules };

/** The answer to an upgrade, where the runtime can upgrade: an edge worker's has a WebSocket, that has to be accepted. */
interface UpgradedResponse extends Response {
  readonly webSocket?: (WebSocketLike & { accept?(): void }) | null;
}

/**
 * Makes a dialer that has its WebSocket by `fetch`, as edge workers do: with any headers, cookies among them, and through service bindings.
 *
 * @param url Where the router listens, as `ws://` or `wss://`.
 * @param options Headers, and which `fetch`.
 * @returns The dialer.
 * @throws {WampError} `invalid_argument` when the URL is none, or of another kind, or an option is wrong; the message names it.
 */
export function fetchDialer(url: string, options: FetchDialerOptions = {}): Dialer {
  checkUrl(url);
  checkDialerOptions(options, rules);
  return { url: shownUrl(url), dial: (request) => dial(url, options, request) };
}

async function dial(url: string, options: FetchDialerOptions, request: DialRequest): Promise<Connection> {
  const { signal, clock, serializers } = request;
  const { highWaterMark = HIGH_WATER_MARK, maxMessageSize, batchSeparator } = options;
  const offered = offers(serializers, options);
  const response = await upgrade(url, options, offered, request);
  const socket = response.webSocket ?? undefined;
  if (socket === undefined) {
    const error = await judge(response, { url, offered });
    // A body that nobody reads would keep its connection.
    response.body?.cancel().catch(() => {});
    throw error;
  }
  socket.binaryType = "arraybuffer";
  const chosen = response.headers.get("sec-websocket-protocol") ?? "";
  const agreement = offered.includes(chosen) ? agreementOf(chosen, serializers) : undefined;
  if (agreement === undefined || signal.aborted) {
    socket.accept?.();
    closeSocket(socket);
    signal.throwIfAborted();
    throw wrongSubprotocol(url, offered, chosen);
  }
  const { serializer, batched } = agreement;
  const transport = new WebSocketTransport(socket, url, { clock, highWaterMark, batched });
  socket.addEventListener("message", (event) => transport.received(event));
  let answered = false;
  socket.addEventListener("close", (event) => {
    // An edge worker leaves it to this side to answer a close.
    if (!answered) closeSocket(socket);
    answered = true;
    transport.ended(closeInfo(event));
  });
  socket.accept?.();
  return new Connection(transport, serializer, { batched, highWaterMark, maxMessageSize, batchSeparator });
}

async function upgrade(
  url: string,
  options: FetchDialerOptions,
  offered: string[],
  { signal, clock }: DialRequest,
): Promise<UpgradedResponse> {
  const send = options.fetch ?? runtime().fetch;
  if (send === undefined) throw unreachable("connection_failed", url, "there is no fetch here; give one");
  const headers = new Headers({ ...options.headers });
  headers.set("upgrade", "websocket");
  headers.set("sec-websocket-protocol", offered.join(", "));
  try {
    return await send(url.replace(/^ws/i, "http"), { headers, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw await diagnose({
      url,
      offered,
      error: { type: "error", error },
      close: { type: "close" },
      signal,
      clock,
      probes: false,
    });
  }
}

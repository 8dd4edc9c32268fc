/**
 * WAMP over plain HTTP requests, for places that have `fetch` and no WebSocket, and for networks that let no WebSocket through.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { longPollDialer } from "@izaber/wamp/longpoll";
 * import { openRealm, Router } from "@izaber/wamp/router";
 * import { listen } from "@izaber/wamp/serve";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * const listener = await listen(router, { port: 0, longPoll: true });
 * const wamp = await connect(longPollDialer(`http://127.0.0.1:${listener.port}/lp`), { realm: "realm1" });
 * await wamp.publish("com.example.topic", ["hello"], {}, { acknowledge: true });
 * await wamp.close();
 * await router.close();
 * await listener.close();
 * ```
 *
 * @module
 */
import { agreementOf, offers } from "../codec/negotiation.ts";
import { ConnectError, WampError } from "../wire/errors.ts";
import type { ErrorCode } from "../wire/errors.ts";
import { callable, numberRule, oneOf } from "../wire/option_rules.ts";
import type { OptionRules } from "../wire/option_rules.ts";
import { shownUrl } from "../wire/shown_url.ts";
import { readStart } from "./concat.ts";
import { Connection, HIGH_WATER_MARK, MAX_MESSAGE_SIZE } from "./connection.ts";
import { diagnose } from "./diagnosis.ts";
import type { Dialer, DialRequest } from "./dialer.ts";
import { checkDialerOptions, httpRules } from "./dialer_options.ts";
import { LongPollClientTransport } from "./long_poll_transport.ts";
import { runtime } from "./websocket_like.ts";

export type { Connection, ConnectionHandler } from "./connection.ts";
export type { Dialer, DialRequest } from "./dialer.ts";

const LONGEST_LINE = 200;
/** How many bytes of the answer to `open` are read: whose server that is, and what it sends, is unknown. */
const LONGEST_ANSWER = 8 * 1024;

/** How a router is dialled over HTTP requests. */
export interface LongPollDialerOptions {
  /** What makes the requests (default the runtime's `fetch`). */
  readonly fetch?: typeof fetch | undefined;
  /** HTTP headers for every request (default none). */
  readonly headers?: { readonly [name: string]: string } | undefined;
  /** Whether a browser sends cookies to another site (default as `fetch` does: not). */
  readonly credentials?: "omit" | "same-origin" | "include" | undefined;
  /**
   * Whether to offer subprotocols that carry several messages in one request (default for the binary serializers: peers do not agree on the separator
   * of JSON's; with one message a request everything takes longer).
   */
  readonly batched?: boolean | undefined;
  /** Bytes queued from which on the connection is not writable (default 1 MiB). */
  readonly highWaterMark?: number | undefined;
  /** The size in bytes from which on an answer is refused (default 64 MiB). */
  readonly maxMessageSize?: number | undefined;
  /** How many milliseconds the router has, at a close, to take what is queued (default 5,000). */
  readonly closeTimeout?: number | undefined;
}

const rules: OptionRules = {
  fetch: callable("(url, init) => Promise<Response>"),
  credentials: oneOf("omit", "same-origin", "include"),
  closeTimeout: numberRule(0),
  ...httpRules,
};

/**
 * Makes a dialer for a WAMP router that serves long-poll: Crossbar, or `listen(router, { longPoll: true })`.
 *
 * @param url The base address, below which there is `/open`.
 * @param options What makes the requests, and how.
 * @returns The dialer, for `connect` or `createClient`.
 * @throws {WampError} `invalid_argument` when the URL is none, or of another kind, or an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { createClient } from "@izaber/wamp";
 * import { longPollDialer } from "@izaber/wamp/longpoll";
 *
 * const dialer = longPollDialer("https://nexus.example.com/lp", { headers: { "x-token": "1" } });
 * const client = createClient(dialer, { realm: "izaber" });
 * if (client.status !== "idle") throw new Error("unexpected");
 * ```
 *
 * @see WAMP advanced profile, "HTTP Longpoll Transport"
 */
export function longPollDialer(url: string, options: LongPollDialerOptions = {}): Dialer {
  const protocol = typeof url === "string" && URL.canParse(url) ? new URL(url).protocol : "";
  if (protocol !== "http:" && protocol !== "https:") {
    throw new WampError(
      "invalid_argument",
      `Cannot poll ${
        typeof url === "string" ? JSON.stringify(shownUrl(url)) : String(url)
      }: expected a URL such as "https://nexus.example.com/lp"`,
    );
  }
  checkDialerOptions(options, rules);
  return { url: shownUrl(url), dial: (request) => dial(url, options, request) };
}

async function dial(url: string, options: LongPollDialerOptions, request: DialRequest): Promise<Connection> {
  const { signal, clock, serializers } = request;
  const { headers, credentials, batched, closeTimeout = 5_000 } = options;
  const { highWaterMark = HIGH_WATER_MARK, maxMessageSize = MAX_MESSAGE_SIZE } = options;
  // Called as a function of nothing, as browsers and workers insist.
  const fetch = options.fetch ?? runtime().fetch;
  signal.throwIfAborted();
  if (fetch === undefined) {
    const message = `Cannot poll ${
      shownUrl(url)
    }: this runtime has no fetch; give one, as in longPollDialer(url, { fetch })`;
    throw new ConnectError("connection_failed", message, { url: shownUrl(url) });
  }
  const post = (
    steps: string,
    body: string | Uint8Array<ArrayBuffer> | undefined,
    type: string,
    signal: AbortSignal,
  ): Promise<Response> =>
    fetch(below(url, steps), {
      method: "POST",
      signal,
      headers: { ...body !== undefined && { "content-type": type }, ...headers },
      ...body !== undefined && { body },
      ...credentials !== undefined && { credentials },
    });
  const offered = offers(serializers, { batched });
  const { protocol, transport } = await open(
    url,
    offered,
    request,
    () => post("open", JSON.stringify({ protocols: offered }), "application/json", signal),
  );
  const agreement = offered.includes(protocol) ? agreementOf(protocol, serializers) : undefined;
  if (agreement === undefined) {
    throw refusal("not_wamp", url, `it answered with the protocol "${protocol}", offered were ${offered.join(", ")}`);
  }
  const { serializer } = agreement;
  const text = serializer.name === "json";
  const { host, pathname } = new URL(url);
  const link = new LongPollClientTransport({
    peer: { transport: "longpoll", address: host, path: pathname },
    post: (action, body, signal) =>
      post(
        `${encodeURIComponent(transport)}/${action}`,
        body,
        text ? "application/json" : `application/${serializer.name === "cbor" ? "cbor" : "x-msgpack"}`,
        signal,
      ),
    text,
    batched: agreement.batched,
    maxMessageSize,
    closeTimeout,
    sizeOf: (frame) => serializer.sizeOf(frame),
    clock,
  });
  return new Connection(link, serializer, { batched: agreement.batched, highWaterMark, maxMessageSize });
}

async function open(
  url: string,
  offered: readonly string[],
  { signal, clock }: DialRequest,
  ask: () => Promise<Response>,
): Promise<{ readonly protocol: string; readonly transport: string }> {
  let response: Response;
  let text: string;
  try {
    response = await ask();
    text = new TextDecoder().decode((await readStart(response.body, LONGEST_ANSWER)).start);
  } catch (error) {
    signal.throwIfAborted();
    const failed = { error: { type: "error", error }, close: { type: "close", reason: "" } };
    throw await diagnose({ url, offered, ...failed, signal, clock, probes: false });
  }
  if (!response.ok) throw refusedBy(url, response.status, text);
  const session = parse(text);
  if (typeof session?.protocol !== "string" || typeof session.transport !== "string" || session.transport === "") {
    throw refusal("not_wamp", url, `it answered ${lineOf(text)}; check the path`);
  }
  return { protocol: session.protocol, transport: session.transport };
}

function refusedBy(url: string, status: number, text: string): ConnectError {
  const codes: { readonly [status: number]: ErrorCode } = {
    400: "no_common_serializer",
    403: "refused",
    429: "connection_limit",
    503: "connection_limit",
  };
  return refusal(codes[status] ?? "not_wamp", url, `it answered ${status}: ${lineOf(text)}`);
}

function refusal(code: ErrorCode, url: string, why: string): ConnectError {
  const shown = shownUrl(url);
  const what = code === "not_wamp" ? "No WAMP router serves long-poll at" : "No session was to be had at";
  return new ConnectError(code, `${what} ${shown}: ${why}`, { url: shown });
}

function parse(text: string): { readonly protocol?: unknown; readonly transport?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function lineOf(text: string): string {
  const line = text.trim().split("\n")[0]!.slice(0, LONGEST_LINE);
  return line === "" ? "nothing" : line;
}

function below(url: string, steps: string): string {
  const address = new URL(url);
  address.pathname = `${address.pathname.replace(/\/$/, "")}/${steps}`;
  address.hash = "";
  return address.href;
}

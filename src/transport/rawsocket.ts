/**
 * WAMP over TCP, TLS and unix sockets, for the runtimes that have sockets: Node, Deno and Bun.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { rawSocketDialer } from "@izaber/wamp/rawsocket";
 * import { openRealm, Router } from "@izaber/wamp/router";
 * import { listenRawSocket } from "@izaber/wamp/serve";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * const listener = await listenRawSocket(router, { port: 0 });
 * const wamp = await connect(rawSocketDialer(listener.url), { realm: "realm1" }); // such as "tcpip://127.0.0.1:18081"
 * await wamp.publish("com.example.topic", ["hello"], {}, { acknowledge: true });
 * await wamp.close();
 * await router.close();
 * await listener.close();
 * ```
 *
 * @module
 */
import { connect as connectTcp } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { ConnectError } from "../wire/errors.ts";
import { aboveZero, groupRule, numberRule, text } from "../wire/option_rules.ts";
import type { OptionRule, OptionRules } from "../wire/option_rules.ts";
import { shownUrl } from "../wire/shown_url.ts";
import { Connection, HIGH_WATER_MARK } from "./connection.ts";
import type { Dialer, DialRequest } from "./dialer.ts";
import { checkDialerOptions } from "./dialer_options.ts";
import { failedSocket, noAnswer, readAnswer } from "./rawsocket_answer.ts";
import {
  isLimit,
  LARGEST_LIMIT,
  PREFIX_SIZE,
  serializerNumber,
  SMALLEST_LIMIT,
  writeHandshake,
} from "./rawsocket_framing.ts";
import { RawSocketTransport } from "./rawsocket_transport.ts";
import { readRawSocketUrl } from "./rawsocket_url.ts";
import type { RawSocketTarget } from "./rawsocket_url.ts";

export type { Connection, ConnectionHandler } from "./connection.ts";
export type { Dialer, DialRequest } from "./dialer.ts";

/** What TLS needs to know. */
export interface RawSocketTls {
  /** The authorities that are trusted, PEM (default those that the runtime knows). */
  readonly ca?: string;
  /** The certificate to show, PEM (default none). */
  readonly cert?: string;
  /** The key of that certificate, PEM. */
  readonly key?: string;
  /** The name that the router's certificate has to be for (default the host). */
  readonly servername?: string;
}

/** How a RawSocket is dialled. */
export interface RawSocketDialerOptions {
  /** The largest message in bytes that is taken from the router; a power of two from 512 to 16 MiB (default 16 MiB). */
  readonly maxMessageSize?: number | undefined;
  /** Bytes queued from which on the connection is not writable (default 1 MiB). */
  readonly highWaterMark?: number | undefined;
  /** How many milliseconds the router has, at a close, to take what is queued (default 5,000). */
  readonly closeTimeout?: number | undefined;
  /** What TLS needs to know, with `tcpips://` and `rss://`. */
  readonly tls?: RawSocketTls | undefined;
}

/** What is in it is looked at when it is used. */
const pem: OptionRule = { expected: "a text in PEM", allows: (value) => value !== null };

const rules: OptionRules = {
  maxMessageSize: {
    expected: `a power of two from ${SMALLEST_LIMIT} to ${LARGEST_LIMIT}`,
    allows: (value) => typeof value === "number" && isLimit(value),
  },
  highWaterMark: aboveZero,
  closeTimeout: numberRule(0),
  tls: groupRule({ ca: pem, cert: pem, key: pem, servername: text }),
};

/**
 * Makes a dialer for a WAMP router on RawSocket. The session speaks the first of the client's serializers: RawSocket has no choice among several.
 *
 * @param url Where the router listens: `tcpip://host:port` or `rs://host:port`, over TLS `tcpips://` or `rss://`; `unix://path`, or `rs://unix:path`.
 * @param options Limits, and what TLS needs.
 * @returns The dialer, for `connect` or `createClient`.
 * @throws {WampError} `invalid_argument` when the URL is of another kind, or an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { createClient, json } from "@izaber/wamp";
 * import { rawSocketDialer } from "@izaber/wamp/rawsocket";
 *
 * const dialer = rawSocketDialer("unix:///run/nexus.socket", { maxMessageSize: 1024 * 1024 });
 * const client = createClient(dialer, { realm: "izaber", serializers: [json] });
 * if (client.status !== "idle") throw new Error("unexpected");
 * ```
 *
 * @see WAMP advanced profile, "RawSocket Transport"
 */
export function rawSocketDialer(url: string, options: RawSocketDialerOptions = {}): Dialer {
  const target = readRawSocketUrl(url);
  checkDialerOptions(options, rules);
  return { url: shownUrl(url), dial: (request) => new Dial(url, target, options, request).connection };
}

/** One attempt to connect. */
class Dial {
  readonly connection: Promise<Connection>;
  readonly #url: string;
  readonly #target: RawSocketTarget;
  readonly #options: RawSocketDialerOptions;
  readonly #request: DialRequest;
  readonly #outcome: PromiseWithResolvers<Connection> = Promise.withResolvers();
  #socket: Socket | undefined;
  #answer: Uint8Array = new Uint8Array(0);
  #error: Error | undefined;

  constructor(url: string, target: RawSocketTarget, options: RawSocketDialerOptions, request: DialRequest) {
    this.#url = shownUrl(url);
    this.#target = target;
    this.#options = options;
    this.#request = request;
    this.connection = this.#outcome.promise;
    if (request.signal.aborted) this.#outcome.reject(request.signal.reason);
    else this.#begin();
  }

  #begin(): void {
    const [serializer] = this.#request.serializers;
    const number = serializer === undefined ? undefined : serializerNumber(serializer.subprotocol);
    if (number === undefined) {
      const name = serializer?.name ?? "no serializer";
      const message =
        `Cannot connect to ${this.#url}: ${name} is not spoken over RawSocket; give json, msgpack or cbor`;
      return this.#outcome.reject(new ConnectError("no_common_serializer", message, { url: this.#url }));
    }
    const { maxMessageSize = LARGEST_LIMIT } = this.#options;
    this.#request.signal.addEventListener("abort", this.#onAbort);
    const socket = this.#connect();
    this.#socket = socket;
    socket.once("path" in this.#target || !this.#target.tls ? "connect" : "secureConnect", () => {
      socket.write(writeHandshake(maxMessageSize, number));
    });
    socket.on("error", this.#onError);
    socket.on("data", this.#onData);
    socket.on("close", this.#onClose);
  }

  #connect(): Socket {
    const target = this.#target;
    if ("path" in target) return connectTcp({ path: target.path });
    const { host, port } = target;
    return target.tls
      ? connectTls({ servername: /^[\d.]+$|:/.test(host) ? "" : host, ...this.#options.tls, host, port })
      : connectTcp({ host, port });
  }

  readonly #onAbort = (): void => {
    this.#leave();
    this.#socket?.destroy();
    this.#outcome.reject(this.#request.signal.reason);
  };

  // An error is followed by close.
  readonly #onError = (error: Error): void => {
    this.#error = error;
  };

  readonly #onClose = (): void => {
    this.#leave();
    this.#outcome.reject(
      this.#error === undefined ? noAnswer(this.#url) : failedSocket(this.#url, this.#error),
    );
  };

  readonly #onData = (bytes: Uint8Array<ArrayBuffer>): void => {
    const all = new Uint8Array(this.#answer.length + bytes.length);
    all.set(this.#answer);
    all.set(bytes, this.#answer.length);
    this.#answer = all;
    const [serializer] = this.#request.serializers;
    const socket = this.#socket;
    if (serializer === undefined || socket === undefined) return;
    try {
      const peerLimit = readAnswer(this.#url, all, serializer);
      if (peerLimit === undefined) return;
      this.#leave();
      const transport = this.#transport(socket, peerLimit, serializer.name === "json");
      if (all.length > PREFIX_SIZE) transport.received(all.subarray(PREFIX_SIZE));
      const { highWaterMark = HIGH_WATER_MARK } = this.#options;
      this.#outcome.resolve(new Connection(transport, serializer, { highWaterMark }));
    } catch (error) {
      this.#leave();
      socket.destroy();
      this.#outcome.reject(error);
    }
  };

  #transport(socket: Socket, peerLimit: number, text: boolean): RawSocketTransport {
    const target = this.#target;
    const address = "path" in target ? target.path : `${target.host}:${target.port}`;
    const { maxMessageSize = LARGEST_LIMIT, closeTimeout = 5_000 } = this.#options;
    return new RawSocketTransport(socket, {
      peer: { transport: "rawsocket", address },
      text,
      limit: maxMessageSize,
      peerLimit,
      closeTimeout,
      clock: this.#request.clock,
    });
  }

  #leave(): void {
    this.#request.signal.removeEventListener("abort", this.#onAbort);
    const socket = this.#socket;
    socket?.off("data", this.#onData);
    socket?.off("close", this.#onClose);
  }
}

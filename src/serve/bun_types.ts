import type { TlsSettings } from "./certificate.ts";

/** What of Bun's server is used here, so that no types of Bun are needed. */
export interface BunApi {
  /** Opens a server. */
  serve(options: BunServeOptions): BunServer;
}

/** Options of `Bun.serve`. */
export interface BunServeOptions {
  /** The TCP port. */
  port: number;
  /** The address to listen on. */
  hostname: string;
  /** The certificate to show. */
  tls?: TlsSettings;
  /** The largest body of a request in bytes. */
  maxRequestBodySize?: number;
  /** Answers a request; nothing when it was upgraded. */
  fetch(request: Request, server: BunServer): Response | Promise<Response> | undefined;
  /** Takes what comes over WebSockets. */
  websocket: BunWebSocketHandler;
}

/** A running server of Bun. */
export interface BunServer {
  /** The port that it got. */
  readonly port: number;
  /** Makes a request's connection a WebSocket; false when the request asks for none. */
  upgrade(request: Request, options: { data: unknown; headers: Headers }): boolean;
  /** Where a request came from. */
  requestIP(request: Request): { address: string; port: number } | null;
  /** How many seconds the connection of a request may be silent, 255 at most, also once it is answered; 0 for ever. */
  timeout?(request: Request, seconds: number): void;
  /** Stops listening. */
  stop(closeActiveConnections?: boolean): Promise<void>;
}

/** One WebSocket of Bun's server. */
export interface BunWebSocket {
  /** What `upgrade` was given. */
  data: unknown;
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** How binary messages are handed over. */
  binaryType: "uint8array" | "nodebuffer" | "arraybuffer";
  /** Sends a message. */
  send(data: string | Uint8Array, compress?: boolean): number;
  /** Writes what is sent meanwhile together. */
  cork(write: () => void): void;
  /** Asks for a sign of life. */
  ping(): number;
  /** Closes. */
  close(code?: number, reason?: string): void;
  /** Drops the connection. */
  terminate(): void;
  /** Bytes that were sent and have not left. */
  getBufferedAmount(): number;
}

/** What `Bun.serve` calls for its WebSockets, and their limits. */
export interface BunWebSocketHandler {
  /** One has opened. */
  open(ws: BunWebSocket): void;
  /** A message came. */
  message(ws: BunWebSocket, data: string | Uint8Array<ArrayBuffer>): void;
  /** Some of what was queued has left. */
  drain(ws: BunWebSocket): void;
  /** An answer to a ping came. */
  pong(ws: BunWebSocket, data: Uint8Array): void;
  /** A ping came. */
  ping(ws: BunWebSocket, data: Uint8Array): void;
  /** One has closed. */
  close(ws: BunWebSocket, code: number, reason: string): void;
  /** The largest message in bytes. */
  maxPayloadLength: number;
  /** Queued bytes from which on Bun drops messages; 0 for never. */
  backpressureLimit: number;
  /** Whether it closes the connection then. */
  closeOnBackpressureLimit: boolean;
  /** Seconds of silence after which Bun closes a connection; 0 for never. */
  idleTimeout: number;
  /** Whether Bun pings. */
  sendPings: boolean;
  /** Whether messages are compressed. */
  perMessageDeflate: boolean;
}

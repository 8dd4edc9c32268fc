/** What of Bun's server is used here, so that no types of Bun are needed. */
export interface BunApi {
  serve(options: BunServeOptions): BunServer;
}

/** Options of `Bun.serve`. */
export interface BunServeOptions {
  port: number;
  hostname: string;
  fetch(request: Request, server: BunServer): Response | undefined;
  websocket: BunWebSocketHandler;
}

/** A running server. */
export interface BunServer {
  readonly port: number;
  upgrade(request: Request, options: { data: unknown; headers: Headers }): boolean;
  requestIP(request: Request): { address: string; port: number } | null;
  stop(closeActiveConnections?: boolean): Promise<void>;
}

/** One WebSocket of the server. */
export interface BunWebSocket {
  data: unknown;
  readonly readyState: number;
  binaryType: "uint8array" | "nodebuffer" | "arraybuffer";
  send(data: string | Uint8Array, compress?: boolean): number;
  cork(write: () => void): void;
  ping(): number;
  close(code?: number, reason?: string): void;
  terminate(): void;
  getBufferedAmount(): number;
}

/** What `Bun.serve` calls for its WebSockets. */
export interface BunWebSocketHandler {
  open(ws: BunWebSocket): void;
  message(ws: BunWebSocket, data: string | Uint8Array<ArrayBuffer>): void;
  drain(ws: BunWebSocket): void;
  pong(ws: BunWebSocket): void;
  ping(ws: BunWebSocket): void;
  close(ws: BunWebSocket, code: number, reason: string): void;
  maxPayloadLength: number;
  backpressureLimit: number;
  closeOnBackpressureLimit: boolean;
  idleTimeout: number;
  sendPings: boolean;
  perMessageDeflate: boolean;
}

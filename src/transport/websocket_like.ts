/** What a WebSocket tells its listeners; which of these are there depends on the event and the runtime. */
export interface WebSocketEvent {
  /** The name of the event. */
  readonly type: string;
  /** Of `message`: what came. */
  readonly data?: unknown;
  /** Of `close`: the close code. */
  readonly code?: number;
  /** Of `close`: what was said of it. */
  readonly reason?: string;
  /** Of `error`, in some runtimes: what went wrong. */
  readonly message?: string;
  /** Of `error`, in some runtimes: what went wrong. */
  readonly error?: unknown;
}

/** As much of the standard `WebSocket` as is used here, so that another implementation can take its place. */
export interface WebSocketLike {
  /** How binary messages are handed over. */
  binaryType: string;
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** The subprotocol that the server chose. */
  readonly protocol: string;
  /** Bytes that were sent and have not left; workerd does not say. */
  readonly bufferedAmount?: number | undefined;
  /** Sends a message. */
  send(data: string | Uint8Array<ArrayBuffer>): void;
  /** Closes. */
  close(code?: number, reason?: string): void;
  /** Drops the connection; only Bun's and that of the package `ws` do. */
  terminate?: (() => void) | undefined;
  /** Adds a listener. */
  addEventListener(type: "open" | "message" | "error" | "close", listener: (event: WebSocketEvent) => void): void;
}

/** The constructor of a {@linkcode WebSocketLike}. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** What is used of the runtime where it is there. */
interface Runtime {
  readonly WebSocket?: WebSocketConstructor;
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly fetch?: typeof fetch;
  readonly Deno?: unknown;
}

/** What the runtime has of these. */
export function runtime(): Runtime {
  return globalThis as unknown as Runtime;
}

import type { Frame } from "../codec/serializer.ts";
import type { FrameLimit } from "./frame_limit.ts";

/** Why and by whom a connection ended. */
export interface CloseInfo {
  /** Whether this side closed it. */
  readonly local: boolean;
  /** The WebSocket close code, if the transport has such a thing. */
  readonly code?: number;
  /** What the transport says of it. */
  readonly reason: string;
  /** Whether it is gone since a message came that was larger than this side takes (default false). */
  readonly tooLarge?: boolean;
}

/** What the certificate of a TLS client says, once its signature and validity have been verified. */
export interface PeerCertificate {
  /** Whose it is, by attribute, such as `CN` or `O`. */
  readonly subject: { readonly [attribute: string]: string };
  /** Who signed it, by attribute. */
  readonly issuer: { readonly [attribute: string]: string };
  /** Its alternative names, each with its kind before it, such as `"DNS:a.example.com"` or `"email:who@example.com"`. */
  readonly names: readonly string[];
  /** The SHA-256 of the whole certificate, as 64 hexadecimal digits in lower case. */
  readonly fingerprint: string;
}

/** What a router can know of a connection before anything is said on it. */
export interface PeerInfo {
  /** The kind of transport. */
  readonly transport: "websocket" | "rawsocket" | "memory" | "longpoll";
  /** The peer's address and port, or a word for what has none. */
  readonly address: string;
  /** The URL path of the handshake, without the query. */
  readonly path?: string;
  /** What the URL of the handshake had behind its `?`, as it came. */
  readonly query?: string;
  /** The HTTP headers of the handshake, names in lower case. */
  readonly headers?: { readonly [name: string]: string };
  /** The cookies that the handshake showed, and those that its answer set. */
  readonly cookies?: { readonly [name: string]: string };
  /** The certificate that the client showed; only where the listener asks for one and has verified it. */
  readonly certificate?: PeerCertificate;
}

/** Who is told what happens on a transport. */
export interface TransportHandler {
  /** A frame came. */
  frame(frame: Frame): void;
  /** Some of what was queued has been written; called at the latest when nothing is queued, after `queuedBytes` was above the high-water mark. */
  drained(): void;
  /** The transport is gone; called once, and nothing after it. */
  closed(info: CloseInfo): void;
}

/** A connection whose other side can be asked whether it is there. */
export interface Probed {
  /** Asks for a sign of life, and drops the connection if none comes soon; not while it was asked just before, nor where it cannot be told. */
  probe(): void;
}

/** Moves frames: a WebSocket, a socket, or a pair in memory. */
export interface Transport {
  /** What is known of the other side. */
  readonly peer: PeerInfo;

  /** How many bytes were written and have not left. */
  readonly queuedBytes: number;

  /** How many bytes a batch should not exceed, where larger ones are slower than several (default 1 MiB). */
  readonly batchLimit?: number;

  /**
   * Whether the memory of a frame that came is nobody else's (default false): then a router writes the header of the message that a large payload is
   * passed on in over the one that it came with. A transport that keeps what it delivers, or delivers what somebody else keeps, must not say so.
   */
  readonly handsOver?: boolean;

  /** How large a frame the other side takes, where it said so. */
  readonly frameLimit?: FrameLimit;

  /**
   * Begins delivery. Frames that came earlier are kept until then.
   *
   * @param handler Who is told.
   */
  start(handler: TransportHandler): void;

  /**
   * Calls back when this turn of the event loop ends, or at once where writing together saves nothing.
   *
   * @param flush What to call.
   */
  turn(flush: () => void): void;

  /**
   * Writes one turn's frames, in order, with as few system calls as it can.
   *
   * @param frames The frames; never changed afterwards.
   */
  write(frames: readonly Frame[]): void;

  /** Stops reading, where the transport can; absent where it cannot. */
  pause?(): void;

  /** Reads on. */
  resume?(): void;

  /**
   * Closes after what was written has left.
   *
   * @param code A WebSocket close code (default 1000).
   * @param reason A short text.
   */
  close(code?: number, reason?: string): void;

  /** Drops the connection at once. */
  terminate(): void;
}

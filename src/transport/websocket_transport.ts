import type { Frame } from "../codec/serializer.ts";
import type { Clock, Timer } from "../wire/clock.ts";
import { closeReason } from "./close_arguments.ts";
import { BATCH_LIMIT } from "./outbox.ts";
import type { CloseInfo, PeerInfo, Transport, TransportHandler } from "./transport.ts";
import { runtime } from "./websocket_like.ts";
import type { WebSocketEvent, WebSocketLike } from "./websocket_like.ts";

const POLL_INTERVAL = 10;
const DROP_DELAY = 1_000;
/** What Deno's WebSocket writes in one piece. */
const DENO_WRITE_LIMIT = 1024;

/** How a WebSocket is used. */
interface WebSocketTransportOptions {
  /** Where time comes from. */
  readonly clock: Clock;
  /** Bytes queued from which on it is not writable. */
  readonly highWaterMark: number;
  /** Whether frames are batches, so that it pays to wait for the turn's end. */
  readonly batched: boolean;
}

/** Frames over a standard WebSocket that is open. */
export class WebSocketTransport implements Transport {
  readonly peer: PeerInfo;

  readonly #socket: WebSocketLike;
  readonly #options: WebSocketTransportOptions;
  #handler: TransportHandler | undefined;
  /** What came before there was a handler. */
  #early: Frame[] = [];
  /** Reading of Blobs under way; later frames wait behind it. */
  #reading: Promise<void> | undefined;
  /** Bytes sent since `bufferedAmount` was last trusted: some runtimes leave it at 0. */
  #unconfirmed = 0;
  #poll: Timer | undefined;
  #ended: CloseInfo | undefined;
  #closing = false;

  /**
   * @param socket The WebSocket, open.
   * @param url Where it leads.
   * @param options The clock, the mark from which on the queue counts as full, and whether a turn's frames go as one.
   */
  constructor(
    socket: WebSocketLike,
    url: string,
    options: WebSocketTransportOptions,
  ) {
    const { host, pathname } = new URL(url);
    this.peer = { transport: "websocket", address: host, path: pathname };
    this.#socket = socket;
    this.#options = options;
  }

  // Deno writes the header and the rest of a larger message apart and leaves Nagle's algorithm on: measured 45 ms a message instead of 0.1.
  readonly batchLimit: number = runtime().Deno === undefined ? BATCH_LIMIT : DENO_WRITE_LIMIT;

  get queuedBytes(): number {
    return Math.max(this.#socket.bufferedAmount ?? 0, this.#unconfirmed);
  }

  start(handler: TransportHandler): void {
    this.#handler = handler;
    const early = this.#early;
    this.#early = [];
    for (const frame of early) handler.frame(frame);
    if (this.#ended !== undefined) this.#finish(this.#ended);
  }

  // A batch is worth waiting for until the turn's end. Where there is no setImmediate a microtask takes its place: one that is queued by the
  // first message runs behind the continuations that are due already, and, unlike a message channel, keeps nothing alive and delays nothing.
  turn(flush: () => void): void {
    if (!this.#options.batched) return flush();
    const { setImmediate } = runtime();
    if (setImmediate === undefined) queueMicrotask(flush);
    else setImmediate(flush);
  }

  write(frames: readonly Frame[]): void {
    if (this.#ended !== undefined || this.#closing) return;
    for (const frame of frames) {
      const data = frame as string | Uint8Array<ArrayBuffer>;
      this.#unconfirmed += data.length;
      this.#socket.send(data);
    }
    if (this.queuedBytes >= this.#options.highWaterMark) this.#pollSoon();
  }

  close(code?: number, reason?: string): void {
    this.#closing = true;
    closeSocket(this.#socket, code, reason);
  }

  // A standard WebSocket cannot be dropped: it is told to close, and not listened to any more. Some can, once the last words had time to leave.
  terminate(): void {
    this.close();
    this.ended({ reason: "terminated" });
    if (this.#socket.terminate === undefined) return;
    this.#options.clock.timer(DROP_DELAY, () => this.#socket.terminate!(), { background: true });
  }

  /** A message came. */
  received(event: WebSocketEvent): void {
    const { data } = event;
    this.#unconfirmed = 0;
    if (this.#reading !== undefined || isBlob(data)) {
      const before = this.#reading ?? Promise.resolve();
      const reading = before.then(() => this.#receiveLater(data)).finally(() => {
        if (this.#reading === reading) this.#reading = undefined;
      });
      this.#reading = reading;
    } else this.#receive(toFrame(data));
  }

  async #receiveLater(data: unknown): Promise<void> {
    this.#receive(isBlob(data) ? await toBytes(data) : toFrame(data));
  }

  #receive(frame: Frame): void {
    if (this.#ended !== undefined) return;
    if (this.#handler === undefined) this.#early.push(frame);
    else this.#handler.frame(frame);
  }

  /** The WebSocket has closed. */
  ended(info: Omit<CloseInfo, "local">): void {
    if (this.#ended !== undefined) return;
    const ended = { ...info, local: this.#closing };
    this.#poll?.cancel();
    // Blobs that came before the close are still messages.
    if (this.#reading === undefined) this.#finish(ended);
    else void this.#reading.then(() => this.#finish(ended), () => this.#finish(ended));
  }

  #finish(info: CloseInfo): void {
    this.#ended = info;
    const handler = this.#handler;
    this.#handler = undefined;
    handler?.closed(info);
  }

  #pollSoon(): void {
    this.#poll ??= this.#options.clock.timer(POLL_INTERVAL, () => {
      this.#poll = undefined;
      this.#unconfirmed = 0;
      if (this.#ended !== undefined) return;
      if (this.queuedBytes < this.#options.highWaterMark) this.#handler?.drained();
      else this.#pollSoon();
    }, { background: true });
  }
}

/**
 * Closes a WebSocket with what the standard lets a client say: code 1000 or 3000 to 4999, and at most 123 bytes.
 *
 * @param socket The WebSocket.
 * @param code The code (default 1000); another than those becomes 1000.
 * @param reason A short text.
 */
export function closeSocket(socket: WebSocketLike, code = 1000, reason = ""): void {
  socket.close(code >= 3000 && code <= 4999 ? code : 1000, closeReason(reason));
}

function isBlob(data: unknown): data is Blob {
  // Nearly everything is one of these, and to look a global up for each message is not free.
  if (typeof data === "string" || data instanceof ArrayBuffer) return false;
  return typeof Blob === "function" && data instanceof Blob;
}

async function toBytes(blob: Blob): Promise<Frame> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch {
    return toFrame(undefined);
  }
}

function toFrame(data: unknown): Frame {
  if (typeof data === "string") return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) {
    const { buffer, byteOffset, byteLength } = data;
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  }
  // What is no message at all cannot be read as one either.
  return "";
}

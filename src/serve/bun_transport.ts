import type { Frame } from "../codec/serializer.ts";
import type { CloseInfo, PeerInfo, Transport, TransportHandler } from "../transport/transport.ts";
import type { BunWebSocket } from "./bun_types.ts";
import { closeArguments } from "./close_arguments.ts";
import type { Watched } from "./keep_alive.ts";

const OPEN = 1;

/** A WebSocket of Bun's server as a transport; a turn's frames leave in one system call. */
export class BunTransport implements Transport, Watched {
  readonly peer: PeerInfo;
  readonly paused = false;
  readonly #ws: BunWebSocket;
  readonly #highWaterMark: number;
  #handler: TransportHandler | undefined;
  #early: Frame[] = [];
  #heard = 0;
  #closing = false;
  #pressed = false;
  #ended: CloseInfo | undefined;

  /**
   * @param ws The WebSocket, open.
   * @param peer What is known of the client.
   * @param highWaterMark Queued bytes from which on the handler waits for `drained`.
   */
  constructor(ws: BunWebSocket, peer: PeerInfo, highWaterMark: number) {
    this.#ws = ws;
    this.peer = peer;
    this.#highWaterMark = highWaterMark;
    ws.binaryType = "uint8array";
  }

  get queuedBytes(): number {
    return this.#ws.getBufferedAmount();
  }

  get activity(): number {
    return this.#heard;
  }

  start(handler: TransportHandler): void {
    this.#handler = handler;
    const early = this.#early;
    this.#early = [];
    for (const frame of early) handler.frame(frame);
    if (this.#ended !== undefined) handler.closed(this.#ended);
  }

  turn(flush: () => void): void {
    setImmediate(flush);
  }

  write(frames: readonly Frame[]): void {
    const ws = this.#ws;
    if (ws.readyState !== OPEN) return;
    let bytes = ws.getBufferedAmount();
    ws.cork(() => {
      for (const frame of frames as readonly (string | Uint8Array)[]) {
        bytes += frame.length;
        ws.send(frame);
      }
    });
    if (bytes < this.#highWaterMark) return;
    // Who saw the turn's frames wait in the outbox waits for `drained`, which Bun does not tell of what the kernel takes at once.
    this.#pressed = true;
    setImmediate(() => this.#relieve());
  }

  close(code?: number, reason?: string): void {
    if (this.#ws.readyState !== OPEN) return;
    this.#closing = true;
    this.#ws.close(...closeArguments(code, reason));
  }

  terminate(): void {
    this.#closing = true;
    this.#ws.terminate();
  }

  ping(): void {
    this.#ws.ping();
  }

  /** The client gave a sign of life. */
  heard(): void {
    this.#heard++;
  }

  /** @param frame What came. */
  received(frame: string | Uint8Array<ArrayBuffer>): void {
    this.#heard++;
    if (this.#handler === undefined) this.#early.push(frame);
    else this.#handler.frame(frame);
  }

  /** Some of what was queued has left. */
  drained(): void {
    this.#heard++;
    this.#relieve();
  }

  /**
   * The WebSocket is gone.
   *
   * @param code The close code.
   * @param reason The close reason.
   */
  closed(code: number, reason: string): void {
    this.#ended = { local: this.#closing, code, reason };
    this.#handler?.closed(this.#ended);
  }

  #relieve(): void {
    if (!this.#pressed || this.queuedBytes >= this.#highWaterMark) return;
    this.#pressed = false;
    this.#handler?.drained();
  }
}

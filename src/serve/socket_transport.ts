import type { Socket } from "node:net";
import { setImmediate } from "node:timers";
import type { Frame } from "../codec/serializer.ts";
import { Delivery } from "../transport/delivery.ts";
import type { PeerInfo, Transport, TransportHandler } from "../transport/transport.ts";
import type { Timer } from "../wire/clock.ts";
import type { Watched } from "./keep_alive.ts";
import type { MountSettings } from "./options.ts";

/** A WebSocket over a socket of Node as a transport: what does not depend on who reads and writes its frames. */
export abstract class SocketTransport implements Transport, Watched {
  readonly peer: PeerInfo;
  readonly handsOver = true;
  protected readonly socket: Socket;
  protected readonly settings: MountSettings;
  protected readonly delivery: Delivery = new Delivery();
  #watchesQueue = false;
  #deadline: Timer | undefined;
  /** Whether the client sent what is no WebSocket frame, or too large a one. */
  #failed = false;
  #tooLarge = false;
  /** Whether this side ended it. */
  #local = false;
  /** What the latest ping carried that is still to be answered. */
  #ping: Uint8Array | undefined;

  /**
   * @param socket The socket, of which the other side knows that it is a WebSocket.
   * @param peer What is known of the client.
   * @param settings Its limits, and the clock.
   */
  constructor(socket: Socket, peer: PeerInfo, settings: MountSettings) {
    this.socket = socket;
    this.peer = peer;
    this.settings = settings;
  }

  abstract readonly excused: boolean;
  abstract pause(): void;
  abstract resume(): void;
  abstract close(code?: number, reason?: string): void;
  abstract ping(): void;
  abstract write(frames: readonly Frame[]): void;

  /** Answers a ping with what it carried, if the connection is still open. */
  protected abstract pong(data: Uint8Array): void;

  get queuedBytes(): number {
    return this.socket.writableLength;
  }

  get activity(): number {
    const { bytesRead, writableLength } = this.socket;
    // What leaves tells of a living client only while it has to take it before more can leave.
    if (writableLength === 0) return bytesRead;
    return bytesRead + this.socket.bytesWritten - writableLength - inFlight(this.socket);
  }

  start(handler: TransportHandler): void {
    this.delivery.start(handler);
  }

  turn(flush: () => void): void {
    setImmediate(flush);
  }

  terminate(): void {
    this.#local = true;
    this.socket.destroy();
  }

  // Of several pings in a turn, or while the client takes nothing, the last is answered: RFC 6455, section 5.5.3.
  pinged(data: Uint8Array): void {
    if (this.#ping === undefined) setImmediate(() => this.#pong());
    this.#ping = data;
  }

  /** This side has begun to close. */
  protected closesItself(): void {
    this.#local = true;
    this.expectEnd();
  }

  /**
   * Takes note that the client has sent what is no WebSocket frame, or too large a one.
   *
   * @param tooLarge Whether it is that.
   */
  protected fail(tooLarge: boolean): void {
    this.#failed = true;
    this.#tooLarge = tooLarge;
    this.expectEnd();
  }

  /** Tells when what is queued has left; most connections never have anything queued. */
  protected watchQueue(): void {
    if (this.#watchesQueue) return;
    this.#watchesQueue = true;
    this.socket.on("drain", () => this.drained());
  }

  /** What was queued has left. */
  protected drained(): void {
    if (this.#ping !== undefined) this.#pong();
    this.delivery.drained();
  }

  #pong(): void {
    const data = this.#ping;
    if (data === undefined) return;
    if (this.socket.writableNeedDrain) {
      // A copy, as the chunk is large.
      this.#ping = Uint8Array.from(data);
      return this.watchQueue();
    }
    this.#ping = undefined;
    this.pong(data);
  }

  /** Ends the connection once all has been said, and some time after in any case. */
  protected expectEnd(): void {
    if (this.#deadline !== undefined) return;
    const { clock, closeTimeout } = this.settings;
    this.#deadline = clock.timer(closeTimeout, () => this.socket.destroy(), { background: true });
    this.socket.once("finish", () => this.#finished());
  }

  /**
   * Tells that the connection is gone.
   *
   * @param code The close code.
   * @param reason The close reason.
   */
  protected gone(code: number, reason: string): void {
    this.#deadline?.cancel();
    this.delivery.end({ local: this.#local, code, reason, ...this.#tooLarge && { tooLarge: true } });
  }

  // Everything has been said, and a client that said goodbye need not end its half first. One that is still sending would lose what it has not read.
  #finished(): void {
    if (!this.#failed) this.socket.destroy();
  }
}

/** How much of what a socket is writing the kernel has not taken: Node's own measure of a write's progress; on Deno there is none. */
function inFlight(socket: Socket & { readonly _handle?: { readonly writeQueueSize?: number } | null }): number {
  return socket._handle?.writeQueueSize ?? 0;
}

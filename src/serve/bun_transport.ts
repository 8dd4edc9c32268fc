import type { Frame } from "../codec/serializer.ts";
import { closeArguments } from "../transport/close_arguments.ts";
import { Delivery } from "../transport/delivery.ts";
import type { PeerInfo, Transport, TransportHandler } from "../transport/transport.ts";
import type { Timer } from "../wire/clock.ts";
import type { BunWebSocket } from "./bun_types.ts";
import type { Watched } from "./keep_alive.ts";
import type { MountSettings } from "./options.ts";
import type { Vigil } from "./vigil.ts";

const OPEN = 1;
/** How Bun ends a connection by which a message came that is too large: with a code that no client can send, and these words. */
const TOO_LARGE: { readonly code: number; readonly reason: string } = {
  code: 1006,
  reason: "Received too big message",
};

/** A WebSocket of Bun's server as a transport; a turn's frames leave in one system call. */
export class BunTransport implements Transport, Watched {
  readonly peer: PeerInfo;
  readonly handsOver = true;
  readonly excused = false;
  readonly #ws: BunWebSocket;
  readonly #vigil: Vigil;
  readonly #settings: MountSettings;
  readonly #delivery = new Delivery();
  #heard = 0;
  /** What was queued when that was last asked, or 0 after all had left: to ask is a call into the runtime, several for each message. */
  #queued = 0;
  #closing: [number, string] | undefined;
  #local = false;
  #deadline: Timer | undefined;

  /**
   * @param ws The WebSocket, open.
   * @param vigil What keeps the event loop awake; shared by the transports of a listener.
   * @param peer What is known of the client.
   * @param settings Its limits, and the clock.
   */
  constructor(ws: BunWebSocket, vigil: Vigil, peer: PeerInfo, settings: MountSettings) {
    this.#ws = ws;
    this.#vigil = vigil;
    this.peer = peer;
    this.#settings = settings;
    ws.binaryType = "uint8array";
  }

  get queuedBytes(): number {
    return this.#queued === 0 ? 0 : this.#queued = this.#ws.getBufferedAmount();
  }

  get activity(): number {
    return this.#heard;
  }

  start(handler: TransportHandler): void {
    this.#delivery.start(handler);
  }

  turn(flush: () => void): void {
    setImmediate(flush);
  }

  write(frames: readonly Frame[]): void {
    const ws = this.#ws;
    if (ws.readyState !== OPEN || this.#closing !== undefined) return;
    const { compression } = this.#settings;
    if (frames.length === 1) ws.send(frames[0] as string | Uint8Array, compression);
    else {
      ws.cork(() => {
        for (const frame of frames as readonly (string | Uint8Array)[]) ws.send(frame, compression);
      });
    }
    this.#queued = ws.getBufferedAmount();
    this.#vigil.wrote(frames);
  }

  close(code?: number, reason?: string): void {
    if (this.#ws.readyState !== OPEN || this.#closing !== undefined) return;
    this.#local = true;
    this.#closing = closeArguments(code, reason);
    const { clock, closeTimeout } = this.#settings;
    this.#deadline = clock.timer(closeTimeout, () => this.terminate(), { background: true });
    this.#finish();
  }

  terminate(): void {
    this.#local = true;
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
    this.#delivery.frame(frame);
  }

  /** Some of what was queued has left. */
  drained(): void {
    this.#heard++;
    this.#delivery.drained();
    this.#finish();
  }

  /**
   * The WebSocket is gone.
   *
   * @param code The close code.
   * @param reason The close reason.
   */
  closed(code: number, reason: string): void {
    this.#deadline?.cancel();
    const tooLarge = code === TOO_LARGE.code && reason === TOO_LARGE.reason;
    const info = { local: this.#local, code, reason, ...tooLarge && { tooLarge } };
    // Bun tells of a local close inside the call that closes; whoever made it is to be told after it.
    queueMicrotask(() => this.#delivery.end(info));
  }

  // A close while bytes are queued would take the socket out of reach, so that a client which never reads them could not be dropped.
  #finish(): void {
    if (this.#closing !== undefined && this.queuedBytes === 0) this.#ws.close(...this.#closing);
  }
}

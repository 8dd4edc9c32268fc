import type { Socket } from "node:net";
import { setImmediate } from "node:timers";
import type { RawData, WebSocket } from "ws";
import type { Frame } from "../codec/serializer.ts";
import { closeArguments } from "../transport/close_arguments.ts";
import { Delivery } from "../transport/delivery.ts";
import type { PeerInfo, Transport, TransportHandler } from "../transport/transport.ts";
import type { Timer } from "../wire/clock.ts";
import type { FrameWriter } from "./frame_writer.ts";
import type { Watched } from "./keep_alive.ts";
import type { MountSettings } from "./options.ts";

/** A WebSocket of `ws` as a transport; a turn's frames leave in one system call. */
export class NodeTransport implements Transport, Watched {
  readonly peer: PeerInfo;
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #writer: FrameWriter;
  readonly #settings: MountSettings;
  readonly #delivery = new Delivery();
  /** Whether it was agreed that messages are compressed, which `ws` does. */
  readonly #compressed: boolean;
  #closing = false;
  #deadline: Timer | undefined;
  /** Whether the client sent what is no WebSocket frame, or too large a one. */
  #failed = false;
  #tooLarge = false;

  /**
   * @param ws The WebSocket, open.
   * @param socket The socket that it was upgraded from.
   * @param writer What writes frames; shared by the transports of a listener.
   * @param peer What is known of the client.
   * @param settings Its limits, and the clock.
   */
  constructor(ws: WebSocket, socket: Socket, writer: FrameWriter, peer: PeerInfo, settings: MountSettings) {
    this.#ws = ws;
    this.#socket = socket;
    this.#writer = writer;
    this.peer = peer;
    this.#settings = settings;
    this.#compressed = ws.extensions !== "";
    ws.on("message", (data: RawData, binary: boolean) => this.#receive(data as Buffer<ArrayBuffer>, binary));
    ws.on("error", (error) => this.#fail(error));
    ws.on("close", (code: number, reason: Buffer) => this.#end(code, reason.toString()));
    socket.on("drain", () => this.#delivery.drained());
    // `ws` tells of a close frame only once the client has ended the connection, too.
    socket.on("data", () => ws.readyState === ws.CLOSING && this.#expectEnd());
    socket.once("finish", () => this.#finished());
  }

  get queuedBytes(): number {
    return this.#compressed ? this.#ws.bufferedAmount : this.#socket.writableLength;
  }

  get activity(): number {
    const { bytesRead, bytesWritten, writableLength } = this.#socket;
    // What leaves tells of a living client only while it has to take it before more can leave.
    return writableLength === 0 ? bytesRead : bytesRead + bytesWritten - writableLength - inFlight(this.#socket);
  }

  get excused(): boolean {
    return this.#ws.isPaused && this.#socket.writableLength === 0;
  }

  start(handler: TransportHandler): void {
    this.#delivery.start(handler);
  }

  turn(flush: () => void): void {
    setImmediate(flush);
  }

  write(frames: readonly Frame[]): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    if (this.#compressed) this.#compress(frames);
    else this.#writer.write(this.#socket, frames);
  }

  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  close(code?: number, reason?: string): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    this.#closing = true;
    this.#ws.close(...closeArguments(code, reason));
    this.#expectEnd();
  }

  terminate(): void {
    this.#closing = true;
    this.#ws.terminate();
  }

  ping(): void {
    this.#ws.ping();
  }

  #compress(frames: readonly Frame[]): void {
    this.#socket.cork();
    for (const frame of frames as readonly (string | Uint8Array)[]) this.#ws.send(frame, this.#compressedOne);
    this.#socket.uncork();
  }

  readonly #compressedOne = (): void => this.#delivery.drained();

  #receive(data: Buffer<ArrayBuffer>, binary: boolean): void {
    // A plain view, since a Buffer's `slice` and `toJSON` differ from a Uint8Array's. Its memory is not used for anything else later.
    this.#delivery.frame(binary ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : data.toString());
  }

  #fail(error: Error & { readonly code?: string }): void {
    this.#failed = true;
    this.#tooLarge = error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    this.#expectEnd();
  }

  #expectEnd(): void {
    const { clock, closeTimeout } = this.#settings;
    this.#deadline ??= clock.timer(closeTimeout, () => this.#ws.terminate(), { background: true });
  }

  // Everything has been said, and a client that said goodbye need not end its half first. One that is still sending would lose what it has not read.
  #finished(): void {
    if (!this.#failed) this.#socket.destroy();
  }

  #end(code: number, reason: string): void {
    this.#deadline?.cancel();
    this.#delivery.end({ local: this.#closing, code, reason, ...this.#tooLarge && { tooLarge: true } });
  }
}

/** How much of what a socket is writing the kernel has not taken: Node's own measure of a write's progress; on Deno there is none. */
function inFlight(socket: Socket & { readonly _handle?: { readonly writeQueueSize?: number } | null }): number {
  return socket._handle?.writeQueueSize ?? 0;
}

import type { Socket } from "node:net";
import { setImmediate } from "node:timers";
import { WebSocket } from "ws";
import type { RawData } from "ws";
import type { Frame } from "../codec/serializer.ts";
import { closeArguments } from "../transport/close_arguments.ts";
import { Delivery } from "../transport/delivery.ts";
import type { PeerInfo, Transport, TransportHandler } from "../transport/transport.ts";
import type { Timer } from "../wire/clock.ts";
import type { FrameWriter } from "./frame_writer.ts";
import type { Watched } from "./keep_alive.ts";
import type { MountSettings } from "./options.ts";
import type { Vigil } from "./vigil.ts";

/** A WebSocket of `ws` that knows the transport made of it, so that all can share the functions which listen to them. */
export class NodeWebSocket extends WebSocket {
  /** The transport, from the moment on that it is open. */
  transport: NodeTransport | undefined = undefined;

  // `ws` itself calls this when the client closes, of which it tells only once the client has ended the connection, too.
  override close(code?: number, reason?: string | Uint8Array): void {
    super.close(code, reason as string | undefined);
    this.transport?.closing();
  }
}

/** A WebSocket of `ws` as a transport; a turn's frames leave in one system call. */
export class NodeTransport implements Transport, Watched {
  readonly peer: PeerInfo;
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #writer: FrameWriter;
  readonly #vigil: Vigil | undefined;
  readonly #settings: MountSettings;
  readonly #delivery = new Delivery();
  /** Whether it was agreed that messages are compressed, which `ws` does. */
  readonly #compressed: boolean;
  #closing = false;
  #watchesQueue = false;
  #deadline: Timer | undefined;
  /** Whether the client sent what is no WebSocket frame, or too large a one. */
  #failed = false;
  #tooLarge = false;

  /**
   * @param ws The WebSocket, open.
   * @param socket The socket that it was upgraded from.
   * @param writer What writes frames; shared by the transports of a listener.
   * @param vigil What keeps the event loop awake, if anything does; shared as well.
   * @param peer What is known of the client.
   * @param settings Its limits, and the clock.
   */
  constructor(
    ws: WebSocket,
    socket: Socket,
    writer: FrameWriter,
    vigil: Vigil | undefined,
    peer: PeerInfo,
    settings: MountSettings,
  ) {
    this.#ws = ws;
    this.#socket = socket;
    this.#writer = writer;
    this.#vigil = vigil;
    this.peer = peer;
    this.#settings = settings;
    this.#compressed = settings.compression && ws.extensions !== "";
  }

  get queuedBytes(): number {
    return this.#compressed ? this.#ws.bufferedAmount : this.#socket.writableLength;
  }

  get activity(): number {
    const { bytesRead, writableLength } = this.#socket;
    // What leaves tells of a living client only while it has to take it before more can leave.
    if (writableLength === 0) return bytesRead;
    return bytesRead + this.#socket.bytesWritten - writableLength - inFlight(this.#socket);
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
    this.#vigil?.wrote(frames);
    if (this.#socket.writableLength > 0) this.#watchQueue();
  }

  pause(): void {
    this.#watchQueue();
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  close(code?: number, reason?: string): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
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

  /**
   * Takes what came.
   *
   * @param data The message.
   * @param binary Whether it came as bytes.
   */
  received(data: RawData, binary: boolean): void {
    const bytes = data as Buffer<ArrayBuffer>;
    // A plain view, since a Buffer's `slice` and `toJSON` differ from a Uint8Array's. Its memory is not used for anything else later.
    this.#delivery.frame(binary ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes.toString());
  }

  /** @param error What was wrong with that which came; nothing more is read. */
  failed(error: Error & { readonly code?: string }): void {
    this.#failed = true;
    this.#tooLarge = error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    this.#expectEnd();
  }

  /** Either side has begun to close. */
  closing(): void {
    this.#expectEnd();
  }

  /**
   * The WebSocket is gone.
   *
   * @param code The close code.
   * @param reason The close reason.
   */
  closed(code: number, reason: string): void {
    this.#deadline?.cancel();
    this.#delivery.end({ local: this.#closing, code, reason, ...this.#tooLarge && { tooLarge: true } });
  }

  #compress(frames: readonly Frame[]): void {
    this.#socket.cork();
    for (const frame of frames as readonly (string | Uint8Array)[]) {
      this.#ws.send(frame, () => this.#delivery.drained());
    }
    this.#socket.uncork();
  }

  // Most connections never have anything queued.
  #watchQueue(): void {
    if (this.#watchesQueue) return;
    this.#watchesQueue = true;
    this.#socket.on("drain", () => this.#delivery.drained());
  }

  #expectEnd(): void {
    if (this.#deadline !== undefined) return;
    const { clock, closeTimeout } = this.#settings;
    this.#deadline = clock.timer(closeTimeout, () => this.#ws.terminate(), { background: true });
    this.#socket.once("finish", () => this.#finished());
  }

  // Everything has been said, and a client that said goodbye need not end its half first. One that is still sending would lose what it has not read.
  #finished(): void {
    if (!this.#failed) this.#socket.destroy();
  }
}

/** How much of what a socket is writing the kernel has not taken: Node's own measure of a write's progress; on Deno there is none. */
function inFlight(socket: Socket & { readonly _handle?: { readonly writeQueueSize?: number } | null }): number {
  return socket._handle?.writeQueueSize ?? 0;
}

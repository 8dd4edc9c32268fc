import type { Socket } from "node:net";
import { WebSocket } from "ws";
import type { RawData } from "ws";
import type { Frame } from "../codec/serializer.ts";
import { closeArguments } from "../transport/close_arguments.ts";
import type { PeerInfo } from "../transport/transport.ts";
import type { MountSettings } from "./options.ts";
import { SocketTransport } from "./socket_transport.ts";

/** A WebSocket of `ws` that knows the transport made of it. */
export class CompressedWebSocket extends WebSocket {
  /** The transport, from the moment on that it is open. */
  transport: CompressedTransport | undefined = undefined;

  // `ws` itself calls this when the client closes, of which it tells only once the client has ended the connection, too.
  override close(code?: number, reason?: string | Uint8Array): void {
    super.close(code, reason as string | undefined);
    this.transport?.closing();
  }
}

/** A WebSocket whose messages are compressed, which `ws` does. */
export class CompressedTransport extends SocketTransport {
  readonly #ws: WebSocket;

  /**
   * @param ws The WebSocket, open.
   * @param socket The socket that it was upgraded from.
   * @param peer What is known of the client.
   * @param settings Its limits, and the clock.
   * @param left Called with it when it is gone.
   */
  constructor(
    ws: CompressedWebSocket,
    socket: Socket,
    peer: PeerInfo,
    settings: MountSettings,
    left: (transport: CompressedTransport) => void,
  ) {
    super(socket, peer, settings);
    this.#ws = ws;
    ws.transport = this;
    ws.on("message", (data, binary) => this.#received(data, binary));
    ws.on("ping", (data) => this.pinged(data));
    ws.on("error", (error: Error & { readonly code?: string }) => {
      this.fail(error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
    });
    ws.on("close", (code, reason) => {
      this.gone(code, reason.toString());
      left(this);
    });
  }

  override get queuedBytes(): number {
    return this.#ws.bufferedAmount;
  }

  get excused(): boolean {
    return this.#ws.isPaused && this.socket.writableLength === 0;
  }

  write(frames: readonly Frame[]): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    this.socket.cork();
    for (const frame of frames as readonly (string | Uint8Array)[]) this.#ws.send(frame, () => this.drained());
    this.socket.uncork();
    if (this.socket.writableLength > 0) this.watchQueue();
  }

  pause(): void {
    this.watchQueue();
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  close(code?: number, reason?: string): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    this.closesItself();
    this.#ws.close(...closeArguments(code, reason));
  }

  ping(): void {
    this.#ws.ping();
  }

  /** Either side has begun to close. */
  closing(): void {
    this.expectEnd();
  }

  protected override pong(data: Uint8Array): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.pong(data);
  }

  #received(data: RawData, binary: boolean): void {
    const { buffer, byteOffset, byteLength } = data as Buffer<ArrayBuffer>;
    // A plain view, since a Buffer's `slice` and `toJSON` differ from a Uint8Array's. Its memory is not used for anything else later.
    this.delivery.frame(binary ? new Uint8Array(buffer, byteOffset, byteLength) : data.toString());
  }
}

import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Frame } from "../codec/serializer.ts";
import { closeArguments } from "../transport/close_arguments.ts";
import type { PeerInfo } from "../transport/transport.ts";
import { CloseCode, Opcode } from "./frame_format.ts";
import { FrameReader } from "./frame_reader.ts";
import type { FrameHandler } from "./frame_reader.ts";
import type { FrameWriter } from "./frame_writer.ts";
import type { MountSettings } from "./options.ts";
import { SocketTransport } from "./socket_transport.ts";
import type { Vigil } from "./vigil.ts";

const NOTHING: Uint8Array = new Uint8Array(0);

/** What the transports of a listener share. */
export interface Shared {
  /** What writes frames. */
  readonly writer: FrameWriter;
  /** What keeps the event loop awake, if anything does. */
  readonly vigil: Vigil | undefined;
  /** Called with a transport that is gone. */
  readonly left: (transport: NodeTransport) => void;
}

/** A socket that knows the transport made of it, so that all can share the functions which listen to them. */
interface UpgradedSocket extends Socket {
  [transportOf]?: NodeTransport;
}

const transportOf: unique symbol = Symbol("transport");

/** A WebSocket over a socket of Node as a transport; a turn's frames leave in one system call. */
export class NodeTransport extends SocketTransport implements FrameHandler {
  readonly #shared: Shared;
  readonly #reader: FrameReader;
  #open = true;
  #paused = false;
  #code: number = CloseCode.broken;
  #reason = "";

  /**
   * @param socket The socket, of which the other side knows that it is a WebSocket.
   * @param shared What the transports of a listener share.
   * @param peer What is known of the client.
   * @param settings Its limits, and the clock.
   */
  constructor(socket: Socket, shared: Shared, peer: PeerInfo, settings: MountSettings) {
    super(socket, peer, settings);
    this.#shared = shared;
    this.#reader = new FrameReader(this, settings.maxMessageSize);
    (socket as UpgradedSocket)[transportOf] = this;
    socket.on("data", received);
    socket.on("end", ended);
    socket.on("error", broken);
    socket.on("close", closed);
  }

  get excused(): boolean {
    return this.#paused && this.socket.writableLength === 0;
  }

  write(frames: readonly Frame[]): void {
    if (!this.#open) return;
    this.#shared.writer.write(this.socket, frames);
    this.#shared.vigil?.wrote(frames);
    if (this.socket.writableLength > 0) this.watchQueue();
  }

  pause(): void {
    this.watchQueue();
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.socket.resume();
  }

  close(code?: number, reason?: string): void {
    if (!this.#open) return;
    this.closesItself();
    this.#sayGoodbye(...closeArguments(code, reason));
  }

  ping(): void {
    if (this.#open) this.#shared.writer.writeControl(this.socket, Opcode.ping, NOTHING);
  }

  /** @param chunk What came. */
  received(chunk: Buffer): void {
    this.#reader.read(chunk);
  }

  message(data: string | Uint8Array<ArrayBuffer>): void {
    this.delivery.frame(data);
  }

  concluded(code: number, reason: string): void {
    this.#code = code;
    this.#reason = reason;
    if (this.#open) {
      this.expectEnd();
      if (code === CloseCode.none) this.#sayGoodbye();
      else this.#sayGoodbye(code, reason);
    }
    this.#end();
  }

  failed(code: number): void {
    this.fail(code === CloseCode.tooLarge);
    if (this.#open) this.#sayGoodbye(code, "");
    this.#end();
  }

  /** The client has ended its half. */
  halfEnded(): void {
    this.#open = false;
    this.expectEnd();
    this.socket.end();
  }

  /** The socket is gone. */
  closed(): void {
    this.#open = false;
    // What came while this was paused; without the length Deno gives one piece of it.
    const rest = this.socket.read(this.socket.readableLength) as Buffer | null;
    if (rest !== null) this.#reader.read(rest);
    this.gone(this.#code, this.#reason);
    this.#shared.left(this);
  }

  protected override pong(data: Uint8Array): void {
    if (this.#open) this.#shared.writer.writeControl(this.socket, Opcode.pong, data);
  }

  #sayGoodbye(code?: number, reason: string = ""): void {
    this.#open = false;
    const data = Buffer.alloc(code === undefined ? 0 : 2 + Buffer.byteLength(reason));
    if (code !== undefined) {
      data.writeUInt16BE(code);
      data.write(reason, 2);
    }
    this.#shared.writer.writeControl(this.socket, Opcode.close, data);
  }

  /** Nothing more is said; what still comes is read, and ignored, as otherwise the client would lose what it has not read. */
  #end(): void {
    if (this.#paused) this.resume();
    this.socket.end();
  }
}

function received(this: UpgradedSocket, chunk: Buffer): void {
  this[transportOf]!.received(chunk);
}

function ended(this: UpgradedSocket): void {
  this[transportOf]!.halfEnded();
}

// The end of the socket follows, and is told then.
function broken(): void {}

function closed(this: UpgradedSocket): void {
  this[transportOf]!.closed();
}

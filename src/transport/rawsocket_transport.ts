import type { Socket } from "node:net";
import { setImmediate } from "node:timers";
import type { Frame } from "../codec/serializer.ts";
import type { Clock, Timer } from "../wire/clock.ts";
import { ProtocolViolation } from "../wire/errors.ts";
import { Delivery } from "./delivery.ts";
import { FrameLimit } from "./frame_limit.ts";
import { FrameKind, FrameReader } from "./rawsocket_framing.ts";
import { RawSocketWriter } from "./rawsocket_writer.ts";
import type { PeerInfo, Transport, TransportHandler } from "./transport.ts";

const NOTHING = new Uint8Array(0);
/** Bytes queued from which on a peer that pings is not read until it has taken its answers. */
const UNREAD_ANSWERS = 64 * 1024;
/** After how much silence the operating systems ask each other whether they are there, in milliseconds. */
const TCP_KEEP_ALIVE = 60_000;

/** What a transport over a socket is made with. */
export interface RawSocketOptions {
  /** What is known of the other side. */
  readonly peer: PeerInfo;
  /** Whether messages are text. */
  readonly text: boolean;
  /** The largest frame in bytes that is taken. */
  readonly limit: number;
  /** The largest frame in bytes that the other side takes. */
  readonly peerLimit: number;
  /** How many milliseconds the other side has to take what is queued and end its half of the connection. */
  readonly closeTimeout: number;
  /** Where time comes from. */
  readonly clock: Clock;
}

/**
 * Frames over a TCP, TLS or unix socket whose handshake is done; the same on both sides.
 *
 * @see WAMP advanced profile, "RawSocket Transport"
 */
export class RawSocketTransport implements Transport {
  readonly peer: PeerInfo;
  readonly frameLimit: FrameLimit;

  readonly #socket: Socket;
  readonly #options: RawSocketOptions;
  readonly #writer: RawSocketWriter;
  readonly #reader: FrameReader;
  readonly #decoder: TextDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  readonly #delivery = new Delivery();
  #heard = 0;
  #paused = false;
  /** Whether it is not read until it has taken its PONGs. */
  #answering = false;
  #closing = false;
  #deadline: Timer | undefined;
  /** Why the connection is of no use any more. */
  #failure: string | undefined;
  #tooLarge = false;

  /**
   * @param socket The socket.
   * @param options What was agreed on, and limits.
   */
  constructor(socket: Socket, options: RawSocketOptions) {
    this.#socket = socket;
    this.#options = options;
    this.peer = options.peer;
    this.frameLimit = new FrameLimit(options.peerLimit);
    this.#writer = new RawSocketWriter(socket);
    this.#reader = new FrameReader(options.limit, (kind, bytes) => this.#frame(kind, bytes));
    socket.setNoDelay(true);
    socket.setKeepAlive(true, TCP_KEEP_ALIVE);
    socket.on("data", (bytes: Uint8Array<ArrayBuffer>) => this.received(bytes));
    socket.on("error", (error) => this.#failure ??= error.message);
    socket.on("close", () => this.#end());
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /** A number that changes whenever something is heard of the other side, or it takes something of what is queued for it. */
  get activity(): number {
    return this.#heard;
  }

  /** Whether silence says nothing: this side does not read, and has nothing queued that the other could take. */
  get excused(): boolean {
    return (this.#paused || this.#answering) && this.#socket.writableLength === 0;
  }

  start(handler: TransportHandler): void {
    this.#delivery.start(handler);
  }

  turn(flush: () => void): void {
    setImmediate(flush);
  }

  write(frames: readonly Frame[]): void {
    if (this.#isOpen()) this.#writer.write(frames, this.#written);
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#answering) this.#socket.resume();
  }

  close(): void {
    if (this.#closing || this.#delivery.ended) return;
    this.#closing = true;
    const { clock, closeTimeout } = this.#options;
    this.#deadline = clock.timer(closeTimeout, () => this.#socket.destroy(), { background: true });
    this.#socket.end();
  }

  terminate(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  /** Asks for a sign of life. */
  ping(): void {
    if (this.#isOpen()) this.#writer.writeControl(FrameKind.ping, NOTHING, this.#written);
  }

  /** @param bytes What came. */
  received(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#failure !== undefined) return;
    this.#heard++;
    try {
      // A plain view, since a Buffer's `slice` and `toJSON` differ from a Uint8Array's.
      this.#reader.take(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      this.#tooLarge = error.limit === "messageSize";
      this.#fail(error.message);
    }
  }

  #frame(kind: number, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#failure !== undefined) return;
    if (kind === FrameKind.ping) this.#answer(bytes);
    else if (kind === FrameKind.message) this.#message(bytes);
  }

  #message(bytes: Uint8Array<ArrayBuffer>): void {
    const frame = this.#options.text ? this.#decode(bytes) : bytes;
    if (frame !== undefined) this.#delivery.frame(frame);
  }

  #decode(bytes: Uint8Array): string | undefined {
    try {
      return this.#decoder.decode(bytes);
    } catch {
      this.#fail("Cannot take a message that is not UTF-8");
      return undefined;
    }
  }

  // Who pings without reading would have its answers pile up here.
  #answer(bytes: Uint8Array): void {
    if (!this.#isOpen()) return;
    if (bytes.length > this.frameLimit.bytes) return this.#fail("Cannot answer a PING larger than its sender takes");
    this.#writer.writeControl(FrameKind.pong, bytes, this.#written);
    if (this.queuedBytes < UNREAD_ANSWERS || this.#answering) return;
    this.#answering = true;
    this.#socket.pause();
  }

  readonly #written = (): void => {
    if (this.#delivery.ended) return;
    // Where more is waiting, what left is what the other side had room for; otherwise it may only have moved into the kernel.
    if (this.queuedBytes > 0) this.#heard++;
    else if (this.#answering) {
      this.#answering = false;
      if (!this.#paused) this.#socket.resume();
    }
    this.#delivery.drained();
  };

  #isOpen(): boolean {
    return !this.#closing && this.#failure === undefined && !this.#delivery.ended;
  }

  #fail(reason: string): void {
    this.#failure ??= reason;
    this.#socket.destroy();
  }

  #end(): void {
    this.#deadline?.cancel();
    const reason = this.#failure ?? this.#ending();
    this.#delivery.end({ local: this.#closing, reason, ...this.#tooLarge && { tooLarge: true } });
  }

  #ending(): string {
    return this.#reader.midway && !this.#closing ? "the connection ended within a frame" : "";
  }
}

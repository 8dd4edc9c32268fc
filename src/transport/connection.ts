import type { Head } from "../codec/head.ts";
import type { Payload } from "../codec/payload.ts";
import type { Frame, HeaderElement, Serializer } from "../codec/serializer.ts";
import { ProtocolViolation } from "../wire/errors.ts";
import { FIRST_EXTENSION_TYPE } from "../wire/message_shape.ts";
import { Outbox } from "./outbox.ts";
import type { CloseInfo, PeerInfo, Transport } from "./transport.ts";

/** Who is told what happens on a connection. */
export interface ConnectionHandler {
  /** A message came. */
  message(head: Head): void;
  /** Something came that is not a WAMP message. */
  violation(error: ProtocolViolation): void;
  /** The queue has drained after it was full. */
  drained(): void;
  /** The connection is gone; called once, and nothing after it. */
  closed(info: CloseInfo): void;
}

/** How much a connection may queue and take. */
export interface ConnectionOptions {
  /** Whether a frame is a batch of messages (default false). */
  readonly batched?: boolean;
  /** Bytes queued from which on the connection is not writable (default 1 MiB). */
  readonly highWaterMark?: number;
  /** The size in bytes from which on an incoming frame is refused (default 64 MiB). */
  readonly maxMessageSize?: number;
}

const HIGH_WATER_MARK = 1024 * 1024;
const MAX_MESSAGE_SIZE = 64 * 1024 * 1024;

/** A transport with the serializer that was agreed on: messages in, messages out. */
export class Connection {
  /** The serializer that was agreed on. */
  readonly serializer: Serializer;

  readonly #transport: Transport;
  readonly #outbox: Outbox;
  readonly #batched: boolean;
  readonly #highWaterMark: number;
  readonly #maxMessageSize: number;
  #handler: ConnectionHandler | undefined;
  #closed = false;

  /**
   * @param transport What moves the frames.
   * @param serializer The serializer that was agreed on.
   * @param options Limits, and whether frames are batches.
   */
  constructor(transport: Transport, serializer: Serializer, options: ConnectionOptions = {}) {
    this.serializer = serializer;
    this.#transport = transport;
    this.#batched = options.batched ?? false;
    this.#highWaterMark = options.highWaterMark ?? HIGH_WATER_MARK;
    this.#maxMessageSize = options.maxMessageSize ?? MAX_MESSAGE_SIZE;
    this.#outbox = new Outbox(transport, serializer, this.#batched);
  }

  /** What is known of the other side. */
  get peer(): PeerInfo {
    return this.#transport.peer;
  }

  /** Bytes that were sent and have not left. */
  get queuedBytes(): number {
    return this.#outbox.bytes + this.#transport.queuedBytes;
  }

  /** Whether less is queued than the high-water mark; `drained` is called when this turns true again. */
  get writable(): boolean {
    return this.queuedBytes < this.#highWaterMark;
  }

  /** Whether the connection is gone or going. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Begins delivery.
   *
   * @param handler Who is told; a later call hands over to another.
   */
  start(handler: ConnectionHandler): void {
    const first = this.#handler === undefined;
    this.#handler = handler;
    if (!first) return;
    this.#transport.start({
      frame: (frame) => this.#receive(frame),
      drained: () => this.#handler?.drained(),
      closed: (info) => {
        this.#closed = true;
        this.#handler?.closed(info);
      },
    });
  }

  /**
   * Sends a message.
   *
   * @param header The type code and the elements before the payload.
   * @param payload The payload, if the message has one.
   * @throws {WampError} `unserializable` when a value cannot be represented; then nothing is sent.
   */
  send(header: readonly HeaderElement[], payload?: Payload): void {
    this.sendFrame(this.serializer.encode(header, payload));
  }

  /**
   * Sends a message that was encoded by this connection's serializer.
   *
   * @param frame The message; it must not change afterwards.
   */
  sendFrame(frame: Frame): void {
    if (!this.#closed) this.#outbox.append(frame);
  }

  /** Stops reading, where the transport can. */
  pause(): void {
    this.#transport.pause?.();
  }

  /** Reads on. */
  resume(): void {
    this.#transport.resume?.();
  }

  /**
   * Closes after what was sent has left.
   *
   * @param code A WebSocket close code (default 1000).
   * @param reason A short text.
   */
  close(code?: number, reason?: string): void {
    if (this.#closed) return;
    this.#outbox.flush();
    this.#closed = true;
    this.#transport.close(code, reason);
  }

  /** Drops the connection at once. */
  terminate(): void {
    this.#closed = true;
    this.#transport.terminate();
  }

  #receive(frame: Frame): void {
    const { serializer } = this;
    if (serializer.sizeOf(frame) > this.#maxMessageSize) {
      this.#refuse(
        new ProtocolViolation(
          `Cannot take a message of ${serializer.sizeOf(frame)} bytes: the limit is ${this.#maxMessageSize}`,
        ),
      );
    } else if (!this.#batched) this.#deliver(frame);
    else this.#deliverBatch(frame);
  }

  #deliverBatch(batch: Frame): void {
    let frames: readonly Frame[];
    try {
      frames = this.serializer.splitBatch(batch);
    } catch (error) {
      return this.#refuse(error);
    }
    for (const frame of frames) this.#deliver(frame);
  }

  #deliver(frame: Frame): void {
    if (this.#closed) return;
    let head: Head;
    try {
      head = this.serializer.scan(frame);
    } catch (error) {
      return this.#refuse(error);
    }
    if (head.type < FIRST_EXTENSION_TYPE) this.#handler?.message(head);
  }

  #refuse(error: unknown): void {
    if (!(error instanceof ProtocolViolation)) throw error;
    if (!this.#closed) this.#handler?.violation(error);
  }
}

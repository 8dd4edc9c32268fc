import { separatorIn } from "../codec/batch.ts";
import type { Head } from "../codec/head.ts";
import type { Payload } from "../codec/payload.ts";
import type { Frame, HeaderElement, Serializer } from "../codec/serializer.ts";
import type { ProtocolViolation } from "../wire/errors.ts";
import { Inbox } from "./inbox.ts";
import { Outbox } from "./outbox.ts";
import type { CloseInfo, PeerInfo, Transport } from "./transport.ts";

/** Who is told what happens on a connection. */
export interface ConnectionHandler {
  /** A message came. */
  message(head: Head): void;
  /** Something came that is not a WAMP message, or more than is kept while nothing is delivered. */
  violation(error: ProtocolViolation): void;
  /** The connection is writable again after it was not; sometimes also when nobody saw that. */
  drained(): void;
  /** The connection is gone; called once, and nothing after it. */
  closed(info: CloseInfo): void;
}

/** How much a connection may queue and take. */
export interface ConnectionOptions {
  /** Whether a frame is a batch of messages (default false). */
  readonly batched?: boolean | undefined;
  /** What goes behind each message of a batch of text until the other side has sent one (default the specification's). */
  readonly batchSeparator?: string | undefined;
  /** Bytes queued from which on the connection is not writable (default 1 MiB). */
  readonly highWaterMark?: number | undefined;
  /** The size in bytes from which on an incoming frame, or all that wait to be delivered, are refused (default 64 MiB). */
  readonly maxMessageSize?: number | undefined;
}

/** Bytes queued from which on a connection is not writable, where nothing else is said. */
export const HIGH_WATER_MARK: number = 1024 * 1024;
/** The size in bytes from which on an incoming frame is refused, where nothing else is said. */
export const MAX_MESSAGE_SIZE: number = 64 * 1024 * 1024;

/** A transport with the serializer that was agreed on: messages in, messages out. */
export class Connection {
  /** The serializer that was agreed on. */
  readonly serializer: Serializer;

  readonly #transport: Transport;
  readonly #options: ConnectionOptions;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  #handler: ConnectionHandler | undefined;
  #closed = false;
  #received = 0;
  #terminated: string | undefined;

  /**
   * @param transport What moves the frames.
   * @param serializer The serializer that was agreed on.
   * @param options Limits, and whether frames are batches.
   */
  constructor(transport: Transport, serializer: Serializer, options: ConnectionOptions = {}) {
    this.serializer = serializer;
    this.#transport = transport;
    this.#options = options;
    const { batched = false, highWaterMark = HIGH_WATER_MARK, maxMessageSize = MAX_MESSAGE_SIZE } = options;
    this.#outbox = new Outbox(transport, serializer, batched, highWaterMark, () => {
      if (!this.#closed) this.#handler?.drained();
    });
    if (options.batchSeparator !== undefined) this.#outbox.separateBy(options.batchSeparator);
    this.#inbox = new Inbox(transport, serializer, batched, maxMessageSize);
  }

  /**
   * Puts something between this connection and what moves its frames; before anything is sent or delivered.
   *
   * @param wrap Makes the transport to use from the one that there is.
   * @returns The connection to use instead of this one.
   */
  through(wrap: (transport: Transport) => Transport): Connection {
    return new Connection(wrap(this.#transport), this.serializer, this.#options);
  }

  /** Whether a frame is a batch of messages. */
  get batched(): boolean {
    return this.#options.batched ?? false;
  }

  /** Whether the memory of what came is nobody else's. */
  get handsOver(): boolean {
    return this.#transport.handsOver === true;
  }

  /** What is known of the other side. */
  get peer(): PeerInfo {
    return this.#transport.peer;
  }

  /** Bytes that were sent and have not left. */
  get queuedBytes(): number {
    return this.#outbox.queuedBytes;
  }

  /** Bytes that were written and have not left, without those that wait for the end of this turn. */
  get heldBytes(): number {
    return this.#transport.queuedBytes;
  }

  /** How many frames have come. */
  get received(): number {
    return this.#received;
  }

  /** Whether less is queued than the high-water mark; after it was false, `drained` is called when it is true again, at the latest when nothing is queued. */
  get writable(): boolean {
    return this.#outbox.writable;
  }

  /**
   * Tells whether the other side keeps up with what it is sent: all but less than the high-water mark has left that was sent before this turn. What this
   * turn brings has had no chance to leave.
   *
   * @param burst How many bytes this turn may have brought, should that be more than the mark.
   * @returns Whether it does.
   */
  keepsUp(burst: number): boolean {
    return this.#outbox.keepsUp(burst);
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
    this.#inbox.deliverTo(handler);
    if (!first) return;
    this.#transport.start({
      frame: (frame) => {
        if (this.#received++ === 0 && typeof frame === "string") this.#outbox.separateBy(separatorIn(frame));
        this.#inbox.receive(frame);
      },
      drained: () => this.#outbox.relieve(),
      closed: (info) =>
        this.#inbox.end(() => {
          this.#closed = true;
          this.#handler?.closed(this.#terminated === undefined ? info : { ...info, reason: this.#terminated });
        }),
    });
  }

  /**
   * Sends a message.
   *
   * @param header The type code and the elements before the payload.
   * @param payload The payload, if the message has one.
   * @throws {WampError} `unserializable` when a value cannot be represented, `payload_size_exceeded` when the other side takes no message as large;
   *   then nothing is sent. An ERROR goes without its payload before that; without HELLO, WELCOME and their like there can be no session, so that
   *   the connection is closed instead.
   */
  send(header: readonly HeaderElement[], payload?: Payload): void {
    const frame = this.serializer.encode(header, payload);
    if (this.takes(frame)) this.#append(frame);
    else this.#transport.frameLimit?.exceeded(this, header, payload, frame);
  }

  /**
   * Encodes a request, to be sent by {@linkcode sendFrame}.
   *
   * @param header The type code and the elements before the payload.
   * @param payload The payload, if the message has one.
   * @returns The message.
   * @throws {WampError} `unserializable` when a value cannot be represented, `payload_size_exceeded` when the other side takes no message as large.
   */
  encode(header: readonly HeaderElement[], payload?: Payload): Frame {
    const frame = this.serializer.encode(header, payload);
    if (!this.takes(frame)) this.#transport.frameLimit?.exceeded(this, header, payload, frame);
    return frame;
  }

  /**
   * Tells whether the other side takes a message as large as this; all do, but on a transport that has limits.
   *
   * @param frame The message, encoded by this connection's serializer.
   * @returns Whether it does.
   */
  takes(frame: Frame): boolean {
    return this.#transport.frameLimit?.takes(frame, this.serializer) ?? true;
  }

  /**
   * Sends a message that was encoded by this connection's serializer; not, when it is larger than the other side takes.
   *
   * @param frame The message; it must not change afterwards.
   */
  sendFrame(frame: Frame): void {
    if (this.takes(frame)) this.#append(frame);
  }

  /** Delivers no messages until `resume`: stops reading where the transport can, and keeps what comes nevertheless. */
  pause(): void {
    this.#inbox.pause();
  }

  /** Delivers messages again, from a later turn on. */
  resume(): void {
    this.#inbox.resume();
  }

  /**
   * Closes after what was sent has left.
   *
   * @param code A WebSocket close code (default 1000).
   * @param reason A short text.
   */
  close(code?: number, reason?: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#inbox.stop();
    this.#outbox.flush();
    this.#transport.close(code, reason);
  }

  /**
   * Drops the connection at once.
   *
   * @param reason What to tell the handler of it (default what the transport says).
   */
  terminate(reason?: string): void {
    this.#closed = true;
    this.#terminated = reason;
    this.#inbox.stop();
    this.#transport.terminate();
  }

  #append(frame: Frame): void {
    if (!this.#closed) this.#outbox.append(frame);
  }
}

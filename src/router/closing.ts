import type { Head } from "../codec/head.ts";
import type { Connection, ConnectionHandler } from "../transport/connection.ts";
import type { Clock, Timer } from "../wire/clock.ts";
import { MessageType } from "../wire/message_type.ts";

/** Ends a connection; who never takes what is queued for it or never answers the close is dropped by the transport. */
export class Closing implements ConnectionHandler {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #goodbyeTimeout: number;
  readonly #ended: () => void;
  #timer: Timer | undefined;
  #answered: (() => void) | undefined;

  /**
   * @param connection The connection.
   * @param clock Where time comes from.
   * @param goodbyeTimeout Milliseconds that the other side has to answer GOODBYE.
   * @param ended Called when the connection is gone.
   */
  constructor(connection: Connection, clock: Clock, goodbyeTimeout: number, ended: () => void) {
    this.#connection = connection;
    this.#clock = clock;
    this.#goodbyeTimeout = goodbyeTimeout;
    this.#ended = ended;
  }

  /**
   * Waits for the answer to the router's GOODBYE.
   *
   * @param answered Takes the connection over when it comes (default: the connection is closed).
   */
  afterGoodbye(answered?: () => void): void {
    this.#answered = answered;
    this.#connection.start(this);
    this.#timer = this.#clock.timer(this.#goodbyeTimeout, () => this.#close(1000, ""));
  }

  /**
   * Closes.
   *
   * @param code The WebSocket close code.
   * @param reason A short text.
   */
  now(code: number, reason: string): void {
    this.#connection.start(this);
    this.#close(code, reason);
  }

  /** Takes a message: only GOODBYE matters any more. */
  message(head: Head): void {
    if (head.type !== MessageType.GOODBYE) return;
    if (this.#answered === undefined) return this.#close(1000, "");
    this.#timer?.cancel();
    this.#answered();
  }

  /** Takes something that is not a message: it does not matter any more. */
  violation(): void {
    this.#close(1002, "");
  }

  /** The queue has drained. */
  drained(): void {}

  /** The connection is gone. */
  closed(): void {
    this.#timer?.cancel();
    this.#ended();
  }

  #close(code: number, reason: string): void {
    this.#timer?.cancel();
    this.#connection.close(code, reason);
  }
}

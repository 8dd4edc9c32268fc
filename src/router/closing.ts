import type { Head } from "../codec/head.ts";
import type { Connection, ConnectionHandler } from "../transport/connection.ts";
import type { Clock, Timer } from "../wire/clock.ts";
import { MessageType } from "../wire/message_type.ts";

/** Ends a connection, and drops it when the other side takes too long. */
export class Closing implements ConnectionHandler {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #patience: number;
  readonly #ended: () => void;
  #timer: Timer | undefined;

  /**
   * @param connection The connection.
   * @param clock Where time comes from.
   * @param patience Milliseconds that the other side has for each step.
   * @param ended Called when the connection is gone.
   */
  constructor(connection: Connection, clock: Clock, patience: number, ended: () => void) {
    this.#connection = connection;
    this.#clock = clock;
    this.#patience = patience;
    this.#ended = ended;
  }

  /** Waits for the answer to the router's GOODBYE, then closes. */
  afterGoodbye(): void {
    this.#connection.start(this);
    this.#timer = this.#clock.timer(this.#patience, () => this.#close(1000, ""));
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
    if (head.type === MessageType.GOODBYE) this.#close(1000, "");
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
    this.#timer = this.#clock.timer(this.#patience, () => this.#connection.terminate());
    this.#connection.close(code, reason);
  }
}

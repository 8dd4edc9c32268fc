import type { Connection, ConnectionHandler } from "../transport/connection.ts";
import type { Dialer } from "../transport/dialer.ts";
import type { Clock, Timer } from "../wire/clock.ts";

/** For how long a connection without a session is kept. */
const KEPT_FOR = 30_000;

/** A connection whose session has left the realm, and on which another may join. */
export class KeptConnection implements ConnectionHandler {
  /** What led to it. */
  readonly dialer: Dialer;
  readonly #connection: Connection;
  readonly #gone: () => void;
  readonly #timer: Timer;
  #over = false;

  /**
   * @param connection The connection; whatever comes on it is dropped.
   * @param dialer What led to it.
   * @param clock Where time comes from.
   * @param gone Told when it has ended without another session.
   */
  constructor(connection: Connection, dialer: Dialer, clock: Clock, gone: () => void) {
    this.dialer = dialer;
    this.#connection = connection;
    this.#gone = gone;
    this.#timer = clock.timer(KEPT_FOR, () => this.drop(), { background: true });
    connection.start(this);
  }

  /**
   * Hands it over.
   *
   * @returns The connection; undefined when it is gone.
   */
  take(): Connection | undefined {
    if (this.#over) return undefined;
    this.#end();
    return this.#connection;
  }

  /** Closes it. */
  drop(): void {
    if (this.#over) return;
    this.#connection.close();
    this.closed();
  }

  /** Something for the session that has left. */
  message(): void {}

  /** Something that is not WAMP. */
  violation(): void {
    this.drop();
  }

  /** The connection takes more. */
  drained(): void {}

  /** The connection is gone. */
  closed(): void {
    if (this.#over) return;
    this.#end();
    this.#gone();
  }

  #end(): void {
    this.#over = true;
    this.#timer.cancel();
  }
}

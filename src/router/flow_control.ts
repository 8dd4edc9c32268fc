import type { Connection } from "../transport/connection.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import type { CountedLimits } from "./limits.ts";

/** From how many waiting requests on a session is not read. */
const GATE_HIGH_WATER_MARK = 256;
/** From how many bytes of waiting requests on a session is not read. */
const GATE_HIGH_WATER_BYTES = 1024 * 1024;

/**
 * Stops reading from a session while it does not read itself or its requests wait to be authorized, and says when it is to be ended for that.
 *
 * What is read was asked for by what it sends, so who reads slowly is slowed down; only what others send it can still pile up.
 */
export class FlowControl {
  readonly #connection: Connection;
  readonly #limits: CountedLimits;
  readonly #excess: (reason: string, message: string) => void;
  #outboundFull = false;
  #gateFull = false;
  #exceeded = false;

  /**
   * @param connection The session's connection.
   * @param limits What it may have.
   * @param excess Called when it has more; ends the session.
   */
  constructor(connection: Connection, limits: CountedLimits, excess: (reason: string, message: string) => void) {
    this.#connection = connection;
    this.#limits = limits;
    this.#excess = excess;
  }

  /** The connection is not writable. */
  crowded(): void {
    const { heldBytes } = this.#connection;
    if (heldBytes > this.#limits.queuedBytes && !this.#exceeded) {
      this.#exceeded = true;
      this.#limits.reached("queuedBytes");
      // Not at once: whoever sends right now may be in the middle of the session's own maps.
      queueMicrotask(() => this.#excess(ErrorUri.networkFailure, `${heldBytes} bytes wait to be read`));
    }
    this.#set(true, this.#gateFull);
  }

  /** The connection is writable again. */
  drained(): void {
    if (this.#connection.writable) this.#set(false, this.#gateFull);
  }

  /**
   * The requests that wait to be authorized have become more or fewer.
   *
   * @param length How many.
   * @param bytes How large they are together.
   */
  queued(length: number, bytes: number): void {
    const { authorizationQueue, queuedBytes } = this.#limits;
    if (length > authorizationQueue || bytes > queuedBytes) {
      this.#limits.reached(length > authorizationQueue ? "authorizationQueue" : "queuedBytes");
      return this.#excess(ErrorUri.unavailable, `${length} requests of ${bytes} bytes wait for authorization`);
    }
    this.#set(this.#outboundFull, length >= GATE_HIGH_WATER_MARK || bytes >= GATE_HIGH_WATER_BYTES);
  }

  /** The session is over: whatever comes next on its connection is to be read. */
  release(): void {
    this.#set(false, false);
  }

  #set(outboundFull: boolean, gateFull: boolean): void {
    const paused = this.#outboundFull || this.#gateFull;
    this.#outboundFull = outboundFull;
    this.#gateFull = gateFull;
    if (paused === (outboundFull || gateFull)) return;
    if (paused) this.#connection.resume();
    else this.#connection.pause();
  }
}

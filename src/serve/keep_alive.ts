import type { Clock, Timer } from "../wire/clock.ts";

/** A connection that may fall silent. */
export interface Watched {
  /** A number that changes whenever something is heard of the other side, or it takes something of what is queued for it. */
  readonly activity: number;
  /** Whether silence says nothing: this side does not read, and has nothing queued that the other could take. */
  readonly excused: boolean;
  /** Asks for a sign of life. */
  ping(): void;
  /** Drops the connection. */
  terminate(): void;
}

/**
 * Pings connections that were idle for an interval and ends those that stay silent.
 *
 * One timer serves all, and what passes over a connection costs nothing here: their activity is only compared when the timer fires.
 */
export class KeepAlive {
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #timeout: number;
  readonly #seen = new Map<Watched, number>();
  #timer: Timer | undefined;

  /**
   * @param clock Where time comes from.
   * @param interval Milliseconds of silence until a ping; 0 for never.
   * @param timeout Milliseconds from the ping to the end.
   */
  constructor(clock: Clock, interval: number, timeout: number) {
    this.#clock = clock;
    this.#interval = interval;
    this.#timeout = timeout;
  }

  /** @param peer A connection to watch from now on. */
  add(peer: Watched): void {
    if (this.#interval === 0) return;
    this.#seen.set(peer, peer.activity);
    this.#timer ??= this.#after(this.#interval, this.#ask);
  }

  /** @param peer A connection that is gone. */
  delete(peer: Watched): void {
    this.#seen.delete(peer);
    if (this.#seen.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  readonly #ask = (): void => {
    const asked: Watched[] = [];
    for (const [peer, seen] of this.#seen) {
      const { activity } = peer;
      if (activity !== seen) this.#seen.set(peer, activity);
      else if (!peer.excused) asked.push(peer);
    }
    for (const peer of asked) peer.ping();
    this.#timer = asked.length === 0
      ? this.#after(this.#interval, this.#ask)
      : this.#after(this.#timeout, () => this.#end(asked));
  };

  #end(asked: readonly Watched[]): void {
    this.#timer = this.#after(this.#interval, this.#ask);
    for (const peer of asked) {
      if (this.#seen.get(peer) === peer.activity && !peer.excused) peer.terminate();
    }
  }

  #after(milliseconds: number, fire: () => void): Timer {
    return this.#clock.timer(milliseconds, fire, { background: true });
  }
}

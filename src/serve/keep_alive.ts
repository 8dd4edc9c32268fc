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

/** What is remembered of a connection. */
export interface Seen {
  /** What its activity was when it was last looked at. */
  activity: number;
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
  readonly #watched: ReadonlyMap<Watched, Seen>;
  #timer: Timer | undefined;

  /**
   * @param clock Where time comes from.
   * @param interval Milliseconds of silence until a ping; 0 for never.
   * @param timeout Milliseconds from the ping to the end.
   * @param watched The connections; whoever adds one or takes one away says so.
   */
  constructor(clock: Clock, interval: number, timeout: number, watched: ReadonlyMap<Watched, Seen>) {
    this.#clock = clock;
    this.#interval = interval;
    this.#timeout = timeout;
    this.#watched = watched;
  }

  /** There is a connection more. */
  added(): void {
    if (this.#interval > 0) this.#timer ??= this.#after(this.#interval, this.#ask);
  }

  /** There is a connection less. */
  deleted(): void {
    if (this.#watched.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  readonly #ask = (): void => {
    const asked: Watched[] = [];
    for (const [peer, seen] of this.#watched) {
      const { activity } = peer;
      if (activity !== seen.activity) seen.activity = activity;
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
      if (this.#watched.get(peer)?.activity === peer.activity && !peer.excused) peer.terminate();
    }
  }

  #after(milliseconds: number, fire: () => void): Timer {
    return this.#clock.timer(milliseconds, fire, { background: true });
  }
}

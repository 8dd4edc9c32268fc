import type { Clock, Timer } from "../wire/clock.ts";

/** How many milliseconds a client has at most to answer when it is asked since somebody doubts that it is there. */
const PROBE_TIMEOUT = 5_000;
/** How many milliseconds after its answer it is not asked again. */
const PROBE_PAUSE = 5_000;

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
  /** The connections that were doubted, until they may be doubted again. */
  readonly #doubted: Map<Watched, Timer> = new Map();

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

  /** @param peer The connection that there is less. */
  deleted(peer: Watched): void {
    this.#doubted.get(peer)?.cancel();
    this.#doubted.delete(peer);
    if (this.#watched.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /**
   * Asks a connection at once, whether it was idle or not, and ends it if it stays silent; nothing where nobody is pinged. However often it is doubted, it
   * is asked once in some seconds.
   *
   * @param peer The connection.
   */
  probe(peer: Watched): void {
    if (this.#interval === 0 || this.#doubted.has(peer) || !this.#watched.has(peer) || peer.excused) return;
    const { activity } = peer;
    peer.ping();
    const judge = () => {
      this.#doubted.set(peer, this.#after(PROBE_PAUSE, () => this.#doubted.delete(peer)));
      if (peer.activity === activity && !peer.excused) peer.terminate();
    };
    // A turn later, as an answer may have come that has not been read while this process was busy.
    const due = () => this.#doubted.set(peer, this.#after(0, judge));
    this.#doubted.set(peer, this.#after(Math.min(this.#timeout, PROBE_TIMEOUT), due));
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

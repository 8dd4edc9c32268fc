import type { Connection } from "../transport/connection.ts";
import type { Clock } from "../wire/clock.ts";

const SECOND = 1_000;

/** Counts what happens in a second: a bucket that holds a second's worth, and fills evenly. */
export class Rate {
  readonly #clock: Clock;
  readonly #most: number;
  #left: number;
  #at: number;

  /**
   * @param clock Where time comes from.
   * @param most How much may happen in a second.
   */
  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
    this.#left = most;
    this.#at = clock.now();
  }

  /**
   * Counts one more.
   *
   * @returns Whether that is too much.
   */
  exceeded(): boolean {
    const now = this.#clock.now();
    const passed = Math.max(now - this.#at, 0);
    this.#at = now;
    this.#left = Math.min(this.#left + passed * this.#most / SECOND, this.#most);
    if (this.#left < 1) return true;
    this.#left--;
    return false;
  }
}

/** What each connection sends in a second, whatever sessions it has one after the other. */
export class Rates {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #rates: WeakMap<Connection, Rate> = new WeakMap();

  /**
   * @param clock Where time comes from.
   * @param most How much one may send in a second; infinitely much is not counted.
   */
  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /**
   * Finds what counts for a connection.
   *
   * @param connection The connection.
   * @returns Its count; undefined where there is no limit.
   */
  of(connection: Connection): Rate | undefined {
    if (this.#most === Infinity) return undefined;
    let rate = this.#rates.get(connection);
    if (rate === undefined) this.#rates.set(connection, rate = new Rate(this.#clock, this.#most));
    return rate;
  }
}

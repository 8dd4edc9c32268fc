import type { Clock, Timer } from "../wire/clock.ts";

/**
 * A clock that stands still until it is told to go on: it drives timeouts, expiries and reconnects.
 *
 * @example
 * ```ts
 * import { FakeClock } from "@izaber/wamp/testing";
 *
 * const clock = new FakeClock();
 * let rang = false;
 * clock.timer(60_000, () => rang = true);
 * clock.advance(59_999);
 * if (rang) throw new Error("unexpected");
 * clock.advance(1);
 * if (!rang || clock.pending !== 0) throw new Error("unexpected");
 * ```
 */
export class FakeClock implements Clock {
  #now = 1_700_000_000_000;
  #timers = new Set<{ readonly at: number; readonly fire: () => void }>();

  /** The time of day, in milliseconds since 1970; it begins in November 2023. */
  now(): number {
    return this.#now;
  }

  /** Starts a timer; it fires when {@linkcode advance} or {@linkcode sleep} gets there. */
  timer(milliseconds: number, fire: () => void): Timer {
    const timer = { at: this.#now + milliseconds, fire };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** How many timers have not fired. */
  get pending(): number {
    return this.#timers.size;
  }

  /** In how many milliseconds the next timer fires; undefined without timers. */
  get next(): number | undefined {
    return this.#timers.size === 0 ? undefined : Math.min(...[...this.#timers].map(({ at }) => at)) - this.#now;
  }

  /**
   * Lets time pass: timers that fall due fire in order, each at its own time.
   *
   * @param milliseconds How long.
   */
  advance(milliseconds: number): void {
    const until = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#now = due.at;
      due.fire();
    }
    this.#now = until;
  }

  /**
   * Lets time pass while the machine sleeps: timers that fell due fire when it wakes, once each.
   *
   * @param milliseconds How long.
   */
  sleep(milliseconds: number): void {
    this.#now += milliseconds;
    const due = [...this.#timers].filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at);
    for (const timer of due) {
      if (this.#timers.delete(timer)) timer.fire();
    }
  }
}

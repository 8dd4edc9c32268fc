import type { Clock, Timer } from "../../src/wire/clock.ts";

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  #now = 1_700_000_000_000;
  #timers = new Set<{ readonly at: number; readonly fire: () => void }>();

  now(): number {
    return this.#now;
  }

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

  /** Lets time pass: timers that fall due fire in order, each at its own time. */
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

  /** Lets time pass while the machine sleeps: timers that fell due fire when it wakes, once each. */
  sleep(milliseconds: number): void {
    this.#now += milliseconds;
    const due = [...this.#timers].filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at);
    for (const timer of due) {
      if (this.#timers.delete(timer)) timer.fire();
    }
  }
}

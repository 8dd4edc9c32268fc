import { systemClock } from "../wire/clock.ts";
import type { Clock, Timer } from "../wire/clock.ts";

/** Another clock, whose timers are counted. */
export class CountingClock implements Clock {
  readonly #clock: Clock;
  readonly #running: Set<Timer> = new Set();

  /** @param clock The other clock (default the runtime's). */
  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** How many timers have neither fired nor been stopped. */
  get pending(): number {
    return this.#running.size;
  }

  now(): number {
    return this.#clock.now();
  }

  timer(milliseconds: number, fire: () => void, options?: { readonly background?: boolean }): Timer {
    const inner = this.#clock.timer(milliseconds, () => {
      this.#running.delete(timer);
      fire();
    }, options);
    const timer: Timer = {
      cancel: () => {
        this.#running.delete(timer);
        inner.cancel();
      },
    };
    this.#running.add(timer);
    return timer;
  }
}

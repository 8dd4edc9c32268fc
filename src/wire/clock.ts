/** A timer that has not fired yet. */
export interface Timer {
  /** Stops the timer; afterwards it never fires. Harmless when it already has. */
  cancel(): void;
}

/** Where all time of this package comes from, so that a test can drive timeouts, expiry and backoff. */
export interface Clock {
  /**
   * The time of day.
   *
   * @returns Milliseconds since 1970-01-01T00:00Z.
   */
  now(): number;

  /**
   * Starts a timer.
   *
   * @param milliseconds How long until it fires.
   * @param fire Called once.
   * @param options `background`: the timer does not keep a process alive where the runtime can tell (default false).
   * @returns The timer.
   */
  timer(milliseconds: number, fire: () => void, options?: { readonly background?: boolean }): Timer;
}

const LONGEST_TIMEOUT = 2 ** 31 - 1;

class SystemTimer implements Timer {
  #handle: ReturnType<typeof setTimeout>;

  constructor(milliseconds: number, fire: () => void, background: boolean) {
    this.#handle = this.#start(milliseconds, fire, background);
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }

  // A runtime's setTimeout fires at once when asked for more than 2^31 - 1 ms, so longer waits go in pieces.
  #start(milliseconds: number, fire: () => void, background: boolean): ReturnType<typeof setTimeout> {
    const left = milliseconds - LONGEST_TIMEOUT;
    const handle = left > 0
      ? setTimeout(() => (this.#handle = this.#start(left, fire, background)), LONGEST_TIMEOUT)
      : setTimeout(fire, milliseconds);
    if (background) (handle as { unref?: () => void }).unref?.();
    return handle;
  }
}

/** The runtime's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  timer: (milliseconds, fire, options) => new SystemTimer(milliseconds, fire, options?.background ?? false),
};

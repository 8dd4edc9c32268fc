/** Lets others wait until nothing runs any more. */
export class Idle {
  readonly #busy: () => boolean;
  #waiting: (() => void)[] = [];

  /** @param busy Whether something runs. */
  constructor(busy: () => boolean) {
    this.#busy = busy;
  }

  /** Resolves when nothing runs; at once when nothing does. */
  wait(): Promise<void> {
    if (!this.#busy()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Something has ended. */
  ended(): void {
    if (this.#waiting.length > 0 && !this.#busy()) this.release();
  }

  /** Whatever still runs, nobody waits for it any more. */
  release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

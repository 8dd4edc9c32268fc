/** Lets a few jobs run at once; the others wait in the order in which they came. */
export class DerivationQueue {
  readonly #atOnce: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @param atOnce How many may run at once. */
  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** How many jobs wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Runs a job when its turn has come.
   *
   * @param job The job.
   * @returns Its outcome.
   */
  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await job();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

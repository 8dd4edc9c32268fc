import { WampError } from "../wire/errors.ts";

/** Lets each of many run a few jobs at once, so that none of them can keep the machine from the others. */
export class AtOnce<Key> {
  readonly #most: number;
  readonly #what: string;
  readonly #running: Map<Key, number> = new Map();

  /**
   * @param most How many jobs each may run at once.
   * @param what What they do, for the error, such as `check a password`.
   */
  constructor(most: number, what: string) {
    this.#most = most;
    this.#what = what;
  }

  /**
   * Runs a job.
   *
   * @param key Whose it is.
   * @param job The job.
   * @returns Its outcome.
   * @throws {WampError} `overflow` when that many of this key's are running already.
   */
  async run<T>(key: Key, job: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key) ?? 0;
    if (running >= this.#most) {
      throw new WampError("overflow", `Cannot ${this.#what}: ${running} are under way already; wait for one of them`);
    }
    this.#running.set(key, running + 1);
    try {
      return await job();
    } finally {
      const left = this.#running.get(key)! - 1;
      if (left === 0) this.#running.delete(key);
      else this.#running.set(key, left);
    }
  }
}

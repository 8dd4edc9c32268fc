/** Lets what is done with the same thing be done one after another, so that what reads and then writes it misses nothing in between. */
export class Turns<Key> {
  readonly #last: Map<Key, Promise<unknown>> = new Map();

  /**
   * Does something when all that was asked for before has ended, well or not.
   *
   * @param key With what.
   * @param work What to do.
   * @returns Its outcome.
   */
  take<T>(key: Key, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const turn = before === undefined ? work() : before.then(work, work);
    this.#last.set(key, turn);
    const ended = () => {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    };
    turn.then(ended, ended);
    return turn;
  }

  /**
   * Does something with several things at once, when all that was asked for before of any of them has ended.
   *
   * @param keys With what.
   * @param work What to do.
   * @returns Its outcome.
   */
  async takeAll<T>(keys: Iterable<Key>, work: () => Promise<T>): Promise<T> {
    const done = Promise.withResolvers<void>();
    // All queue up before any of them waits, so that two who want the same never wait for one another.
    const turns = [...new Set(keys)].map((key) => {
      const begun = Promise.withResolvers<void>();
      this.take(key, () => {
        begun.resolve();
        return done.promise;
      });
      return begun.promise;
    });
    await Promise.all(turns);
    return await work().finally(done.resolve);
  }
}

/** Who waits, in the order of arrival; taken from it either in that order or each caller in turn. */
export class WaitingList<Item> implements Iterable<Item> {
  /** By caller; the caller whose turn it is comes first. */
  readonly #byCaller = new Map<unknown, Set<Item>>();
  readonly #callers = new Map<Item, unknown>();

  /** How many wait. */
  get size(): number {
    return this.#callers.size;
  }

  /** Who waits longest. */
  get oldest(): Item | undefined {
    return this.#callers.keys().next().value;
  }

  /**
   * Adds one at the end.
   *
   * @param item Who waits.
   * @param caller On whose behalf.
   */
  add(item: Item, caller: unknown): void {
    const items = this.#byCaller.get(caller);
    if (items === undefined) this.#byCaller.set(caller, new Set([item]));
    else items.add(item);
    this.#callers.set(item, caller);
  }

  /**
   * Removes one, wherever it stands.
   *
   * @param item Who waits no longer.
   * @returns Whether it waited.
   */
  delete(item: Item): boolean {
    const caller = this.#callers.get(item);
    if (!this.#callers.delete(item)) return false;
    const items = this.#byCaller.get(caller)!;
    items.delete(item);
    if (items.size === 0) this.#byCaller.delete(caller);
    return true;
  }

  /**
   * Takes out who is next.
   *
   * @param fair Whether callers take turns; else who waits longest is next.
   * @returns Who is next; undefined when nobody waits.
   */
  take(fair: boolean): Item | undefined {
    const item = fair ? this.#inTurn() : this.oldest;
    if (item !== undefined) this.delete(item);
    return item;
  }

  /** @returns Who waits, in the order of arrival. */
  [Symbol.iterator](): Iterator<Item> {
    return this.#callers.keys();
  }

  #inTurn(): Item | undefined {
    for (const [caller, items] of this.#byCaller) {
      this.#byCaller.delete(caller);
      this.#byCaller.set(caller, items);
      for (const item of items) return item;
    }
    return undefined;
  }
}

/** Those who are told of a change. They must neither throw nor take long. */
export class Listeners<Told extends readonly unknown[]> {
  readonly #all: ((...told: Told) => void)[] = [];

  /**
   * Adds one, besides those that there are.
   *
   * @param listener Who is told.
   */
  add(listener: (...told: Told) => void): void {
    this.#all.push(listener);
  }

  /**
   * Tells all of them.
   *
   * @param told What they are told.
   */
  tell(...told: Told): void {
    for (const listener of this.#all) listener(...told);
  }
}

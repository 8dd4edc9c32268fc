/** Something that is told once, at once or as soon as somebody listens: what comes in the same turn as an answer is not lost. */
export class Notice<T> {
  #told: { readonly value: T } | undefined;
  #listener: ((value: T) => void) | undefined;

  /** Who is told; set late, it is called at once. */
  get listener(): ((value: T) => void) | undefined {
    return this.#listener;
  }

  set listener(listener: ((value: T) => void) | undefined) {
    this.#listener = listener;
    if (this.#told !== undefined) listener?.(this.#told.value);
  }

  /** Tells it; a second time is ignored. */
  tell(value: T): void {
    if (this.#told !== undefined) return;
    this.#told = { value };
    this.#listener?.(value);
  }
}

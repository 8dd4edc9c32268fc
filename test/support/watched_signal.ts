/** A signal that tells how many listen to it. */
export class WatchedSignal {
  readonly #controller = new AbortController();
  readonly #listeners = new Set<unknown>();

  constructor() {
    const { signal } = this.#controller;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...[type, listener, options]: Parameters<typeof add>) => {
      this.#listeners.add(listener);
      add(type, listener, options);
    };
    signal.removeEventListener = (...[type, listener, options]: Parameters<typeof remove>) => {
      this.#listeners.delete(listener);
      remove(type, listener, options);
    };
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** How many listen; who has been called and does not take itself off listens still. */
  get listeners(): number {
    return this.#listeners.size;
  }

  abort(reason?: unknown): void {
    this.#controller.abort(reason);
  }
}

/** How long a scenario waits for anything, in milliseconds. */
export const PATIENCE = 15_000;

/** Waits, but not forever. */
export function within<T>(promise: Promise<T>, what: string, milliseconds: number = PATIENCE): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`${what} did not come within ${milliseconds / 1000} s`)),
    milliseconds,
  );
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Keeps what comes until it is asked for. */
export class Mailbox<T> {
  readonly #what: string;
  readonly #kept: T[] = [];
  readonly #readers: ((item: T) => void)[] = [];

  constructor(what: string) {
    this.#what = what;
  }

  get waiting(): number {
    return this.#kept.length;
  }

  put(item: T): void {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#kept.push(item);
    else reader(item);
  }

  async next(): Promise<T> {
    if (this.#kept.length > 0) return this.#kept.shift()!;
    const { promise, resolve } = Promise.withResolvers<T>();
    this.#readers.push(resolve);
    try {
      return await within(promise, this.#what);
    } finally {
      const at = this.#readers.indexOf(resolve);
      if (at >= 0) this.#readers.splice(at, 1);
    }
  }
}

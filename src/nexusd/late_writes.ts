import { WampError } from "../wire/errors.ts";
import { keyOf } from "./store.ts";
import type { Store, StoreOperation } from "./store.ts";
import { writeApart } from "./write_apart.ts";

/**
 * Writes what is in force already. What a store could not write, a full disk's say, waits and goes along with the next that is written; of several operations on
 * a record the last counts.
 */
export class LateWrites {
  readonly #store: Store;
  readonly #onError: (error: unknown) => void;
  readonly #most: number;
  #waiting: Map<string, StoreOperation> = new Map();
  #last: Promise<void> = Promise.resolve();

  /**
   * @param store Where to.
   * @param onError Told when the store fails, and when an operation is given up.
   * @param most How many operations wait at most; the oldest are given up.
   */
  constructor(store: Store, onError: (error: unknown) => void, most: number) {
    this.#store = store;
    this.#onError = onError;
    this.#most = most;
  }

  /**
   * Has operations wait for the next {@linkcode LateWrites.write}.
   *
   * @param operations The operations.
   */
  add(operations: readonly StoreOperation[]): void {
    for (const operation of operations) {
      const key = placeOf(operation);
      this.#waiting.delete(key);
      this.#waiting.set(key, operation);
    }
  }

  /**
   * Writes what waits, once what is being written is.
   *
   * @returns When it is written.
   * @throws What the store throws, which was told already; what could not be written goes on waiting.
   */
  write(): Promise<void> {
    const turn = this.#last.then(() => this.#write());
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #write(): Promise<void> {
    const batch = this.#waiting;
    if (batch.size === 0) return;
    this.#waiting = new Map();
    const left = await writeApart(this.#store, [...batch.values()], this.#onError);
    if (left === undefined) return;
    this.#onError(left.error);
    this.#wait(left.operations);
    throw left.error;
  }

  /** What came in the meantime is newer. */
  #wait(left: readonly StoreOperation[]): void {
    const newer = [...this.#waiting.values()];
    this.#waiting = new Map();
    this.add([...left, ...newer]);
    const excess = Math.max(0, this.#waiting.size - this.#most);
    if (excess === 0) return;
    for (const key of [...this.#waiting.keys()].slice(0, excess)) this.#waiting.delete(key);
    const text = `Gave up ${excess} changes of the store ${this.#store.name}, the oldest: more than ${this.#most} wait`;
    this.#onError(new WampError("overflow", `${text} until it can be written again; see why it cannot`));
  }
}

function placeOf(operation: StoreOperation): string {
  return `${operation.collection}/${keyOf(operation)}`;
}

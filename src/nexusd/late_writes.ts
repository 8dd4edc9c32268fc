import { WampError } from "../wire/errors.ts";
import type { Store, StoreOperation } from "./store.ts";

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
    try {
      await this.#store.write([...batch.values()]);
    } catch (error) {
      this.#onError(error);
      const rest = isHopeless(error) ? await this.#oneByOne(batch) : batch;
      this.#wait(rest);
      if (rest.size > 0) throw error;
    }
  }

  /** One that can never be written must not keep back the others. */
  async #oneByOne(batch: ReadonlyMap<string, StoreOperation>): Promise<Map<string, StoreOperation>> {
    const rest = new Map<string, StoreOperation>();
    for (const [key, operation] of batch) {
      await this.#store.write([operation]).catch((error) => {
        if (!isHopeless(error)) rest.set(key, operation);
      });
    }
    return rest;
  }

  /** What came in the meantime is newer. */
  #wait(rest: Map<string, StoreOperation>): void {
    const newer = this.#waiting;
    this.#waiting = rest;
    this.add([...newer.values()]);
    for (const key of this.#waiting.keys()) {
      if (this.#waiting.size <= this.#most) break;
      this.#waiting.delete(key);
    }
  }
}

function isHopeless(error: unknown): boolean {
  return WampError.is(error, "unserializable");
}

function placeOf(operation: StoreOperation): string {
  return `${operation.collection}/${"remove" in operation ? operation.remove : operation.put.key}`;
}

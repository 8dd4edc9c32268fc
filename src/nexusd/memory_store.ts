import type { Dict } from "../wire/values.ts";
import type { Store, StoreEntry, StoreOperation } from "./store.ts";
import { checkKey, compareKeys, promised, recordFromText, recordToText } from "./store_text.ts";

/** Keeps records as text, so that they are copies and no more can be kept than a database can. */
class MemoryStore implements Store {
  readonly name = "in memory";
  #collections = new Map<string, Map<string, string>>();

  get(collection: string, key: string): Promise<Dict | undefined> {
    return promised(() => {
      const text = this.#collections.get(collection)?.get(key);
      return text === undefined ? undefined : this.#record(collection, key, text);
    });
  }

  list(collection: string, prefix = ""): Promise<StoreEntry[]> {
    return promised(() =>
      [...this.#collections.get(collection) ?? []]
        .filter(([key]) => key.startsWith(prefix))
        .sort(([left], [right]) => compareKeys(left, right))
        .map(([key, text]) => ({ key, value: this.#record(collection, key, text) }))
    );
  }

  count(collection: string): Promise<number> {
    return Promise.resolve(this.#collections.get(collection)?.size ?? 0);
  }

  write(operations: readonly StoreOperation[]): Promise<void> {
    return promised(() => {
      const changes = operations.map(toChange);
      for (const { collection, key, text } of changes) {
        if (text === undefined) this.#collections.get(collection)?.delete(key);
        else this.#collection(collection).set(key, text);
      }
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #record(collection: string, key: string, text: string): Dict {
    return recordFromText(text, { store: this.name, collection, key });
  }

  #collection(name: string): Map<string, string> {
    let found = this.#collections.get(name);
    if (found === undefined) this.#collections.set(name, found = new Map());
    return found;
  }
}

function toChange(operation: StoreOperation): { collection: string; key: string; text: string | undefined } {
  const { collection } = operation;
  if ("remove" in operation) return { collection, key: operation.remove, text: undefined };
  checkKey(collection, operation.put.key);
  return { collection, key: operation.put.key, text: recordToText(operation.put.value) };
}

/**
 * Makes a store that forgets everything with the process: for tests and trials.
 *
 * @returns The store, empty.
 */
export function memoryStore(): Store {
  return new MemoryStore();
}

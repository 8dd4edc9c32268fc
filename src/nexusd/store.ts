import { withMethods } from "../wire/option_rules.ts";
import type { OptionRule } from "../wire/option_rules.ts";
import type { Dict } from "../wire/values.ts";

/** One record of a store. */
export interface StoreEntry {
  /** Its key inside the collection. */
  readonly key: string;
  /** What it holds. */
  readonly value: Dict;
}

/** One step of a {@linkcode Store.write}. */
export type StoreOperation =
  | { readonly put: StoreEntry; readonly collection: string }
  | { readonly remove: string; readonly collection: string };

/**
 * Where a Nexus keeps its records: collections of them, each record under a key.
 *
 * Keys are compared by their UTF-8 bytes. There is no other index: what has to be found by something else is kept in memory or gets a record of its
 * own, so that a key-value engine can stand behind this as well as a database. One owner at a time: what others write in the meantime is not seen.
 */
export interface Store {
  /** What error texts call it, such as the path of its file. */
  readonly name: string;

  /**
   * Reads one record.
   *
   * @param collection The collection.
   * @param key The key.
   * @returns A copy of the record, or undefined when there is none.
   * @throws {WampError} `store_damaged` when there is one that cannot be read.
   */
  get(collection: string, key: string): Promise<Dict | undefined>;

  /**
   * Reads the records of a collection in the order of their keys.
   *
   * @param collection The collection.
   * @param prefix What the keys have to begin with (default nothing).
   * @returns Copies of the records.
   * @throws {WampError} `store_damaged` when one cannot be read.
   */
  list(collection: string, prefix?: string): Promise<StoreEntry[]>;

  /**
   * Counts the records of a collection; a store that cannot do that without reading them leaves it out, and they are listed.
   *
   * @param collection The collection.
   * @returns How many there are.
   */
  count?(collection: string): Promise<number>;

  /**
   * Changes records: all of them or, when it fails, none. Once the promise is fulfilled the change survives the end of the process, however it comes.
   *
   * @param operations What to change, in order.
   * @throws {WampError} `unserializable` when a value cannot be represented.
   */
  write(operations: readonly StoreOperation[]): Promise<void>;

  /** Flushes and lets go of whatever the store holds; nothing may be asked of it afterwards. */
  close(): Promise<void>;
}

/**
 * Counts the records of a collection.
 *
 * @param store The store.
 * @param collection The collection.
 * @returns How many there are.
 */
export async function countIn(store: Store, collection: string): Promise<number> {
  return await store.count?.(collection) ?? (await store.list(collection)).length;
}

/** What a store has to be. */
export const storeRule: OptionRule = withMethods(
  "what openSqliteStore() or memoryStore() gives",
  "get",
  "list",
  "write",
  "close",
);

/**
 * Makes the operation that writes a record, whether or not it exists.
 *
 * @param collection The collection.
 * @param key The key.
 * @param value The record.
 * @returns The operation.
 */
export function put(collection: string, key: string, value: Dict): StoreOperation {
  return { put: { key, value }, collection };
}

/**
 * Makes the operation that removes a record; one that is not there is no error.
 *
 * @param collection The collection.
 * @param key The key.
 * @returns The operation.
 */
export function remove(collection: string, key: string): StoreOperation {
  return { remove: key, collection };
}

/**
 * Tells which record an operation is about.
 *
 * @param operation The operation.
 * @returns The key of the record inside its collection.
 */
export function keyOf(operation: StoreOperation): string {
  return "remove" in operation ? operation.remove : operation.put.key;
}

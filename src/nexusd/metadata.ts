import type { Random } from "../wire/random.ts";
import type { WampValue } from "../wire/values.ts";
import { recordId } from "./record_ids.ts";
import { put, remove } from "./store.ts";
import type { Store } from "./store.ts";

/** One value that a user has put away. */
export interface MetadataRecord {
  /** Its id; it stays when the value changes. */
  readonly uuid: string;
  /** What the user calls it. */
  readonly key: string;
  /** The value. */
  readonly value: WampValue;
  /** The id of the user's record. */
  readonly owner: string;
}

const COLLECTION = "metadata";

/** What users put away for themselves, each under keys of their own. */
export class Metadata {
  readonly #store: Store;
  readonly #random: Random;

  /**
   * @param store Where it is kept.
   * @param random Where the ids of records come from.
   */
  constructor(store: Store, random: Random) {
    this.#store = store;
    this.#random = random;
  }

  /**
   * Reads all that a user has put away.
   *
   * @param owner The id of the user's record.
   * @returns The records, by key.
   */
  async list(owner: string): Promise<MetadataRecord[]> {
    const entries = await this.#store.list(COLLECTION, `${owner}/`);
    return entries.map(({ value }) => value as unknown as MetadataRecord);
  }

  /**
   * Reads one value.
   *
   * @param owner The id of the user's record.
   * @param key What the user calls it.
   * @returns The record, or undefined when there is none.
   */
  async get(owner: string, key: string): Promise<MetadataRecord | undefined> {
    return await this.#store.get(COLLECTION, `${owner}/${key}`) as MetadataRecord | undefined;
  }

  /**
   * Puts a value away, in place of the one before if there is one.
   *
   * @param owner The id of the user's record.
   * @param key What the user calls it.
   * @param value The value.
   * @returns The record.
   */
  async set(owner: string, key: string, value: WampValue): Promise<MetadataRecord> {
    const known = await this.get(owner, key);
    const record = { uuid: known?.uuid ?? recordId(this.#random), key, value, owner };
    await this.#store.write([put(COLLECTION, `${owner}/${key}`, record)]);
    return record;
  }

  /**
   * Removes a value; one that is not there is no error.
   *
   * @param owner The id of the user's record.
   * @param key What the user calls it.
   */
  async delete(owner: string, key: string): Promise<void> {
    await this.#store.write([remove(COLLECTION, `${owner}/${key}`)]);
  }
}

import { said } from "../wire/option_rules.ts";
import type { Random } from "../wire/random.ts";
import type { WampValue } from "../wire/values.ts";
import { recordId } from "./record_ids.ts";
import { ServiceError } from "./service_error.ts";
import { countIn, put, remove } from "./store.ts";
import type { Store } from "./store.ts";
import { recordToText } from "./store_text.ts";
import { Turns } from "./turns.ts";
import { checkDepth } from "./value_depth.ts";

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

/** How much each user may put away. */
export interface MetadataLimits {
  /** The most bytes that a value may take, written as JSON (default 262,144). */
  readonly valueBytes: number;
  /** The most keys that a user may have (default 1000). */
  readonly keys: number;
  /** The most bytes that all values of a user may take together (default 16,777,216), since they are listed together. */
  readonly userBytes: number;
}

const COLLECTION = "metadata";

const defaultLimits: MetadataLimits = { valueBytes: 262_144, keys: 1000, userBytes: 16_777_216 };

/** What users put away for themselves, each under keys of their own. */
export class Metadata {
  readonly #store: Store;
  readonly #random: Random;
  readonly #limits: MetadataLimits;
  /** The changes of each owner. */
  readonly #turns: Turns<string> = new Turns();
  /** owner -> key -> the bytes of the value, once that was asked */
  readonly #sizes: Map<string, Map<string, number>> = new Map();

  /**
   * @param store Where it is kept.
   * @param random Where the ids of records come from.
   * @param limits How much each user may put away, where it is not as usual.
   */
  constructor(store: Store, random: Random, limits: Partial<MetadataLimits> = {}) {
    this.#store = store;
    this.#random = random;
    this.#limits = { ...defaultLimits, ...said(limits) };
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
   * Reads what all users have put away.
   *
   * @returns The records, by owner and key.
   */
  async all(): Promise<MetadataRecord[]> {
    const entries = await this.#store.list(COLLECTION);
    return entries.map(({ value }) => value as unknown as MetadataRecord);
  }

  /**
   * Counts what all users have put away.
   *
   * @returns How many values there are.
   */
  count(): Promise<number> {
    return countIn(this.#store, COLLECTION);
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
   * @throws {ServiceError} When it is too large, nested too deep, or one too many.
   */
  async set(owner: string, key: string, value: WampValue): Promise<MetadataRecord> {
    checkDepth(`the value of the metadata key "${key}"`, value);
    const bytes = sizeOf(value);
    const { valueBytes } = this.#limits;
    if (bytes > valueBytes) {
      throw new ServiceError(`the value of the metadata key "${key}" takes ${bytes} bytes, the most is ${valueBytes}`);
    }
    return await this.#turns.take(owner, async () => {
      const sizes = await this.#sizesOf(owner);
      this.#checkRoom(sizes, key, bytes);
      const known = await this.get(owner, key);
      const record = { uuid: known?.uuid ?? recordId(this.#random), key, value, owner };
      await this.#store.write([put(COLLECTION, `${owner}/${key}`, record)]);
      sizes.set(key, bytes);
      return record;
    });
  }

  /**
   * Removes a value; one that is not there is no error.
   *
   * @param owner The id of the user's record.
   * @param key What the user calls it.
   */
  delete(owner: string, key: string): Promise<void> {
    return this.#turns.take(owner, async () => {
      await this.#store.write([remove(COLLECTION, `${owner}/${key}`)]);
      this.#sizes.get(owner)?.delete(key);
    });
  }

  #checkRoom(sizes: ReadonlyMap<string, number>, key: string, bytes: number): void {
    const { keys, userBytes } = this.#limits;
    const before = sizes.get(key);
    if (before === undefined && sizes.size >= keys) {
      throw new ServiceError(
        `there are ${sizes.size} metadata keys, the most is ${keys}: delete one before setting "${key}"`,
      );
    }
    let total = bytes - (before ?? 0);
    for (const size of sizes.values()) total += size;
    if (total <= userBytes || bytes <= (before ?? 0)) return;
    throw new ServiceError(
      `all metadata would take ${total} bytes with that for "${key}", the most is ${userBytes}: delete some before`,
    );
  }

  async #sizesOf(owner: string): Promise<Map<string, number>> {
    let sizes = this.#sizes.get(owner);
    if (sizes === undefined) {
      sizes = new Map((await this.list(owner)).map(({ key, value }) => [key, sizeOf(value)]));
      this.#sizes.set(owner, sizes);
    }
    return sizes;
  }
}

function sizeOf(value: WampValue): number {
  return new TextEncoder().encode(recordToText({ value })).length;
}

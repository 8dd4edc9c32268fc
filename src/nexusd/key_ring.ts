import type { Dict } from "../wire/values.ts";
import type { PermissionLine } from "./permission_language.ts";
import { RecordReader } from "./record_shapes.ts";
import { put, remove } from "./store.ts";
import type { Store, StoreOperation } from "./store.ts";
import { Turns } from "./turns.ts";

/** What is kept of every API key and one-time password. */
export interface KeyRecord {
  /** Its id. */
  readonly uuid: string;
  /** The id of the record of the user whom it logs in. */
  readonly owner: string;
  /** The hash of the key. */
  readonly key: string;
  /** When it ends, as ISO 8601; null for never. */
  readonly expires: string | null;
  /** What sessions that come by it may do at most; empty for no limit. */
  readonly permissions: readonly PermissionLine[];
  /** The role of sessions that come by it; null for the user's. */
  readonly role: string | null;
}

/** The keys of one kind; all in memory, since each request of a session that came by one asks whether it is still there. */
export class KeyRing<Kept extends KeyRecord> {
  readonly #store: Store;
  readonly #collection: string;
  readonly #turns: Turns<string> = new Turns();
  #changes = 0;
  readonly #leaving: Set<string> = new Set();
  #byId: Map<string, Kept> = new Map();
  #byOwner: Map<string, Map<string, Kept>> = new Map();

  /**
   * @param store Where they are kept.
   * @param collection The collection that they are in.
   */
  constructor(store: Store, collection: string) {
    this.#store = store;
    this.#collection = collection;
  }

  /**
   * Reads the keys.
   *
   * @returns What puts them in the place of those that are known.
   * @throws {WampError} `store_damaged` when one of them is not what it has to be.
   */
  async reread(): Promise<() => void> {
    const entries = await this.#store.list(this.#collection);
    const reader = new RecordReader(this.#store, this.#collection);
    const records = entries.map(({ key, value }) => reader.key(key, value) as Kept);
    return () => {
      this.#byId = new Map();
      this.#byOwner = new Map();
      for (const record of records) this.#index(record);
    };
  }

  /** How often something was changed since the start; who reads everything again sees by it what came in between. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Finds a key.
   *
   * @param uuid Its id.
   * @returns What is kept of it, or undefined.
   */
  get(uuid: string): Kept | undefined {
    return this.#byId.get(uuid);
  }

  /**
   * Lists the keys of a user.
   *
   * @param owner The id of the user's record.
   * @returns The keys.
   */
  of(owner: string): Kept[] {
    return [...this.#byOwner.get(owner)?.values() ?? []];
  }

  /**
   * Lists all keys.
   *
   * @returns The keys.
   */
  all(): Kept[] {
    return [...this.#byId.values()];
  }

  /**
   * Keeps a key, new or changed.
   *
   * @param record The key.
   */
  save(record: Kept): Promise<void> {
    return this.#turns.take(record.uuid, () => this.#keep(record));
  }

  /**
   * Changes fields of a key. The others stay as they are, also when somebody else changes them at the same time.
   *
   * @param uuid Its id; where there is none, nothing is done.
   * @param fields The fields.
   */
  async update(uuid: string, fields: Partial<Kept>): Promise<void> {
    await this.#turns.take(uuid, async () => {
      const known = this.#byId.get(uuid);
      if (known !== undefined) await this.#keep({ ...known, ...fields });
    });
  }

  /**
   * Removes a key; whoever lives by it may do nothing any more, at once. Where the store fails it is there again, so that it can be tried again.
   *
   * @param uuid Its id.
   * @returns Whether it was there; of several who remove it at once, one is told so.
   */
  async remove(uuid: string): Promise<boolean> {
    const record = this.#byId.get(uuid);
    if (record === undefined) return false;
    this.#forget(record);
    this.#leaving.add(uuid);
    try {
      await this.#turns.take(uuid, () => this.#store.write([remove(this.#collection, placeOf(record))]));
      return true;
    } catch (error) {
      this.#index(record);
      throw error;
    } finally {
      this.#leaving.delete(uuid);
    }
  }

  /**
   * Makes the operations that remove all keys of a user.
   *
   * @param owner The id of the user's record.
   * @returns The operations; {@linkcode forgetOf} follows when they are done.
   */
  removalOf(owner: string): StoreOperation[] {
    return this.of(owner).map((record) => remove(this.#collection, placeOf(record)));
  }

  /**
   * Forgets all keys of a user, after they were removed from the store.
   *
   * @param owner The id of the user's record.
   */
  forgetOf(owner: string): void {
    for (const record of this.of(owner)) this.#forget(record);
  }

  async #keep(record: Kept): Promise<void> {
    const value = { ...record, permissions: record.permissions.map((line) => ({ ...line })) } as unknown as Dict;
    await this.#store.write([put(this.#collection, placeOf(record), value)]);
    // One that is being removed must not come to life again.
    if (!this.#leaving.has(record.uuid)) this.#index(record);
  }

  #index(record: Kept): void {
    const { uuid, owner } = record;
    this.#changes++;
    this.#byId.set(uuid, record);
    let own = this.#byOwner.get(owner);
    if (own === undefined) this.#byOwner.set(owner, own = new Map());
    own.set(uuid, record);
  }

  #forget({ uuid, owner }: Kept): void {
    this.#changes++;
    this.#byId.delete(uuid);
    const own = this.#byOwner.get(owner);
    own?.delete(uuid);
    if (own?.size === 0) this.#byOwner.delete(owner);
  }
}

function placeOf({ owner, uuid }: KeyRecord): string {
  return `${owner}/${uuid}`;
}

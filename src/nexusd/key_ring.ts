import type { Clock } from "../wire/clock.ts";
import { WampError } from "../wire/errors.ts";
import type { Random } from "../wire/random.ts";
import type { Dict } from "../wire/values.ts";
import { AtOnce } from "./at_once.ts";
import { keptTimeOf } from "./key_fields.ts";
import { Listeners } from "./listeners.ts";
import type { Passwords } from "./passwords.ts";
import type { PermissionLine } from "./permission_language.ts";
import { keyText, recordId } from "./record_ids.ts";
import { RecordReader } from "./record_shapes.ts";
import { put, remove } from "./store.ts";
import type { Store, StoreOperation } from "./store.ts";
import { Turns } from "./turns.ts";
import type { UserRecord } from "./users.ts";

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

/** A key that was just made. */
export interface MadeKey<Kept extends KeyRecord> {
  /** What is kept of it. */
  readonly record: Kept;
  /** The key itself: what to log in with in place of the password. It is shown this once. */
  readonly plaintext: string;
}

/** What keys are made with. */
export interface KeyTools {
  /** What makes hashes. */
  readonly passwords: Passwords;
  /** Where keys and ids come from. */
  readonly random: Random;
  /** Where time comes from. */
  readonly clock: Clock;
  /** Gives all hashes of a user, so that a new one is compared by the same derivation. */
  readonly hashesOf: (user: UserRecord) => Iterable<string | null>;
  /** Tells whether there is a user with a record of this id, since one may go while a key is made (default: there is). */
  readonly hasUser?: (uuid: string) => boolean;
}

/** One kind of keys. */
export interface KeyKind {
  /** The collection that they are in. */
  readonly collection: string;
  /** What one of them is, for errors, such as `an API key`. */
  readonly one: string;
  /** How many a user may have, so that nobody fills the store with them. */
  readonly most: number;
}

/** Each takes a derivation, for which logins wait, too. */
const MOST_AT_ONCE = 4;

/** The keys of one kind; all in memory, since each request of a session that came by one asks whether it is still there. */
export class KeyRing<Kept extends KeyRecord> {
  /** What keys are made with. */
  protected readonly tools: KeyTools;
  readonly #store: Store;
  readonly #kind: KeyKind;
  readonly #making: AtOnce<string>;
  readonly #turns: Turns<string> = new Turns();
  /** record -> its end in milliseconds */
  readonly #ends: WeakMap<Kept, number> = new WeakMap();
  #changes = 0;
  readonly #listeners: Listeners<[uuid: string]> = new Listeners();
  readonly #leaving: Set<string> = new Set();
  #byId: Map<string, Kept> = new Map();
  #byOwner: Map<string, Map<string, Kept>> = new Map();

  /**
   * @param store Where they are kept.
   * @param kind What they are.
   * @param tools What they are made with.
   */
  constructor(store: Store, kind: KeyKind, tools: KeyTools) {
    this.tools = tools;
    this.#store = store;
    this.#kind = kind;
    this.#making = new AtOnce(MOST_AT_ONCE, `make ${kind.one}`);
  }

  /**
   * Reads the keys.
   *
   * @returns What puts them in the place of those that are known.
   * @throws {WampError} `store_damaged` when one of them is not what it has to be.
   */
  async reread(): Promise<() => void> {
    const entries = await this.#store.list(this.#kind.collection);
    const reader = new RecordReader(this.#store, this.#kind.collection);
    const records = entries.map(({ key, value }) => reader.key(key, value) as Kept);
    return () => {
      this.#byId = new Map();
      this.#byOwner = new Map();
      // The store may know one still that is being removed, and has been used up perhaps.
      for (const record of records) if (!this.#leaving.has(record.uuid)) this.#index(record);
    };
  }

  /** How often something was changed since the start; who reads everything again sees by it what came in between. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Tells somebody else, too, of keys that allow something else than before.
   *
   * @param changed Told the id of one that was changed or removed; it must neither throw nor take long.
   */
  observe(changed: (uuid: string) => void): void {
    this.#listeners.add(changed);
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
   * Lists keys.
   *
   * @param owner The id of the record of the user whom they log in (default everybody's).
   * @returns The keys.
   */
  list(owner?: string): Kept[] {
    const keys = owner === undefined ? this.#byId : this.#byOwner.get(owner);
    return [...keys?.values() ?? []];
  }

  /**
   * Tells whether the time of a key is over.
   *
   * @param record The key.
   * @returns Whether it is; a time that cannot be read is over.
   */
  hasEnded(record: Kept): boolean {
    if (record.expires === null) return false;
    let end = this.#ends.get(record);
    if (end === undefined) this.#ends.set(record, end = keptTimeOf(record.expires));
    return !(this.tools.clock.now() <= end);
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
  async update(uuid: string, fields: Partial<Omit<Kept, "uuid" | "owner">>): Promise<void> {
    await this.#turns.take(uuid, async () => {
      const known = this.#byId.get(uuid);
      if (known !== undefined) await this.#keep({ ...known, ...fields });
    });
  }

  /**
   * Removes a key; the sessions that live by it end at once. Where the store fails it is there again, so that it can be tried again.
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
      await this.#turns.take(uuid, () => this.#store.write([remove(this.#kind.collection, placeOf(record))]));
      // Who reads everything again may have read it from the store until now.
      this.#changes++;
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
    return this.list(owner).map((record) => remove(this.#kind.collection, placeOf(record)));
  }

  /**
   * Forgets all keys of a user, after they were removed from the store.
   *
   * @param owner The id of the user's record.
   */
  forgetOf(owner: string): void {
    for (const record of this.list(owner)) this.#forget(record);
  }

  /**
   * Makes a key and keeps it.
   *
   * @param user Whom it logs in.
   * @param describe Says what is kept of it: what all keys have, with what this kind adds.
   * @returns The key.
   * @throws {WampError} `overflow` when the user has the most, or four are being made; `invalid_argument` when the user is gone meanwhile.
   */
  protected make(
    user: UserRecord,
    describe: (own: Pick<KeyRecord, "uuid" | "owner" | "key">, plaintext: string) => Kept,
  ): Promise<MadeKey<Kept>> {
    return this.#making.run(user.uuid, async () => {
      await this.#refuseTooMany(user);
      const { passwords, random, hashesOf } = this.tools;
      const plaintext = keyText(random);
      const uuid = recordId(random);
      const key = await passwords.hash(plaintext, hashesOf(user));
      const record = describe({ uuid, owner: user.uuid, key }, plaintext);
      await this.save(record);
      return { record, plaintext };
    });
  }

  /** Removes what may go when a user has the most; nothing may, unless a kind says so. */
  protected makeRoom(): Promise<void> {
    return Promise.resolve();
  }

  async #refuseTooMany({ uuid, login }: UserRecord): Promise<void> {
    const { one, most } = this.#kind;
    if (this.list(uuid).length >= most) await this.makeRoom();
    const { length } = this.list(uuid);
    if (length < most) return;
    throw new WampError("overflow", `Cannot make ${one} of "${login}": there are ${length}; delete some before`);
  }

  async #keep(record: Kept): Promise<void> {
    this.#refuseOrphan(record);
    const value = { ...record, permissions: record.permissions.map((line) => ({ ...line })) } as unknown as Dict;
    await this.#store.write([put(this.#kind.collection, placeOf(record), value)]);
    try {
      this.#refuseOrphan(record);
    } catch (error) {
      // What was removed with the user may have been written after that.
      await this.#store.write([remove(this.#kind.collection, placeOf(record))]);
      throw error;
    }
    // One that is being removed must not come to life again.
    if (this.#leaving.has(record.uuid)) return;
    this.#index(record);
    this.#listeners.tell(record.uuid);
  }

  #refuseOrphan({ owner }: Kept): void {
    if (this.tools.hasUser?.(owner) !== false) return;
    throw new WampError("invalid_argument", `Cannot keep ${this.#kind.one}: its user was removed in the meantime`);
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
    this.#listeners.tell(uuid);
  }
}

function placeOf({ owner, uuid }: KeyRecord): string {
  return `${owner}/${uuid}`;
}

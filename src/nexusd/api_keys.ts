import { WampError } from "../wire/errors.ts";
import type { Clock } from "../wire/clock.ts";
import type { Random } from "../wire/random.ts";
import { AtOnce } from "./at_once.ts";
import { timeOf } from "./key_fields.ts";
import type { KeyFields } from "./key_fields.ts";
import { KeyRing } from "./key_ring.ts";
import type { KeyRecord } from "./key_ring.ts";
import type { Passwords } from "./passwords.ts";
import { keyText, recordId } from "./record_ids.ts";
import type { Store, StoreOperation } from "./store.ts";
import type { UserRecord } from "./users.ts";

/** An API key, as it is kept. */
export interface ApiKeyRecord extends KeyRecord {
  /** What it is for. */
  readonly description: string;
  /** The key itself; null unless the Nexus was told to keep it. */
  readonly plaintext_key: string | null;
}

/** What can be said of a new API key. */
export interface NewApiKey extends KeyFields {
  /** The role of its sessions; null for the user's (default null). */
  readonly role?: string | null;
}

/** An API key that was just made. */
export interface MadeApiKey {
  /** What is kept of it. */
  readonly record: ApiKeyRecord;
  /** The key itself: what to log in with in place of the password. It is shown this once. */
  readonly plaintext: string;
}

/** What API keys are made with. */
export interface KeyTools {
  /** What makes hashes. */
  readonly passwords: Passwords;
  /** Where keys and ids come from. */
  readonly random: Random;
  /** Where time comes from. */
  readonly clock: Clock;
  /** Gives all hashes of a user, so that a new one is compared by the same derivation. */
  readonly hashesOf: (user: UserRecord) => Iterable<string | null>;
}

/** So that nobody fills the store with keys. */
const MOST = 1000;
/** Each takes a derivation, for which logins wait, too. */
const MOST_AT_ONCE = 4;

/** The API keys of a realm. */
export class ApiKeys {
  readonly #ring: KeyRing<ApiKeyRecord>;
  readonly #tools: KeyTools;
  readonly #keepsPlaintext: boolean;
  readonly #making: AtOnce<string> = new AtOnce(MOST_AT_ONCE, "make an API key");
  /** id -> the record it was read from and its end in milliseconds */
  readonly #ends: WeakMap<ApiKeyRecord, number> = new WeakMap();

  /**
   * @param store Where they are kept.
   * @param tools What they are made with.
   * @param keepsPlaintext Whether the keys themselves are kept, too, so that whoever may list them can read them.
   */
  constructor(store: Store, tools: KeyTools, keepsPlaintext: boolean) {
    this.#ring = new KeyRing(store, "apikeys");
    this.#tools = tools;
    this.#keepsPlaintext = keepsPlaintext;
  }

  /**
   * Reads the keys.
   *
   * @returns What puts them in the place of those that are known.
   * @throws {WampError} `store_damaged` when one of them is not what it has to be.
   */
  reread(): Promise<() => void> {
    return this.#ring.reread();
  }

  /** How often something was changed since the start; who reads everything again sees by it what came in between. */
  get changes(): number {
    return this.#ring.changes;
  }

  /**
   * Finds a key.
   *
   * @param uuid Its id.
   * @returns What is kept of it, or undefined.
   */
  get(uuid: string): ApiKeyRecord | undefined {
    return this.#ring.get(uuid);
  }

  /**
   * Lists keys.
   *
   * @param owner The id of the record of the user whose keys they are (default everybody's).
   * @returns The keys.
   */
  list(owner?: string): ApiKeyRecord[] {
    return owner === undefined ? this.#ring.all() : this.#ring.of(owner);
  }

  /**
   * Makes a key.
   *
   * @param user Whom it logs in.
   * @param about What is to be said of it (default: nothing, and it never ends and allows what the user may).
   * @returns The key; `plaintext` is shown this once.
   * @throws {WampError} `overflow` when the user has a thousand, or four are being made.
   */
  create(user: UserRecord, about: NewApiKey = {}): Promise<MadeApiKey> {
    return this.#making.run(user.uuid, () => this.#create(user, about));
  }

  async #create(user: UserRecord, about: NewApiKey): Promise<MadeApiKey> {
    const { passwords, random, hashesOf } = this.#tools;
    const others = this.#ring.of(user.uuid);
    if (others.length >= MOST) {
      const text = `Cannot make an API key of "${user.login}": there are ${others.length}; delete some before`;
      throw new WampError("overflow", text);
    }
    const plaintext = keyText(random);
    const { description = "", expires = null, permissions = [], role = null } = about;
    const record: ApiKeyRecord = {
      uuid: recordId(random),
      plaintext_key: this.#keepsPlaintext ? plaintext : null,
      description,
      expires,
      permissions,
      role,
      key: await passwords.hash(plaintext, hashesOf(user)),
      owner: user.uuid,
    };
    await this.#ring.save(record);
    return { record, plaintext };
  }

  /**
   * Makes the hash of a key anew, by which it becomes as those of new keys are.
   *
   * @param record The key.
   * @param plaintext The key itself.
   * @param user Whose it is.
   */
  async rehash(record: ApiKeyRecord, plaintext: string, user: UserRecord): Promise<void> {
    const { passwords, hashesOf } = this.#tools;
    await this.#ring.update(record.uuid, { key: await passwords.hash(plaintext, hashesOf(user)) });
  }

  /**
   * Keeps a key, new or changed.
   *
   * @param record The key.
   */
  save(record: ApiKeyRecord): Promise<void> {
    return this.#ring.save(record);
  }

  /**
   * Changes fields of a key; the others stay as they are.
   *
   * @param uuid Its id; where there is none, nothing is done.
   * @param fields The fields.
   */
  update(uuid: string, fields: Partial<Omit<ApiKeyRecord, "uuid" | "owner">>): Promise<void> {
    return this.#ring.update(uuid, fields);
  }

  /**
   * Removes a key; whoever lives by it may do nothing any more.
   *
   * @param uuid Its id.
   * @returns Whether it was there.
   */
  remove(uuid: string): Promise<boolean> {
    return this.#ring.remove(uuid);
  }

  /**
   * Makes the operations that remove all keys of a user.
   *
   * @param owner The id of the user's record.
   * @returns The operations; {@linkcode forgetOf} follows when they are done.
   */
  removalOf(owner: string): StoreOperation[] {
    return this.#ring.removalOf(owner);
  }

  /**
   * Forgets all keys of a user, after they were removed from the store.
   *
   * @param owner The id of the user's record.
   */
  forgetOf(owner: string): void {
    this.#ring.forgetOf(owner);
  }

  /**
   * Tells whether a key is still there and has not ended.
   *
   * @param uuid Its id.
   * @returns Whether sessions may live by it.
   */
  isAlive(uuid: string): boolean {
    const record = this.#ring.get(uuid);
    return record !== undefined && !this.hasEnded(record);
  }

  /**
   * Tells whether the time of a key is over.
   *
   * @param record The key.
   * @returns Whether it is; a time that cannot be read is over.
   */
  hasEnded(record: ApiKeyRecord): boolean {
    if (record.expires === null) return false;
    let end = this.#ends.get(record);
    if (end === undefined) this.#ends.set(record, end = timeOf(record.expires));
    return !(this.#tools.clock.now() <= end);
  }
}

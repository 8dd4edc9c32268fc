import type { KeyFields } from "./key_fields.ts";
import { KeyRing } from "./key_ring.ts";
import type { KeyRecord, KeyTools, MadeKey } from "./key_ring.ts";
import type { Store } from "./store.ts";
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
export type MadeApiKey = MadeKey<ApiKeyRecord>;

/** The API keys of a realm. */
export class ApiKeys extends KeyRing<ApiKeyRecord> {
  readonly #keepsPlaintext: boolean;

  /**
   * @param store Where they are kept.
   * @param tools What they are made with.
   * @param keepsPlaintext Whether the keys themselves are kept, too, so that whoever may list them can read them.
   */
  constructor(store: Store, tools: KeyTools, keepsPlaintext: boolean) {
    super(store, { collection: "apikeys", one: "an API key", most: 1000 }, tools);
    this.#keepsPlaintext = keepsPlaintext;
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
    const { description = "", expires = null, permissions = [], role = null } = about;
    return this.make(user, (own, plaintext) => {
      const plaintext_key = this.#keepsPlaintext ? plaintext : null;
      return { ...own, plaintext_key, description, expires, permissions, role };
    });
  }

  /**
   * Makes the hash of a key anew, by which it becomes as those of new keys are.
   *
   * @param record The key.
   * @param plaintext The key itself.
   * @param user Whose it is.
   */
  async rehash(record: ApiKeyRecord, plaintext: string, user: UserRecord): Promise<void> {
    const { passwords, hashesOf } = this.tools;
    await this.update(record.uuid, { key: await passwords.hash(plaintext, hashesOf(user)) });
  }

  /**
   * Tells whether a key is still there and has not ended.
   *
   * @param uuid Its id.
   * @returns Whether sessions may live by it.
   */
  isAlive(uuid: string): boolean {
    const record = this.get(uuid);
    return record !== undefined && !this.hasEnded(record);
  }
}

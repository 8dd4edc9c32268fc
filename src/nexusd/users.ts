import { put, remove } from "./store.ts";
import type { Store, StoreOperation } from "./store.ts";

/** A user, as it is kept. */
export interface UserRecord {
  /** The id that what belongs to the user refers to. */
  readonly uuid: string;
  /** The name to log in with, in lower case. */
  readonly login: string;
  /** Whether the user may log in and do anything. */
  readonly enabled: boolean;
  /** The role of the user's sessions; null for the default one. */
  readonly role: string | null;
  /** Where the password is checked; `local` for the hash kept here. */
  readonly source: string;
  /** The hash of the password, if there is one. */
  readonly password: string | null;
  /** The full name. */
  readonly name: string | null;
  /** The mail address. */
  readonly email: string | null;
  /** The user principal name. */
  readonly upn: string | null;
}

const COLLECTION = "users";

/** The users of a realm; all in memory, since each request asks whether its user is still there and enabled. */
export class Users {
  readonly #store: Store;
  readonly #records: Map<string, UserRecord>;

  private constructor(store: Store, records: Map<string, UserRecord>) {
    this.#store = store;
    this.#records = records;
  }

  /**
   * Reads the users.
   *
   * @param store Where they are kept.
   * @returns The users.
   */
  static async load(store: Store): Promise<Users> {
    const entries = await store.list(COLLECTION);
    return new Users(store, new Map(entries.map(({ key, value }) => [key, value as unknown as UserRecord])));
  }

  /**
   * Makes the operation that keeps a user.
   *
   * @param record The user.
   * @returns The operation.
   */
  static operation(record: UserRecord): StoreOperation {
    return put(COLLECTION, record.login, { ...record });
  }

  /**
   * Finds a user.
   *
   * @param login The login, in lower case.
   * @returns What is kept of the user, or undefined.
   */
  get(login: string): UserRecord | undefined {
    return this.#records.get(login);
  }

  /**
   * Keeps a user, new or changed; disabling is felt at once by sessions that live.
   *
   * @param record The user.
   */
  async save(record: UserRecord): Promise<void> {
    await this.#store.write([Users.operation(record)]);
    this.#records.set(record.login, record);
  }

  /**
   * Removes a user; the user's sessions may do nothing any more.
   *
   * @param login The login.
   */
  async remove(login: string): Promise<void> {
    await this.#store.write([remove(COLLECTION, login)]);
    this.#records.delete(login);
  }
}

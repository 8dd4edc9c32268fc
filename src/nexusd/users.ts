import { WampError } from "../wire/errors.ts";
import type { Random } from "../wire/random.ts";
import { isPasswordHash } from "./password_hash.ts";
import type { Passwords } from "./passwords.ts";
import { recordId } from "./record_ids.ts";
import { RecordReader } from "./record_shapes.ts";
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

/** A user to be made. */
export interface NewUser {
  /** The name to log in with; kept in lower case. */
  readonly login: string;
  /** The password in plain text; what is kept is its hash (default null: the user cannot log in). */
  readonly password?: string | null | undefined;
  /** The role (default null, for the usual one). */
  readonly role?: string | null | undefined;
  /** Whether the user may log in (default true). */
  readonly enabled?: boolean | undefined;
  /** Where the password is checked (default `local`, by the hash kept here). */
  readonly source?: string | undefined;
  /** The full name (default null). */
  readonly name?: string | null | undefined;
  /** The mail address (default null). */
  readonly email?: string | null | undefined;
  /** The user principal name (default null). */
  readonly upn?: string | null | undefined;
}

/** What users are made with. */
export interface UserTools {
  /** What makes hashes of passwords. */
  readonly passwords: Passwords;
  /** Where the ids of records come from. */
  readonly random: Random;
}

const COLLECTION = "users";

/** The users of a realm; all in memory, since each request asks whether its user is still there and enabled. */
export class Users {
  readonly #store: Store;
  readonly #tools: UserTools;
  #records: Map<string, UserRecord>;
  readonly #inTheMaking = new Set<string>();

  private constructor(store: Store, tools: UserTools, records: Map<string, UserRecord>) {
    this.#store = store;
    this.#tools = tools;
    this.#records = records;
  }

  /**
   * Reads the users.
   *
   * @param store Where they are kept.
   * @param tools What new ones are made with.
   * @returns The users.
   * @throws {WampError} `store_damaged` when one of them is not what it has to be.
   */
  static async load(store: Store, tools: UserTools): Promise<Users> {
    const entries = await store.list(COLLECTION);
    const reader = new RecordReader(store, COLLECTION);
    return new Users(store, tools, new Map(entries.map(({ key, value }) => [key, reader.user(key, value)])));
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
   * Lists the users.
   *
   * @returns What is kept of them, in the order of their logins.
   */
  list(): UserRecord[] {
    return [...this.#records.values()].sort((left, right) => left.login < right.login ? -1 : 1);
  }

  /**
   * Reads the users again.
   *
   * @returns What puts them in the place of those that are known.
   * @throws {WampError} `store_damaged` when one of them is not what it has to be.
   */
  async reread(): Promise<() => void> {
    const records = (await Users.load(this.#store, this.#tools)).#records;
    return () => {
      this.#records = records;
    };
  }

  /**
   * Makes a user.
   *
   * @param user Who; the password in plain text.
   * @returns What is kept.
   * @throws {WampError} `invalid_argument` when the login is empty or taken.
   */
  async create(user: NewUser): Promise<UserRecord> {
    const login = user.login.toLowerCase();
    if (this.#records.has(login) || this.#inTheMaking.has(login)) {
      throw new WampError("invalid_argument", `Cannot make the user "${login}": there is one; choose another login`);
    }
    const { password = null, role = null, enabled = true, source = "local" } = user;
    const { name = null, email = null, upn = null } = user;
    const { passwords, random } = this.#tools;
    this.#inTheMaking.add(login);
    try {
      const hash = password === null ? null : await passwords.hash(password);
      const record = { uuid: recordId(random), login, enabled, role, source, password: hash, name, email, upn };
      await this.save(record);
      return record;
    } finally {
      this.#inTheMaking.delete(login);
    }
  }

  /**
   * Gives a user another password.
   *
   * @param login The login.
   * @param password The password in plain text; null for none, and the user cannot log in.
   * @throws {WampError} `invalid_argument` when there is no such user.
   */
  async setPassword(login: string, password: string | null): Promise<void> {
    const known = () => {
      const record = this.#records.get(login.toLowerCase());
      if (record !== undefined) return record;
      throw new WampError("invalid_argument", `Cannot set the password of "${login}": there is no such user`);
    };
    // The salt stays where it can: the user's API keys were derived with it, and a login compares all of them at once.
    const hash = password === null ? null : await this.#tools.passwords.hash(password, [known().password]);
    await this.save({ ...known(), password: hash });
  }

  /**
   * Keeps a user, new or changed; disabling is felt at once by sessions that live.
   *
   * @param record The user; {@linkcode create} and {@linkcode setPassword} make the hash that it has as password.
   * @throws {WampError} `invalid_argument` when nobody could log in by such a record.
   */
  async save(record: UserRecord): Promise<void> {
    const { login, password } = record;
    if (login.trim() === "" || login !== login.toLowerCase()) {
      const text = `Cannot keep the user ${JSON.stringify(login)}: a login is a text in lower case, and not empty`;
      throw new WampError("invalid_argument", text);
    }
    if (password !== null && !isPasswordHash(password)) {
      const text = `Cannot keep the user "${login}": the password is no hash; use setPassword(), which makes one`;
      throw new WampError("invalid_argument", text);
    }
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

import { WampError } from "../wire/errors.ts";
import type { Random } from "../wire/random.ts";
import { Listeners } from "./listeners.ts";
import { isPasswordHash } from "./password_hash.ts";
import type { Passwords } from "./passwords.ts";
import { recordId } from "./record_ids.ts";
import { RecordReader } from "./record_shapes.ts";
import { put, remove } from "./store.ts";
import type { Store, StoreOperation } from "./store.ts";
import { Turns } from "./turns.ts";

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
  /** The hash of the password, where it is known in place of the password itself (default null). */
  readonly hash?: string | null | undefined;
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

/** What can be changed of a user. */
export type UserFields = Partial<Omit<UserRecord, "uuid" | "login">>;

/** What users are made with. */
export interface UserTools {
  /** What makes hashes of passwords. */
  readonly passwords: Passwords;
  /** Where the ids of records come from. */
  readonly random: Random;
  /** Gives all hashes of a user, keys included, so that a new one is compared by the same derivation (default that of the password alone). */
  readonly hashesOf?: (user: UserRecord) => Iterable<string | null>;
  /** Told when the hash of a password was made anew, the password being the same. */
  readonly rehashed?: (before: UserRecord, after: UserRecord) => void;
}

const COLLECTION = "users";

/** The users of a realm; all in memory, since each request asks whether its user is still there and enabled. */
export class Users {
  readonly #store: Store;
  readonly #tools: UserTools;
  readonly #turns: Turns<string> = new Turns();
  #changes = 0;
  #records: Map<string, UserRecord> = new Map();
  #byId: Map<string, UserRecord> = new Map();
  readonly #listeners: Listeners<[uuid: string]> = new Listeners();

  private constructor(store: Store, tools: UserTools, records: Iterable<UserRecord>) {
    this.#store = store;
    this.#tools = tools;
    for (const record of records) this.#index(record);
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
    return new Users(store, tools, entries.map(({ key, value }) => reader.user(key, value)));
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

  /** How often something was changed since the start; who reads everything again sees by it what came in between. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Tells somebody else, too, of users who may do nothing any more.
   *
   * @param gone Told the id of the record of one who was removed or disabled; it must neither throw nor take long.
   */
  observe(gone: (uuid: string) => void): void {
    this.#listeners.add(gone);
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
   * Finds a user by the id of the record.
   *
   * @param uuid The id, which what belongs to the user names as owner.
   * @returns What is kept of the user, or undefined.
   */
  byId(uuid: string): UserRecord | undefined {
    return this.#byId.get(uuid);
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
    const read = await Users.load(this.#store, this.#tools);
    return () => {
      this.#records = read.#records;
      this.#byId = read.#byId;
    };
  }

  /**
   * Makes a user.
   *
   * @param user Who; the password in plain text.
   * @returns What is kept.
   * @throws {WampError} `invalid_argument` when the login is empty or taken.
   */
  create(user: NewUser): Promise<UserRecord> {
    const login = user.login.toLowerCase();
    return this.#turns.take(login, () => {
      if (!this.#records.has(login)) return this.#make(login, user);
      const text = `Cannot make the user "${login}": there is one; choose another login`;
      return Promise.reject(new WampError("invalid_argument", text));
    });
  }

  /**
   * Finds a user, or makes it where there is none; of several who ask at once, one makes it.
   *
   * @param user Who it is to be.
   * @returns What is kept; of a user that was there, as it was.
   * @throws {WampError} `invalid_argument` when the login is empty.
   */
  ensure(user: NewUser): Promise<UserRecord> {
    const login = user.login.toLowerCase();
    return this.#turns.take(login, async () => this.#records.get(login) ?? await this.#make(login, user));
  }

  /**
   * Gives a user another password.
   *
   * @param login The login.
   * @param password The password in plain text; null for none, and the user cannot log in.
   * @throws {WampError} `invalid_argument` when there is no such user.
   */
  async setPassword(login: string, password: string | null): Promise<void> {
    await this.update(login, { password: password === null ? null : await this.hash(login, password) });
  }

  /**
   * Makes the hash of a password for a user, which {@linkcode update} takes.
   *
   * @param login The login.
   * @param password The password in plain text.
   * @returns The hash.
   * @throws {WampError} `invalid_argument` when there is no such user.
   */
  hash(login: string, password: string): Promise<string> {
    return this.#hash(this.#known(login), password);
  }

  /**
   * Makes the hash of a password anew, by which it becomes as those of new passwords are. A password that was changed in the meantime stays.
   *
   * @param user The user, as it was when the password fitted.
   * @param password The password in plain text.
   * @returns The hash; undefined where the user has another by now.
   */
  async rehash(user: UserRecord, password: string): Promise<string | undefined> {
    const hash = await this.#hash(user, password);
    return this.#turns.take(user.login, async () => {
      const known = this.#records.get(user.login);
      if (known?.uuid !== user.uuid || known.password !== user.password) return undefined;
      const after = { ...known, password: hash };
      await this.#keep(after);
      this.#tools.rehashed?.(known, after);
      return hash;
    });
  }

  /**
   * Changes fields of a user. The others stay as they are, also when somebody else changes them at the same time.
   *
   * @param login The login.
   * @param fields The fields.
   * @returns What is kept then.
   * @throws {WampError} `invalid_argument` when there is no such user, or the password is no hash.
   */
  update(login: string, fields: UserFields): Promise<UserRecord> {
    return this.#turns.take(login.toLowerCase(), async () => {
      const record = { ...this.#known(login), ...fields };
      await this.#keep(record);
      return record;
    });
  }

  /**
   * Keeps a whole record, new or in place of another; disabling ends the sessions that live. {@linkcode update} changes a part.
   *
   * @param record The user; {@linkcode create} and {@linkcode hash} make the hash that it has as password.
   * @throws {WampError} `invalid_argument` when nobody could log in by such a record.
   */
  save(record: UserRecord): Promise<void> {
    return this.#turns.take(record.login, () => this.#keep(record));
  }

  /**
   * Keeps whole records of several users in one write, from what is there when nobody else changes any of them.
   *
   * @param logins The logins that may be among them.
   * @param plan Says which records, and what goes along in the same write.
   * @returns What was planned.
   */
  saveTogether<
    Plan extends { readonly users: readonly UserRecord[]; readonly alongside: readonly StoreOperation[] },
  >(logins: Iterable<string>, plan: () => Plan): Promise<Plan> {
    return this.#turns.takeAll(logins, async () => {
      const planned = plan();
      const { users, alongside } = planned;
      for (const record of users) check(record);
      await this.#store.write([...alongside, ...users.map(Users.operation)]);
      for (const record of users) this.#replace(record);
      return planned;
    });
  }

  /**
   * Removes a user; the user's sessions end.
   *
   * @param login The login.
   * @param alongside What goes with it, in the same write (default nothing).
   * @throws {WampError} `invalid_argument` when there is no such user.
   */
  remove(login: string, alongside: readonly StoreOperation[] = []): Promise<void> {
    return this.#turns.take(login.toLowerCase(), async () => {
      const known = this.#known(login);
      await this.#store.write([remove(COLLECTION, known.login), ...alongside]);
      this.#changes++;
      this.#records.delete(known.login);
      this.#byId.delete(known.uuid);
      this.#listeners.tell(known.uuid);
    });
  }

  async #make(login: string, user: NewUser): Promise<UserRecord> {
    const { password = null, hash: given = null, role = null, enabled = true, source = "local" } = user;
    const { name = null, email = null, upn = null } = user;
    const { passwords, random } = this.#tools;
    const hash = password === null ? given : await passwords.hash(password);
    const record = { uuid: recordId(random), login, enabled, role, source, password: hash, name, email, upn };
    await this.#keep(record);
    return record;
  }

  async #keep(record: UserRecord): Promise<void> {
    check(record);
    await this.#store.write([Users.operation(record)]);
    this.#replace(record);
  }

  #replace(record: UserRecord): void {
    const before = this.#records.get(record.login);
    if (before !== undefined) this.#byId.delete(before.uuid);
    this.#index(record);
    if (before !== undefined && (!record.enabled || record.uuid !== before.uuid)) this.#listeners.tell(before.uuid);
  }

  /** The salt stays where it can: the user's API keys were derived with it, and a login compares all of them at once. */
  #hash(user: UserRecord, password: string): Promise<string> {
    const { passwords, hashesOf = ({ password }) => [password] } = this.#tools;
    return passwords.hash(password, hashesOf(user));
  }

  #index(record: UserRecord): void {
    this.#changes++;
    this.#records.set(record.login, record);
    this.#byId.set(record.uuid, record);
  }

  #known(login: string): UserRecord {
    const record = this.#records.get(login.toLowerCase());
    if (record !== undefined) return record;
    throw new WampError("invalid_argument", `Cannot change the user "${login}": there is no such user`);
  }
}

function check({ login, password }: UserRecord): void {
  if (login.trim() === "" || login !== login.toLowerCase()) {
    const text = `Cannot keep the user ${JSON.stringify(login)}: a login is a text in lower case, and not empty`;
    throw new WampError("invalid_argument", text);
  }
  if (password !== null && !isPasswordHash(password)) {
    const text = `Cannot keep the user "${login}": the password is no hash; use setPassword(), which makes one`;
    throw new WampError("invalid_argument", text);
  }
}

import { Listeners } from "./listeners.ts";
import type { Grant, PermissionAction, PermissionLine } from "./permission_language.ts";
import { RecordReader } from "./record_shapes.ts";
import { RuleSet } from "./rule_set.ts";
import { put, remove } from "./store.ts";
import type { Store, StoreOperation } from "./store.ts";

/** A role, as it is kept. */
export interface RoleRecord {
  /** Its id. */
  readonly uuid: string;
  /** Its name. */
  readonly role: string;
  /** What it may do. */
  readonly permissions: readonly PermissionLine[];
}

/** The role of anonymous sessions. */
export const ANONYMOUS_ROLE = "public";
/** The role of users whose record names none. */
export const DEFAULT_ROLE = "frontend";
/** Roles that may do everything, whatever is kept of them; `trusted` is the router's own. */
const ALMIGHTY: ReadonlySet<string> = new Set(["trust", "trusted"]);

const COLLECTION = "roles";
const unconditional: Grant = { elevated: false, documented: false };

/** The roles of a realm: few, so all in memory, and compiled when they change. */
export class Roles {
  readonly #store: Store;
  #records: Map<string, RoleRecord>;
  #changes = 0;
  readonly #listeners: Listeners<[role: string]> = new Listeners();
  #rules: Map<string, RuleSet> = new Map();

  private constructor(store: Store, records: Map<string, RoleRecord>) {
    this.#store = store;
    this.#records = records;
  }

  /**
   * Reads the roles.
   *
   * @param store Where they are kept.
   * @returns The roles.
   * @throws {WampError} `store_damaged` when one of them is not what it has to be.
   */
  static async load(store: Store): Promise<Roles> {
    const entries = await store.list(COLLECTION);
    const reader = new RecordReader(store, COLLECTION);
    return new Roles(store, new Map(entries.map(({ key, value }) => [key, reader.role(key, value)])));
  }

  /**
   * Makes the operation that keeps a role.
   *
   * @param record The role.
   * @returns The operation.
   */
  static operation(record: RoleRecord): StoreOperation {
    return put(COLLECTION, record.role, { ...record, permissions: record.permissions.map((line) => ({ ...line })) });
  }

  /** How often something was changed since the start; who reads everything again sees by it what came in between. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Tells somebody else, too, of roles that may do something else than before.
   *
   * @param changed Told the name of one that was changed or removed; it must neither throw nor take long.
   */
  observe(changed: (role: string) => void): void {
    this.#listeners.add(changed);
  }

  /**
   * Tells whether sessions may have a role.
   *
   * @param role Its name.
   * @returns Whether it is kept here or may do everything.
   */
  has(role: string): boolean {
    return this.#records.has(role) || ALMIGHTY.has(role);
  }

  /**
   * Tells whether a role may do everything.
   *
   * @param role Its name.
   * @returns Whether it may.
   */
  isAlmighty(role: string): boolean {
    return ALMIGHTY.has(role);
  }

  /**
   * Finds a role.
   *
   * @param role Its name.
   * @returns What is kept of it, or undefined.
   */
  get(role: string): RoleRecord | undefined {
    return this.#records.get(role);
  }

  /**
   * Lists the names of roles.
   *
   * @returns Those kept here and those that may do everything.
   */
  names(): string[] {
    return [...new Set([...this.#records.keys(), ...ALMIGHTY])];
  }

  /**
   * Lists the roles.
   *
   * @returns What is kept of them, in the order of their names.
   */
  list(): RoleRecord[] {
    return [...this.#records.values()].sort((left, right) => left.role < right.role ? -1 : 1);
  }

  /**
   * Reads the roles again.
   *
   * @returns What puts them in the place of those that are known.
   * @throws {WampError} `store_damaged` when one of them is not what it has to be.
   */
  async reread(): Promise<() => void> {
    const records = (await Roles.load(this.#store)).#records;
    return () => {
      this.#records = records;
      this.#rules = new Map();
    };
  }

  /**
   * Gives the permissions of a role; those of an unknown one are empty.
   *
   * @param role Its name.
   * @returns The permissions, compiled; the same object until the role changes.
   */
  rules(role: string): RuleSet {
    let rules = this.#rules.get(role);
    if (rules === undefined) {
      const record = this.#records.get(role);
      rules = new RuleSet(record?.permissions ?? []);
      if (record !== undefined) this.#rules.set(role, rules);
    }
    return rules;
  }

  /**
   * Tells whether a role may do something, before anything else is asked.
   *
   * @param role Its name.
   * @param action What is to be done.
   * @param uri With what.
   * @returns On which conditions it may; undefined when it may not.
   */
  grant(role: string, action: PermissionAction, uri: string): Grant | undefined {
    return ALMIGHTY.has(role) ? unconditional : this.rules(role).grants(uri)[action];
  }

  /**
   * Keeps a role, new or changed; it is in force at once, for sessions that live, too.
   *
   * @param record The role.
   */
  async save(record: RoleRecord): Promise<void> {
    await this.#store.write([Roles.operation(record)]);
    this.#changes++;
    this.#records.set(record.role, record);
    this.#rules.delete(record.role);
    this.#listeners.tell(record.role);
  }

  /**
   * Removes a role; sessions that have it may do nothing any more.
   *
   * @param role Its name.
   */
  async remove(role: string): Promise<void> {
    await this.#store.write([remove(COLLECTION, role)]);
    this.#changes++;
    this.#records.delete(role);
    this.#rules.delete(role);
    this.#listeners.tell(role);
  }
}

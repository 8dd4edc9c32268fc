import type { PermissionLine } from "./permission_language.ts";
import { RecordReader } from "./record_shapes.ts";
import { RuleSet } from "./rule_set.ts";
import { put } from "./store.ts";
import type { Store, StoreOperation } from "./store.ts";

const COLLECTION = "restrictions";
const EVERYTHING: PermissionLine = { uri: "*", perms: "crspoq" };

/** What sessions may not do because of how they came (`apikey`, `otp`, any source of logins), whatever their role. */
export class Restrictions {
  readonly #store: Store;
  readonly #bySource: Map<string, readonly PermissionLine[]>;
  #compiled: Map<string, RuleSet> = new Map();
  #own: WeakMap<readonly PermissionLine[], RuleSet> = new WeakMap();

  private constructor(store: Store, bySource: Map<string, readonly PermissionLine[]>) {
    this.#store = store;
    this.#bySource = bySource;
  }

  /**
   * Reads the restrictions.
   *
   * @param store Where they are kept.
   * @returns The restrictions.
   * @throws {WampError} `store_damaged` when one of them is not what it has to be.
   */
  static async load(store: Store): Promise<Restrictions> {
    const entries = await store.list(COLLECTION);
    const reader = new RecordReader(store, COLLECTION);
    return new Restrictions(
      store,
      new Map(entries.map(({ key, value }) => [key, reader.permissions(key, value["permissions"])])),
    );
  }

  /**
   * Makes the operation that keeps the restrictions of a source.
   *
   * @param source The source of logins.
   * @param permissions What they may do; nothing said means everything.
   * @returns The operation.
   */
  static operation(source: string, permissions: readonly PermissionLine[]): StoreOperation {
    return put(COLLECTION, source, { permissions: permissions.map((line) => ({ ...line })) });
  }

  /**
   * Keeps the restrictions of a source; they are in force at once, for sessions that live, too.
   *
   * @param source The source of logins.
   * @param permissions What they may do; nothing said means everything.
   */
  async save(source: string, permissions: readonly PermissionLine[]): Promise<void> {
    await this.#store.write([Restrictions.operation(source, permissions)]);
    this.#bySource.set(source, permissions);
    this.#compiled = new Map();
    this.#own = new WeakMap();
  }

  /**
   * Gives what a login may do at most: its own restrictions, or everything when it has none, and behind them those of its source.
   *
   * @param source The source of the login.
   * @param own The login's own restrictions; the list must not change.
   * @returns The rules, or undefined where nothing is restricted.
   */
  rules(source: string, own: readonly PermissionLine[]): RuleSet | undefined {
    const ofSource = this.#bySource.get(source) ?? [];
    if (own.length > 0) {
      let rules = this.#own.get(own);
      if (rules === undefined) this.#own.set(own, rules = new RuleSet([...own, ...ofSource]));
      return rules;
    }
    if (ofSource.length === 0) return undefined;
    let rules = this.#compiled.get(source);
    if (rules === undefined) this.#compiled.set(source, rules = new RuleSet([...ofSource, EVERYTHING]));
    return rules;
  }
}

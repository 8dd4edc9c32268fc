import { WampError } from "../wire/errors.ts";
import { closed } from "./leniency.ts";
import type { Leniency } from "./leniency.ts";
import { Listeners } from "./listeners.ts";
import type { PermissionLine } from "./permission_language.ts";
import { linesOfNamesakes, PREFIX } from "./namesakes.ts";
import { RecordReader } from "./record_shapes.ts";
import { RuleSet } from "./rule_set.ts";
import { put } from "./store.ts";
import type { Store, StoreOperation } from "./store.ts";

const COLLECTION = "restrictions";
const EVERYTHING: PermissionLine = { uri: "*", perms: "crspoq" };
/** What nobody who came by a key may do unless it is said otherwise: make another, or a user, or give the user another password, and so outlive it. */
const makesKeys: readonly PermissionLine[] = [
  "my.apikeys.*",
  "my.otp.*",
  "my.otps.*",
  "system.otp.*",
  "system.db.*",
  "system.apikeys.*",
  "system.users.*",
  "system.roles.*",
  "system.restrictions.*",
].flatMap((uri) => [{ uri, perms: "" }, { uri: PREFIX + uri, perms: "" }]);
/** So many restrictions of single keys are kept compiled, each with so many characters of the URIs that it was asked about: users make a thousand keys. */
const MOST_COMPILED = 1024;
const REMEMBERED_OF_KEYS = 20_000;
const keySources: ReadonlySet<string> = new Set(["apikey", "otp"]);

/** What sessions may not do because of how they came (`apikey`, `otp`, any source of logins), whatever their role. */
export class Restrictions {
  readonly #store: Store;
  readonly #leniency: Leniency;
  #bySource: Map<string, readonly PermissionLine[]>;
  #configured: ReadonlyMap<string, readonly PermissionLine[]> = new Map();
  #changes = 0;
  readonly #listeners: Listeners<[source: string]> = new Listeners();
  #compiled: Map<string, RuleSet | null> = new Map();
  #own: Map<readonly PermissionLine[], RuleSet> = new Map();

  private constructor(store: Store, leniency: Leniency, bySource: Map<string, readonly PermissionLine[]>) {
    this.#store = store;
    this.#leniency = leniency;
    this.#bySource = bySource;
  }

  /**
   * Reads the restrictions.
   *
   * @param store Where they are kept.
   * @param leniency What is open as it is in the original (default nothing).
   * @returns The restrictions.
   * @throws {WampError} `store_damaged` when one of them is not what it has to be.
   */
  static async load(store: Store, leniency: Leniency = closed): Promise<Restrictions> {
    const entries = await store.list(COLLECTION);
    const reader = new RecordReader(store, COLLECTION);
    return new Restrictions(
      store,
      leniency,
      new Map(entries.map(({ key, value }) => [key, reader.permissions(key, value["permissions"])])),
    );
  }

  /** How often something was changed since the start; who reads everything again sees by it what came in between. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Tells somebody else, too, of sources whose logins may do something else than before.
   *
   * @param changed Told the name of one; it must neither throw nor take long.
   */
  observe(changed: (source: string) => void): void {
    this.#listeners.add(changed);
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
   * @throws {WampError} `invalid_argument` when the configuration says it.
   */
  async save(source: string, permissions: readonly PermissionLine[]): Promise<void> {
    if (this.#configured.has(source)) {
      throw new WampError(
        "invalid_argument",
        `Cannot restrict "${source}": the server's configuration says what such logins may do; change it there`,
      );
    }
    await this.#store.write([Restrictions.operation(source, permissions)]);
    this.#changes++;
    this.#bySource.set(source, permissions);
    this.#forget();
    this.#listeners.tell(source);
  }

  /**
   * Sets what a configuration says. It stands in place of what is kept of the same sources, which is in force again once the configuration says nothing of
   * them; for sessions that live, too.
   *
   * @param bySource What each source of logins may do, by its name.
   */
  configure(bySource: ReadonlyMap<string, readonly PermissionLine[]>): void {
    const sources = new Set([...this.#configured.keys(), ...bySource.keys()]);
    this.#configured = new Map(bySource);
    this.#forget();
    for (const source of sources) this.#listeners.tell(source);
  }

  /**
   * Lists the restrictions that are in force.
   *
   * @returns What each source of logins may do, by its name.
   */
  list(): ReadonlyMap<string, readonly PermissionLine[]> {
    return new Map([...this.#bySource, ...this.#configured]);
  }

  /**
   * Gives what is kept of a source, whatever a configuration says.
   *
   * @param source The source of logins.
   * @returns What they may do; undefined where nothing is kept.
   */
  kept(source: string): readonly PermissionLine[] | undefined {
    return this.#bySource.get(source);
  }

  /**
   * Reads the restrictions again.
   *
   * @returns What puts them in the place of those that are known.
   * @throws {WampError} `store_damaged` when one of them is not what it has to be.
   */
  async reread(): Promise<() => void> {
    const bySource = (await Restrictions.load(this.#store, this.#leniency)).#bySource;
    return () => {
      this.#bySource = bySource;
      this.#forget();
    };
  }

  /**
   * Gives what a login may do at most: its own restrictions, or everything when it has none, and behind them those of its source. What they say of a
   * built-in procedure they say of all its names.
   *
   * @param source The source of the login.
   * @param own The login's own restrictions; the list must not change.
   * @returns The rules, or undefined where nothing is restricted.
   */
  rules(source: string, own: readonly PermissionLine[]): RuleSet | undefined {
    if (own.length > 0) {
      let rules = this.#own.get(own);
      if (rules === undefined) {
        const [oldest] = this.#own.keys();
        if (this.#own.size >= MOST_COMPILED) this.#own.delete(oldest!);
        this.#own.set(own, rules = new RuleSet(this.#lines(source, own), REMEMBERED_OF_KEYS));
      }
      return rules;
    }
    let rules = this.#compiled.get(source);
    if (rules === undefined) {
      const lines = this.#lines(source, own);
      rules = lines.length === 0 ? null : new RuleSet(lines);
      this.#compiled.set(source, rules);
    }
    return rules ?? undefined;
  }

  #lines(source: string, own: readonly PermissionLine[]): PermissionLine[] {
    const { restrictionsHoldForOneSpelling, keysMakeKeys } = this.#leniency;
    const said = [...own, ...this.#configured.get(source) ?? this.#bySource.get(source) ?? []];
    const usual = keysMakeKeys || !keySources.has(source) ? [] : makesKeys;
    if (said.length === 0 && usual.length === 0) return [];
    const lines = own.length > 0 ? said : [...said, EVERYTHING];
    if (restrictionsHoldForOneSpelling) return [...lines, ...usual];
    const { before, behind } = linesOfNamesakes(lines, usual);
    return [...before, ...lines, ...behind, ...usual];
  }

  #forget(): void {
    this.#compiled = new Map();
    this.#own = new Map();
  }
}

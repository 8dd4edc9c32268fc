import { WampError } from "../wire/errors.ts";
import { ownText } from "../wire/own_text.ts";
import { isUri } from "../wire/uri.ts";
import { historyKey } from "./event_history.ts";
import { openRealm, Realm } from "./realm.ts";
import type { RealmOptions, RealmSurroundings } from "./realm.ts";

/**
 * Describes a realm that nobody has opened yet when a client asks for it; undefined for one that there is not to be. With `true` each is one in which
 * anonymous sessions may do everything.
 */
export type RealmsOnDemand = true | ((name: string) => Omit<RealmOptions, "name"> | undefined);

/** What realms are made with. */
export interface RealmsOptions extends RealmSurroundings {
  /** Those that are always there. */
  readonly realms: readonly RealmOptions[];
  /** Describes others. */
  readonly onDemand: RealmsOnDemand | undefined;
}

/** The realms of a router, by name: some are always there, others for as long as they have sessions. */
export class Realms {
  readonly #realms: Map<string, Realm>;
  readonly #options: RealmsOptions;

  /**
   * @param options What they are made with.
   * @throws {WampError} `invalid_argument` when two realms have the same name, or keep the history of the same topic in the same store.
   */
  constructor(options: RealmsOptions) {
    const { realms } = options;
    this.#options = options;
    this.#realms = new Map(realms.map((one) => new Realm(one, options)).map((realm) => [realm.name, realm]));
    if (this.#realms.size === realms.length) {
      for (const realm of [...this.#realms.values()].reverse()) this.#checkHistory(realm);
      for (const { broker } of this.#realms.values()) broker.open();
      return;
    }
    const names = realms.map((realm) => realm.name).join(", ");
    throw new WampError("invalid_argument", `Cannot open realms ${names}: give each a name of its own`);
  }

  /** Their names. */
  get names(): readonly string[] {
    return [...this.#realms.keys()];
  }

  /**
   * Finds one that is there.
   *
   * @param name Its name.
   * @returns The realm, if there is one.
   */
  get(name: string): Realm | undefined {
    return this.#realms.get(name);
  }

  /**
   * Finds one for a client that asks for it.
   *
   * @param name Its name.
   * @returns The realm; one that is made on demand is not there before somebody enters it.
   * @throws {WampError} `invalid_argument` when what describes it is wrong.
   */
  find(name: string): Realm | undefined {
    const { onDemand, limits } = this.#options;
    const known = this.#realms.get(name);
    if (known !== undefined || onDemand === undefined || name.length > limits.uriLength) return known;
    if (!isUri(name) || !this.#hasRoom()) return undefined;
    const options = onDemand === true ? openRealm(name) : onDemand(name);
    if (options === undefined) return undefined;
    const realm: Realm = new Realm({ ...options, name: ownText(name) }, this.#options, () => this.release(realm));
    return realm;
  }

  /**
   * Makes sure that a realm is there, since a session joins it.
   *
   * @param realm The realm that was found for it.
   * @returns That, or another of the same name that somebody else has entered in the meantime.
   * @throws {WampError} `invalid_argument` when there are too many realms, or it would keep its history where another one does.
   */
  enter(realm: Realm): Realm {
    const known = this.#realms.get(realm.name);
    if (known !== undefined) return known;
    if (!this.#hasRoom()) {
      throw new WampError("invalid_argument", `Cannot open realm ${realm.name}: there are ${this.#realms.size}`);
    }
    this.#checkHistory(realm);
    this.#realms.set(realm.name, realm);
    realm.broker.open();
    return realm;
  }

  /**
   * Forgets a realm that nobody is in, unless it is always there.
   *
   * @param realm The realm.
   */
  release(realm: Realm): void {
    const { name } = realm;
    const isLasting = this.#options.realms.some((lasting) => lasting.name === name);
    if (isLasting || !realm.isEmpty || this.#realms.get(name) !== realm) return;
    this.#realms.delete(name);
    realm.broker.close();
  }

  /** Ends all of them; nobody is in one any more. */
  close(): void {
    for (const { broker } of this.#realms.values()) broker.close();
  }

  /** A store knows topics, not realms: the events of one would go to whoever may ask in the other. */
  #checkHistory({ name, history }: Realm): void {
    if (history?.store === undefined) return;
    const topics = new Set(history.topics.map(historyKey));
    for (const other of this.#realms.values()) {
      if (other.name === name || other.history?.store !== history.store) continue;
      const shared = other.history.topics.find((topic) => topics.has(historyKey(topic)));
      if (shared === undefined) continue;
      throw new WampError(
        "invalid_argument",
        `Cannot open realm ${name}: its history of "${shared.uri}" goes to the same store as that of realm ${other.name}; give each a store of its own`,
      );
    }
  }

  #hasRoom(): boolean {
    const { realms, limits } = this.#options;
    if (this.#realms.size < realms.length + limits.realmsOnDemand) return true;
    limits.reached("realmsOnDemand");
    return false;
  }
}

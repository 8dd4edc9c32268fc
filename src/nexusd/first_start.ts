import { WampError } from "../wire/errors.ts";
import type { Random } from "../wire/random.ts";
import { defaultRestrictions, defaultRoles } from "./default_roles.ts";
import type { Passwords } from "./passwords.ts";
import { recordId, secretText } from "./record_ids.ts";
import { Restrictions } from "./restrictions.ts";
import { Roles } from "./roles.ts";
import type { Seed, SeedUser } from "./seed.ts";
import { changesBy, checkRealm, judgeUsers } from "./seed_change.ts";
import type { SeedChangeContext, SeedChanges } from "./seed_change.ts";
import { put } from "./store.ts";
import type { Store, StoreOperation } from "./store.ts";
import { damagedRecord } from "./store_text.ts";
import { Users } from "./users.ts";

/** How a Nexus found its store, and what it did about it. */
export type FirstStart =
  | {
    /** The store was empty and has been filled from the seed. */
    readonly outcome: "seeded";
  }
  | {
    /** The store was filled from this very seed before. */
    readonly outcome: "seeded before";
  }
  | {
    /** The store was empty and has the default roles and one user now. */
    readonly outcome: "defaults";
    /** The login of that user. */
    readonly login: string;
    /** The password of that user; kept nowhere else. */
    readonly password: string;
  }
  | {
    /** The store was not empty, and no seed was given. */
    readonly outcome: "found";
  };

const COLLECTION = "nexus";
const KEY = "origin";

/** What first fills a store, and the record by which a filled one is known. */
export class FirstFill {
  readonly #store: Store;
  readonly #passwords: Passwords;
  readonly #random: Random;

  /**
   * @param store The store.
   * @param passwords What makes hashes of passwords.
   * @param random Where ids and a first password come from.
   */
  constructor(store: Store, passwords: Passwords, random: Random) {
    this.#store = store;
    this.#passwords = passwords;
    this.#random = random;
  }

  /**
   * Tells whether the store has been filled.
   *
   * @returns Whether it has.
   * @throws {WampError} `store_damaged` when it is full and does not say from what.
   */
  async isFilled(): Promise<boolean> {
    if (await this.#store.get(COLLECTION, KEY) !== undefined) return true;
    await this.#checkEmpty();
    return false;
  }

  /**
   * Fills the store if it is empty, in one write.
   *
   * @param seed What with (default: the default roles and one user `admin` with a random password).
   * @returns What was done.
   * @throws {WampError} `config_invalid` when the store was filled from something else; `store_damaged` when it is full and does not say from what.
   */
  async run(seed: Seed | undefined): Promise<FirstStart> {
    if (!await this.isFilled()) return await this.#fill(seed);
    if (seed === undefined) return { outcome: "found" };
    const known = (await this.#store.get(COLLECTION, KEY))?.["seed"];
    if (typeof known === "string" && await this.#passwords.verify(await fingerprint(seed), known)) {
      return { outcome: "seeded before" };
    }
    throw new WampError(
      "config_invalid",
      `Cannot use the seed ${seed.file}: the store has been filled already, ` +
        `${known === null ? "without a seed" : "from another one"}. Leave the seed out, or use another data directory`,
    );
  }

  /**
   * Finds the realm that the seed named.
   *
   * @returns Its name, or undefined when the seed named none.
   */
  async realm(): Promise<string | undefined> {
    return (await this.#store.get(COLLECTION, KEY))?.["realm"] as string | undefined ?? undefined;
  }

  /**
   * Takes over what a changed seed says, in one write; from then on it is the one that the store was filled from.
   *
   * @param context What there is.
   * @param seed The seed.
   * @param realm The realm that is open.
   * @returns What was changed in the store.
   * @throws {WampError} `config_invalid` when it is for another realm.
   */
  async change(context: SeedChangeContext, seed: Seed, realm: string): Promise<SeedChanges> {
    const { users } = context;
    const found = seed.users.map((user) => ({ user, known: users.get(user.login) }));
    const named = await this.realm();
    checkRealm(seed, realm, named);
    const origin = put(COLLECTION, KEY, {
      seed: await this.#passwords.hash(await fingerprint(seed)),
      realm: named ?? realm,
    });
    const judged = await judgeUsers(this.#passwords, found);
    const { changes } = await users.saveTogether(seed.users.map(({ login }) => login), () => {
      const planned = changesBy(context, seed, judged);
      return { ...planned, alongside: [origin, ...planned.alongside] };
    });
    return changes;
  }

  /** Filling a store that has lost its origin would replace roles and users by others. */
  async #checkEmpty(): Promise<void> {
    for (const collection of ["users", "roles"]) {
      if ((await this.#store.list(collection)).length === 0) continue;
      const place = { store: this.#store.name, collection: COLLECTION, key: KEY };
      throw damagedRecord(place, `it is missing, and yet there are ${collection}`);
    }
  }

  async #fill(seed: Seed | undefined): Promise<FirstStart> {
    if (seed !== undefined) {
      await this.#write(seed, await this.#passwords.hash(await fingerprint(seed)));
      return { outcome: "seeded" };
    }
    const [login, password] = ["admin", secretText(this.#random)];
    const details = { enabled: true, source: "local", name: "Administrator", email: null, upn: null };
    await this.#write({
      realm: undefined,
      roles: new Map(Object.entries(defaultRoles)),
      restrictions: new Map(Object.entries(defaultRestrictions)),
      users: [{ login, password, role: "trust", ...details }],
    }, null);
    return { outcome: "defaults", login, password };
  }

  async #write({ realm, roles, restrictions, users }: Omit<Seed, "file" | "text">, seed: string | null): Promise<void> {
    const operations: StoreOperation[] = [put(COLLECTION, KEY, { seed, realm: realm ?? null })];
    for (const [role, permissions] of roles) {
      operations.push(Roles.operation({ uuid: recordId(this.#random), role, permissions }));
    }
    for (const [source, permissions] of restrictions) operations.push(Restrictions.operation(source, permissions));
    operations.push(...await Promise.all(users.map((user) => this.#user(user))));
    await this.#store.write(operations);
  }

  async #user({ password, named: _, ...user }: SeedUser): Promise<StoreOperation> {
    const hash = password === null ? null : await this.#passwords.hash(password);
    return Users.operation({ uuid: recordId(this.#random), ...user, password: hash });
  }
}

/** A seed holds passwords in plain text, so what it is recognized by is kept as a password is: salted, and slow to try. */
async function fingerprint({ text }: Seed): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

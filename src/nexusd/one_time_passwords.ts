import { WampError } from "../wire/errors.ts";
import type { KeyTools } from "./api_keys.ts";
import { AtOnce } from "./at_once.ts";
import { timeOf, timeText } from "./key_fields.ts";
import type { KeyFields } from "./key_fields.ts";
import { KeyRing } from "./key_ring.ts";
import type { KeyRecord } from "./key_ring.ts";
import { keyText, recordId } from "./record_ids.ts";
import type { Store, StoreOperation } from "./store.ts";
import type { UserRecord } from "./users.ts";

/** A one-time password, as it is kept. */
export interface OneTimePasswordRecord extends KeyRecord {
  /** Who made it, and where. */
  readonly origin: string;
  /** Whom it logs in. */
  readonly login: string;
}

/** What can be said of a new one-time password. */
export interface NewOneTimePassword extends Omit<KeyFields, "description"> {
  /** Who makes it, and where. */
  readonly origin: string;
  /** The role of the session that comes by it; null for the user's (default null). */
  readonly role?: string | null;
}

/** A one-time password that was just made. */
export interface MadeOneTimePassword {
  /** What is kept of it. */
  readonly record: OneTimePasswordRecord;
  /** The password itself: what to log in with. It is shown this once, and kept nowhere. */
  readonly plaintext: string;
}

const LIFETIME = 600_000;
/** So that nobody fills the store with them. */
const MOST = 100;
/** Each takes a derivation, for which logins wait, too. */
const MOST_AT_ONCE = 4;

/** The one-time passwords of a realm: each is removed by what first asks whether it fits. */
export class OneTimePasswords {
  readonly #ring: KeyRing<OneTimePasswordRecord>;
  readonly #tools: KeyTools;
  readonly #making: AtOnce<string> = new AtOnce(MOST_AT_ONCE, "make a one-time password");

  /**
   * @param store Where they are kept.
   * @param tools What they are made with.
   */
  constructor(store: Store, tools: KeyTools) {
    this.#ring = new KeyRing(store, "otps");
    this.#tools = tools;
  }

  /**
   * Reads the one-time passwords.
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
   * Finds a one-time password.
   *
   * @param uuid Its id.
   * @returns What is kept of it, or undefined.
   */
  get(uuid: string): OneTimePasswordRecord | undefined {
    return this.#ring.get(uuid);
  }

  /**
   * Lists one-time passwords.
   *
   * @param owner The id of the record of the user whom they log in (default everybody's).
   * @returns Those that were not used.
   */
  list(owner?: string): OneTimePasswordRecord[] {
    return owner === undefined ? this.#ring.all() : this.#ring.of(owner);
  }

  /**
   * Makes a one-time password.
   *
   * @param user Whom it logs in.
   * @param about What is to be said of it (default: it ends after ten minutes and allows what the user may).
   * @returns The password; `plaintext` is shown this once.
   * @throws {WampError} `overflow` when the user has a hundred that have not ended, or four are being made.
   */
  create(user: UserRecord, about: NewOneTimePassword): Promise<MadeOneTimePassword> {
    return this.#making.run(user.uuid, () => this.#create(user, about));
  }

  async #create(user: UserRecord, about: NewOneTimePassword): Promise<MadeOneTimePassword> {
    const { passwords, random, clock, hashesOf } = this.#tools;
    if (this.#ring.of(user.uuid).length >= MOST) await this.vacuum();
    const { length } = this.#ring.of(user.uuid);
    if (length >= MOST) {
      const text = `Cannot make a one-time password of "${user.login}": there are ${length}; delete some before`;
      throw new WampError("overflow", text);
    }
    const plaintext = keyText(random);
    const { origin, expires = timeText(clock.now() + LIFETIME), permissions = [], role = null } = about;
    const record: OneTimePasswordRecord = {
      uuid: recordId(random),
      origin,
      expires,
      permissions,
      role,
      key: await passwords.hash(plaintext, hashesOf(user)),
      owner: user.uuid,
      login: user.login,
    };
    await this.#ring.save(record);
    return { record, plaintext };
  }

  /**
   * Changes fields of a one-time password; the others stay as they are.
   *
   * @param uuid Its id; where there is none, nothing is done.
   * @param fields The fields.
   */
  update(uuid: string, fields: Partial<Omit<OneTimePasswordRecord, "uuid" | "owner">>): Promise<void> {
    return this.#ring.update(uuid, fields);
  }

  /**
   * Removes a one-time password.
   *
   * @param uuid Its id.
   * @returns Whether it was there; of several who remove it at once, one is told so.
   */
  remove(uuid: string): Promise<boolean> {
    return this.#ring.remove(uuid);
  }

  /**
   * Makes the operations that remove all one-time passwords of a user.
   *
   * @param owner The id of the user's record.
   * @returns The operations; {@linkcode forgetOf} follows when they are done.
   */
  removalOf(owner: string): StoreOperation[] {
    return this.#ring.removalOf(owner);
  }

  /**
   * Forgets all one-time passwords of a user, after they were removed from the store.
   *
   * @param owner The id of the user's record.
   */
  forgetOf(owner: string): void {
    this.#ring.forgetOf(owner);
  }

  /**
   * Tells whether the time of a one-time password is over.
   *
   * @param record The one-time password.
   * @returns Whether it is; a time that cannot be read is over.
   */
  hasEnded({ expires }: OneTimePasswordRecord): boolean {
    return expires !== null && !(this.#tools.clock.now() <= timeOf(expires));
  }

  /** Removes those whose time is over. */
  async vacuum(): Promise<void> {
    for (const record of this.#ring.all()) {
      if (this.hasEnded(record)) await this.#ring.remove(record.uuid);
    }
  }
}

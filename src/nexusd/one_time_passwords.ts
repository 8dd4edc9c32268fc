import { timeText } from "./key_fields.ts";
import type { KeyFields } from "./key_fields.ts";
import { KeyRing } from "./key_ring.ts";
import type { KeyRecord, KeyTools, MadeKey } from "./key_ring.ts";
import type { Store } from "./store.ts";
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

/** A one-time password that was just made; the password itself is kept nowhere. */
export type MadeOneTimePassword = MadeKey<OneTimePasswordRecord>;

const LIFETIME = 600_000;

/** The one-time passwords of a realm: each is removed by what first asks whether it fits. */
export class OneTimePasswords extends KeyRing<OneTimePasswordRecord> {
  /**
   * @param store Where they are kept.
   * @param tools What they are made with.
   */
  constructor(store: Store, tools: KeyTools) {
    super(store, { collection: "otps", one: "a one-time password", most: 100 }, tools);
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
    const { origin, expires = timeText(this.tools.clock.now() + LIFETIME), permissions = [], role = null } = about;
    return this.make(user, (own) => ({ ...own, origin, expires, permissions, role, login: user.login }));
  }

  /** Removes those whose time is over. */
  async vacuum(): Promise<void> {
    for (const record of this.list()) {
      if (this.hasEnded(record)) await this.remove(record.uuid);
    }
  }

  protected override makeRoom(): Promise<void> {
    return this.vacuum();
  }
}

import type { Dict } from "../wire/values.ts";
import type { ApiKeys } from "./api_keys.ts";
import type { Cookies } from "./cookies.ts";
import { keyFields } from "./key_fields.ts";
import type { OneTimePasswords } from "./one_time_passwords.ts";
import { foundByIds, ROOT } from "./record_collection.ts";
import type { RecordCollection } from "./record_collection.ts";
import { presentedKey, presentedPassword } from "./services/keys.ts";
import type { Caller } from "./services/procedure.ts";
import { ServiceError } from "./service_error.ts";
import { countIn } from "./store.ts";
import type { Store } from "./store.ts";
import type { UserRecord } from "./users.ts";

/** The API keys. */
export class ApiKeyCollection implements RecordCollection {
  readonly name = "apikeys";
  readonly type = "apikey";
  readonly owned = true;

  readonly #apiKeys: ApiKeys;

  /** @param apiKeys The API keys. */
  constructor(apiKeys: ApiKeys) {
    this.#apiKeys = apiKeys;
  }

  list(owner?: string): Promise<Dict[]> {
    return Promise.resolve(this.#apiKeys.list(owner).map(presentedKey));
  }

  byIds(uuids: ReadonlySet<string>): Promise<Dict[]> {
    return foundByIds(uuids, (uuid) => this.#apiKeys.get(uuid), presentedKey);
  }

  existing(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async create(data: Dict, owner: UserRecord): Promise<Dict> {
    const about = keyFields(data, ["description", "expires", "permissions"]);
    const { record, plaintext } = await this.#apiKeys.create(owner, about);
    return { ...presentedKey(record), plaintext_key: plaintext };
  }

  async update({ uuid }: Dict, data: Dict): Promise<void> {
    await this.#apiKeys.update(uuid as string, keyFields(data, ["description", "expires", "permissions"]));
  }

  async remove({ uuid }: Dict): Promise<void> {
    await this.#apiKeys.remove(uuid as string);
  }
}

/** The one-time passwords. */
export class OneTimePasswordCollection implements RecordCollection {
  readonly name = "otps";
  readonly type = "otp";
  readonly owned = true;

  readonly #otps: OneTimePasswords;

  /** @param otps The one-time passwords. */
  constructor(otps: OneTimePasswords) {
    this.#otps = otps;
  }

  list(owner?: string): Promise<Dict[]> {
    return Promise.resolve(this.#otps.list(owner).map(presentedPassword));
  }

  byIds(uuids: ReadonlySet<string>): Promise<Dict[]> {
    return foundByIds(uuids, (uuid) => this.#otps.get(uuid), presentedPassword);
  }

  existing(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async create(data: Dict, owner: UserRecord, { authid }: Caller): Promise<Dict> {
    const about = keyFields(data, ["expires", "permissions"]);
    const { record, plaintext } = await this.#otps.create(owner, { ...about, origin: authid });
    return { ...presentedPassword(record), plaintext_key: plaintext };
  }

  async update({ uuid }: Dict, data: Dict): Promise<void> {
    const { expires, permissions } = keyFields(data, ["expires", "permissions"]);
    await this.#otps.update(uuid as string, {
      ...expires !== undefined && { expires },
      ...permissions !== undefined && { permissions },
    });
  }

  async remove({ uuid }: Dict): Promise<void> {
    await this.#otps.remove(uuid as string);
  }
}

/** The logins that cookies stand for; browsers make them by logging in. */
export class CookieCollection implements RecordCollection {
  readonly name = "cookies";
  readonly type = "cookie";
  readonly owned = false;

  readonly #store: Store;
  readonly #cookies: Pick<Cookies, "has" | "remove">;

  /**
   * @param store Where they are kept.
   * @param cookies Who knows them by their ids.
   */
  constructor(store: Store, cookies: Pick<Cookies, "has" | "remove">) {
    this.#store = store;
    this.#cookies = cookies;
  }

  async list(): Promise<Dict[]> {
    const entries = await this.#store.list("cookies");
    return entries.map(({ key, value }) => ({ ...value, key, owner: ROOT }));
  }

  count(): Promise<number> {
    return countIn(this.#store, "cookies");
  }

  byIds(uuids: ReadonlySet<string>): Promise<Dict[]> {
    return foundByIds(uuids, (uuid) => this.#cookies.has(uuid) ? { uuid } : undefined, (record) => record);
  }

  existing(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  create(): Promise<Dict> {
    return Promise.reject(madeByLogins());
  }

  update(): Promise<void> {
    return Promise.reject(madeByLogins());
  }

  remove({ uuid }: Dict): Promise<void> {
    this.#cookies.remove(uuid as string);
    return Promise.resolve();
  }
}

function madeByLogins(): ServiceError {
  return new ServiceError("cookies are made and changed by logging in; they can only be deleted");
}

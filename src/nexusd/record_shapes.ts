import { isDict } from "../wire/values.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import type { PermissionLine } from "./permission_language.ts";
import type { KeyRecord } from "./key_ring.ts";
import type { RoleRecord } from "./roles.ts";
import type { Store } from "./store.ts";
import { damagedRecord } from "./store_text.ts";
import type { UserRecord } from "./users.ts";

/** Reads records of a store and refuses those that are not what they have to be: half of a role would be another role. */
export class RecordReader {
  readonly #store: Store;
  readonly #collection: string;

  /**
   * @param store The store.
   * @param collection The collection that the records are in.
   */
  constructor(store: Store, collection: string) {
    this.#store = store;
    this.#collection = collection;
  }

  /**
   * Reads a user.
   *
   * @param key The key of the record.
   * @param value The record.
   * @returns The user.
   * @throws {WampError} `store_damaged`.
   */
  user(key: string, value: Dict): UserRecord {
    this.#check(key, value["login"] === key, "its login is not its key");
    for (const name of ["uuid", "source"]) this.#check(key, isText(value[name]), `its ${name} is no text`);
    this.#check(key, typeof value["enabled"] === "boolean", "its enabled is neither true nor false");
    for (const name of ["role", "password", "name", "email", "upn"]) {
      this.#check(key, value[name] === null || isText(value[name]), `its ${name} is neither a text nor null`);
    }
    return value as unknown as UserRecord;
  }

  /**
   * Reads a role.
   *
   * @param key The key of the record.
   * @param value The record.
   * @returns The role.
   * @throws {WampError} `store_damaged`.
   */
  role(key: string, value: Dict): RoleRecord {
    this.#check(key, value["role"] === key, "its role is not its key");
    this.#check(key, isText(value["uuid"]), "its uuid is no text");
    this.permissions(key, value["permissions"]);
    return value as unknown as RoleRecord;
  }

  /**
   * Reads an API key or a one-time password.
   *
   * @param key The key of the record.
   * @param value The record.
   * @returns What was kept.
   * @throws {WampError} `store_damaged`.
   */
  key(key: string, value: Dict): KeyRecord {
    for (const name of ["uuid", "owner", "key"]) this.#check(key, isText(value[name]), `its ${name} is no text`);
    this.#check(key, key === `${value["owner"]}/${value["uuid"]}`, "its owner and uuid are not its key");
    for (const name of ["expires", "role"]) {
      this.#check(key, value[name] === null || isText(value[name]), `its ${name} is neither a text nor null`);
    }
    this.permissions(key, value["permissions"]);
    return value as unknown as KeyRecord;
  }

  /**
   * Reads a list of permissions.
   *
   * @param key The key of the record.
   * @param value The list.
   * @returns The permissions.
   * @throws {WampError} `store_damaged`.
   */
  permissions(key: string, value: WampValue): readonly PermissionLine[] {
    const isLine = (line: WampValue) => isDict(line) && isText(line["uri"]) && isText(line["perms"]);
    this.#check(key, Array.isArray(value) && value.every(isLine), "its permissions are no list of uri and perms");
    return value as unknown as PermissionLine[];
  }

  #check(key: string, isWell: boolean, problem: string): void {
    if (isWell) return;
    throw damagedRecord({ store: this.#store.name, collection: this.#collection, key }, problem);
  }
}

function isText(value: WampValue): boolean {
  return typeof value === "string";
}

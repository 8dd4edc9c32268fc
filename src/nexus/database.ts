import type { Dict, WampValue } from "../wire/values.ts";
import type { NexusCall } from "./nexus_call.ts";

/** The collections of Nexus's own database. */
export type Collection = "users" | "apikeys" | "metadata" | "otps" | "roles" | "cookies" | "uris" | "rosters";

/** How a field is compared; `like` finds a part of a text, `ilike` in upper or lower case. */
export type Comparison =
  | "="
  | "!="
  | ">="
  | ">"
  | "<"
  | "<="
  | "in"
  | "not in"
  | "has"
  | "like"
  | "ilike"
  | "not like"
  | "not ilike";

/** A condition on records: a comparison of a field, or of the owner's as in `owner_.login`, or several conditions joined. */
export type Condition =
  | readonly [field: string, comparison: Comparison, value: WampValue]
  | readonly [join: "AND" | "OR" | "NOT" | "NOR", conditions: readonly Condition[]];

/** How the records of a query are answered. */
export interface QueryOptions {
  /** In which order (default any). */
  readonly sort?: readonly (readonly [field: string, direction: "asc" | "desc"])[] | undefined;
  /** How many a page has (default all). */
  readonly limit?: number | undefined;
  /** Which page, counted from 0 (default 0). */
  readonly page_index?: number | undefined;
  /** Whether records are answered as YAML text (default false). */
  readonly yaml?: boolean | undefined;
}

/** A page of records. */
export interface QueryResult<Item = DatabaseRecord> {
  /** The records. */
  readonly records: readonly Item[];
  /** Which page it is, counted from 0. */
  readonly page_index: number;
  /** Which page it is, counted from 1. */
  readonly page: number;
  /** How many pages there are; 0 without a limit. */
  readonly pages: number;
  /** How many records there are on all pages. */
  readonly hits: number;
  /** How many a page has; null for all. */
  readonly limit: number | null;
  /** In which order they are. */
  readonly sort: WampValue;
}

/** A record of Nexus's own database. */
export interface DatabaseRecord {
  /** The record's id. */
  readonly uuid: string;
  /** The id of the record that it belongs to. */
  readonly owner?: string;
  /** Its fields. */
  readonly [field: string]: WampValue;
}

/** How many records Nexus has in memory. */
export interface DatabaseStatistics {
  /** By the kind of record. */
  readonly counts: Readonly<Record<string, number>>;
  /** Where they are kept, if asked for. */
  readonly paths?: WampValue;
}

/** What records of the first level belong to. */
export const ROOT = "%root";

/** Nexus's own database. Users see and change what is theirs; the role `trust` everything. */
export class Database {
  readonly #call: NexusCall;

  /** @param call The way to Nexus. */
  constructor(call: NexusCall) {
    this.#call = call;
  }

  /**
   * Looks for records.
   *
   * @param collection Where.
   * @param conditions All of these have to hold (default none); a record without the field does not fulfil one.
   * @param options How they are answered.
   * @returns A page of records.
   * @throws {RemoteError} `com.izaber.wamp.error.permissiondenied` when the collection is not for this role.
   */
  query<Item = DatabaseRecord>(
    collection: Collection,
    conditions: readonly Condition[] = [],
    options: QueryOptions = {},
  ): Promise<QueryResult<Item>> {
    return this.#call("system.db.query", [collection, conditions], { ...options });
  }

  /**
   * Makes a record. For a login that exists, Nexus answers the record that is there.
   *
   * @param parent The id of the record that it belongs to; {@linkcode ROOT} for users, roles and URIs.
   * @param collection Where.
   * @param data Its fields.
   * @returns The record.
   */
  create<Item = DatabaseRecord>(parent: string, collection: Collection, data: Dict): Promise<Item> {
    return this.#call("system.db.create", [parent, collection, data]);
  }

  /**
   * Changes fields of records. Records of others are passed over without an error where the role may not change them.
   *
   * @param uuids The records' ids.
   * @param data The fields.
   * @throws {RemoteError} `com.izaber.wamp.error` when there is no such field; those before it may have been changed.
   */
  async update(uuids: readonly string[], data: Dict): Promise<void> {
    await this.#call("system.db.update", [uuids, data]);
  }

  /**
   * Makes a record or changes the one that is there; releases up to 3.0 can only make one.
   *
   * @param parent The id of the record that it belongs to.
   * @param collection Where.
   * @param data Its fields.
   * @returns The record.
   */
  upsert<Item = DatabaseRecord>(parent: string, collection: Collection, data: Dict): Promise<Item> {
    return this.#call("system.db.upsert", [parent, collection, data]);
  }

  /**
   * Removes records.
   *
   * @param uuids The records' ids.
   * @throws {RemoteError} `com.izaber.wamp.error.permissiondenied` when one may not be removed.
   */
  async delete(uuids: readonly string[]): Promise<void> {
    await this.#call("system.db.delete", [uuids]);
  }

  /**
   * Counts what Nexus has in memory.
   *
   * @param options `include_paths`: whether to tell where records are kept (default false).
   * @returns The counts.
   */
  stats(options: { readonly include_paths?: boolean | undefined } = {}): Promise<DatabaseStatistics> {
    return this.#call("system.db.stats", [], { ...options });
  }
}

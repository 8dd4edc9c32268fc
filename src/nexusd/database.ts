import type { Dict, WampValue } from "../wire/values.ts";
import { isDict } from "../wire/values.ts";
import { mayAdminister } from "./almighty.ts";
import { isRecordId } from "./record_ids.ts";
import { ROOT } from "./record_collection.ts";
import type { RecordCollection } from "./record_collection.ts";
import { readConditions, readOrder } from "./record_conditions.ts";
import type { Roles } from "./roles.ts";
import { denied, ServiceError, shown } from "./service_error.ts";
import type { Caller } from "./services/procedure.ts";
import type { UserRecord, Users } from "./users.ts";

/** What a query asks for. */
export interface DatabaseQuery {
  /** The conditions that records have to fulfil. */
  readonly conditions: WampValue;
  /** The order of the records. */
  readonly sort: WampValue;
  /** How many a page has; null or 0 for all. */
  readonly limit: WampValue;
  /** Which page, counted from 0. */
  readonly page_index: WampValue;
  /** Whether values are presented as YAML text. */
  readonly yaml: boolean;
}

/** Fields of their own record that users may change; others that they send are passed over, as the original does. */
const OWN_FIELDS: readonly string[] = ["password", "email", "name"];
/** So many records can be changed or removed at once. */
const MAX_RECORDS = 10_000;

/**
 * All records, as `system.db.*` sees them: the roles that may do everything see all, others what is their own.
 */
export class Database {
  readonly #users: Users;
  readonly #roles: Roles;
  readonly #collections: readonly RecordCollection[];

  /**
   * @param users The users.
   * @param roles The roles.
   * @param collections The records.
   */
  constructor(users: Users, roles: Roles, collections: readonly RecordCollection[]) {
    this.#users = users;
    this.#roles = roles;
    this.#collections = collections;
  }

  /**
   * Looks for records.
   *
   * @param caller Who asks.
   * @param name The collection.
   * @param query What for.
   * @returns A page of records.
   */
  async query(caller: Caller, name: WampValue, query: DatabaseQuery): Promise<Dict> {
    const collection = this.#collection(name);
    const { limit, page_index: pageIndex } = pageOf(query);
    const isMeant = readConditions(query.conditions, this.#ownerOf);
    const order = readOrder(query.sort);
    const owner = this.#isAlmighty(caller) ? undefined : this.#own(caller, collection).uuid;
    const hits = (await collection.list(owner, { yaml: query.yaml })).filter(isMeant).sort(order);
    const pages = limit === 0 ? 0 : Math.ceil(hits.length / Math.abs(limit));
    const records = limit === 0 ? hits : limit < 0 ? [] : hits.slice(pageIndex * limit, (pageIndex + 1) * limit);
    const { sort = null, limit: asked = null } = query;
    return { records, page_index: pageIndex, page: pageIndex + 1, pages, hits: hits.length, limit: asked, sort };
  }

  /**
   * Makes a record; where there is one with its key, that is answered as it is.
   *
   * @param caller Who wants it.
   * @param parent The id of the record that it is to belong to.
   * @param name The collection.
   * @param data Its fields.
   * @returns The record.
   */
  async create(caller: Caller, parent: WampValue, name: WampValue, data: WampValue): Promise<Dict> {
    const { collection, owner, fields } = this.#writing(caller, parent, name, data);
    return await collection.existing(fields, owner) ?? await collection.create(fields, owner, caller);
  }

  /**
   * Makes a record, or changes the one with its key.
   *
   * @param caller Who wants it.
   * @param parent The id of the record that it is to belong to.
   * @param name The collection.
   * @param data Its fields.
   * @returns The record.
   */
  async upsert(caller: Caller, parent: WampValue, name: WampValue, data: WampValue): Promise<Dict> {
    const { collection, owner, fields } = this.#writing(caller, parent, name, data);
    const known = await collection.existing(fields, owner);
    if (known === undefined) return await collection.create(fields, owner, caller);
    await collection.update(known, withoutKeys(fields, known));
    return await collection.existing(fields, owner) ?? known;
  }

  /**
   * Changes records; those of others are passed over where the caller may not change them.
   *
   * @param caller Who wants it.
   * @param uuids The ids of the records.
   * @param data The fields that are to change.
   */
  async update(caller: Caller, uuids: WampValue, data: WampValue): Promise<void> {
    const fields = fieldsIn(data);
    for (const { collection, record } of await this.#find(caller, uuids)) {
      if (this.#isAlmighty(caller)) await collection.update(record, fields);
      else if (this.#isOwn(caller, collection, record)) await collection.update(record, ownFields(collection, fields));
    }
  }

  /**
   * Removes records; those that are not there are no error.
   *
   * @param caller Who wants it.
   * @param uuids The ids of the records.
   */
  async delete(caller: Caller, uuids: WampValue): Promise<void> {
    const found = await this.#find(caller, uuids);
    const may = ({ collection, record }: FoundRecord) =>
      this.#isAlmighty(caller) || (collection.owned && this.#isOwn(caller, collection, record));
    if (!found.every(may)) throw denied();
    for (const { collection, record } of found) await collection.remove(record);
  }

  /**
   * Counts the records.
   *
   * @returns How many there are of each type.
   */
  async counts(): Promise<Dict> {
    const counts: [string, number][] = [];
    for (const collection of this.#collections) {
      const count = await collection.count?.() ?? (await collection.list(undefined, { shallow: true })).length;
      counts.push([collection.type, count]);
    }
    return Object.fromEntries(counts);
  }

  #writing(caller: Caller, parent: WampValue, name: WampValue, data: WampValue): WritingPlan {
    const collection = this.#collection(name);
    const almighty = this.#isAlmighty(caller);
    if (!almighty && (!collection.owned || parent !== this.#own(caller, collection).uuid)) throw denied();
    const owner = collection.owned ? this.#users.byId(String(parent)) : undefined;
    if (collection.owned ? owner === undefined : parent !== ROOT) {
      const place = collection.owned ? "a user" : `"${ROOT}"`;
      throw new ServiceError(`Parent ${shown(parent)} does not exist: ${collection.name} belong to ${place}`);
    }
    return { collection, owner, fields: fieldsIn(data) };
  }

  async #find(caller: Caller, uuids: WampValue): Promise<FoundRecord[]> {
    const wanted = new Set(idsIn(uuids));
    const found: FoundRecord[] = [];
    // Others' metadata is not in memory, and nobody is to have it all read by guessing.
    const owner = this.#isAlmighty(caller) ? undefined : this.#users.get(caller.authid)?.uuid ?? "";
    for (const collection of this.#collections) {
      if (wanted.size === 0) break;
      for (const record of await collection.byIds(wanted, owner)) {
        wanted.delete(record["uuid"] as string);
        found.push({ collection, record });
      }
    }
    return found;
  }

  #collection(name: WampValue): RecordCollection {
    const collection = this.#collections.find((candidate) => candidate.name === name);
    if (collection !== undefined) return collection;
    const names = this.#collections.map((candidate) => candidate.name).join(", ");
    throw new ServiceError(`${shown(name)} not a valid collection. Available Collections ${names}`);
  }

  #isAlmighty({ session }: Caller): boolean {
    return mayAdminister({ users: this.#users, roles: this.#roles }, session);
  }

  /** Finds the caller, who has to be somebody and to have something in the collection. */
  #own({ authid, session }: Caller, collection: RecordCollection): UserRecord {
    const user = session.authmethod === "anonymous" ? undefined : this.#users.get(authid);
    if (user === undefined || !(collection.owned || collection.name === "users")) throw denied();
    return user;
  }

  #isOwn({ authid, session }: Caller, collection: RecordCollection, record: Dict): boolean {
    const user = session.authmethod === "anonymous" ? undefined : this.#users.get(authid);
    if (user === undefined) return false;
    return collection.name === "users" ? record["uuid"] === user.uuid : record["owner"] === user.uuid;
  }

  readonly #ownerOf = ({ owner }: Dict): Dict | undefined => {
    const user = typeof owner === "string" ? this.#users.byId(owner) : undefined;
    return user === undefined ? undefined : { ...user };
  };
}

interface WritingPlan {
  readonly collection: RecordCollection;
  readonly owner: UserRecord | undefined;
  readonly fields: Dict;
}

interface FoundRecord {
  readonly collection: RecordCollection;
  readonly record: Dict;
}

function fieldsIn(data: WampValue): Dict {
  if (isDict(data)) return data;
  throw new ServiceError(`the fields of a record have to be a mapping, not ${shown(data)}`);
}

function ownFields({ name }: RecordCollection, fields: Dict): Dict {
  if (name !== "users") return fields;
  return Object.fromEntries(Object.entries(fields).filter(([field]) => OWN_FIELDS.includes(field)));
}

/** What names a record need not be said again to change it. */
function withoutKeys(fields: Dict, known: Dict): Dict {
  const keys = ["login", "role", "key", "uri", "match", "action"];
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => !keys.includes(name) || known[name] !== value),
  );
}

function idsIn(uuids: WampValue): string[] {
  if (!Array.isArray(uuids) || uuids.length > MAX_RECORDS) {
    throw new ServiceError(`the ids of records have to be a list of at most ${MAX_RECORDS}, not ${shown(uuids)}`);
  }
  const given = uuids.filter((uuid) => uuid !== null) as WampValue[];
  const wrong = given.find((uuid) => typeof uuid !== "string" || !isRecordId(uuid));
  if (wrong !== undefined) throw new ServiceError(`UID ${shown(wrong)} invalid.`);
  return given as string[];
}

function pageOf({ limit, page_index: page }: DatabaseQuery): { limit: number; page_index: number } {
  const isWhole = (value: WampValue) => value === null || value === undefined || Number.isSafeInteger(value);
  if (!isWhole(limit)) throw new ServiceError(`limit has to be a number or null, not ${shown(limit)}`);
  if (!isWhole(page) || Number(page) < 0) {
    throw new ServiceError(`page_index has to be 0 or a higher number, not ${shown(page)}`);
  }
  return { limit: Number(limit ?? 0), page_index: Number(page ?? 0) };
}

import type { Dict, WampValue } from "../wire/values.ts";
import { ServiceError, shown } from "./service_error.ts";
import type { Caller } from "./services/procedure.ts";
import { canBeKept } from "./store_text.ts";
import type { UserRecord } from "./users.ts";

/** What top-level records belong to. */
export const ROOT = "%root";

/** How records are presented. */
export interface RecordForm {
  /** Whether values are YAML text (default false). */
  readonly yaml?: boolean;
  /** Whether what belongs to a record is left out (default false), which saves reading it. */
  readonly shallow?: boolean;
}

/** One collection of records, as `system.db.*` sees it; who may do what with it is decided elsewhere. */
export interface RecordCollection {
  /** What callers call it, such as `users`. */
  readonly name: string;
  /** What one of its records is called, such as `user`. */
  readonly type: string;
  /** Whether its records belong to users; others belong to the root. */
  readonly owned: boolean;

  /**
   * Lists records.
   *
   * @param owner The id of the user whose they are, or for `users` who it is (default everybody's).
   * @param form How they are presented.
   * @returns The records.
   */
  list(owner?: string, form?: RecordForm): Promise<Dict[]>;

  /**
   * Counts the records, where that can be done without presenting all of them.
   *
   * @returns How many there are.
   */
  count?(): Promise<number>;

  /**
   * Finds records by their ids, where it can without reading all.
   *
   * @param uuids The ids.
   * @param owner The id of the user whose records are asked for alone, where all would have to be read (default everybody's).
   * @returns Those that there are, without what belongs to them.
   */
  byIds(uuids: ReadonlySet<string>, owner?: string): Promise<Dict[]>;

  /**
   * Finds the record that another with the same key would replace.
   *
   * @param data The fields of the other.
   * @param owner The user whose it is to be, where records belong to users.
   * @returns The record, or undefined.
   */
  existing(data: Dict, owner: UserRecord | undefined): Promise<Dict | undefined>;

  /**
   * Makes a record.
   *
   * @param data Its fields.
   * @param owner The user whose it is to be, where records belong to users.
   * @param caller Who wants it made.
   * @returns The record; what is secret in it is shown this once.
   * @throws {ServiceError} When a field is unknown or has the wrong kind of value; nothing is made then.
   */
  create(data: Dict, owner: UserRecord | undefined, caller: Caller): Promise<Dict>;

  /**
   * Changes a record.
   *
   * @param record The record, as it was listed.
   * @param data The fields that are to change.
   * @throws {ServiceError} When a field is unknown or has the wrong kind of value; nothing is changed then.
   */
  update(record: Dict, data: Dict): Promise<void>;

  /**
   * Removes a record and what belongs to it.
   *
   * @param record The record, as it was listed.
   */
  remove(record: Dict): Promise<void>;
}

/**
 * Presents what is found by its id.
 *
 * @param uuids The ids.
 * @param find Finds one.
 * @param present Presents it.
 * @returns What was found.
 */
export function foundByIds<Kept>(
  uuids: ReadonlySet<string>,
  find: (uuid: string) => Kept | undefined,
  present: (record: Kept) => Dict,
): Promise<Dict[]> {
  const found: Dict[] = [];
  for (const uuid of uuids) {
    const record = find(uuid);
    if (record !== undefined) found.push(present(record));
  }
  return Promise.resolve(found);
}

/** Says of a value whether a field may have it. */
export type FieldCheck = readonly [isWell: (value: WampValue) => boolean, expected: string];

/** The kinds of fields that there are. */
export const kinds: { readonly [kind in "text" | "textOrNull" | "boolean" | "any"]: FieldCheck } = {
  text: [(value) => typeof value === "string" && isSound(value), "a text"],
  textOrNull: [(value) => value === null || (typeof value === "string" && isSound(value)), "a text or null"],
  boolean: [(value) => typeof value === "boolean", "true or false"],
  any: [() => true, "anything"],
};

/** Texts of people; a record is no place for files. */
const MAX_TEXT = 65_536;

function isSound(value: string): boolean {
  return value.length <= MAX_TEXT && canBeKept(value);
}

/**
 * Checks fields before anything is done with them.
 *
 * @param data The fields.
 * @param known The fields that there are.
 * @throws {ServiceError} When one is unknown or has the wrong kind of value.
 */
export function checkFields(data: Dict, known: { readonly [field: string]: FieldCheck }): void {
  for (const [name, value] of Object.entries(data)) {
    if (!Object.hasOwn(known, name)) {
      throw new ServiceError(
        `Key '${name.slice(0, 100)}' not a valid key. Available keys: ${Object.keys(known).join(", ")}`,
      );
    }
    const [isWell, expected] = known[name]!;
    if (!isWell(value ?? null)) throw new ServiceError(`${name} has to be ${expected}, not ${shown(value)}`);
  }
}

/**
 * Reads the field that names a new record.
 *
 * @param data The fields of the record.
 * @param field The field.
 * @returns The name.
 * @throws {ServiceError} When there is none.
 */
export function nameIn(data: Dict, field: string): string {
  const name = data[field];
  if (typeof name === "string" && name !== "" && isSound(name)) return name;
  throw new ServiceError(`${field} may not be empty or null`);
}

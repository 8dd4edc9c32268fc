import type { Clock, Timer } from "../wire/clock.ts";
import { WampError } from "../wire/errors.ts";
import type { Random } from "../wire/random.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { recordId } from "./record_ids.ts";
import { keyOf, put, remove } from "./store.ts";
import type { Store, StoreOperation } from "./store.ts";
import { canBeKept, damagedRecord } from "./store_text.ts";
import { WarningSchedule } from "./warning_schedule.ts";
import { writeApart } from "./write_apart.ts";

/** One time that a URI was registered: from when, until when (null: until now, or unknown), by whom, from where, by which session. */
export type UriHistoryEntry = readonly [
  connect: number | null,
  disconnect: number | null,
  authid: string | null,
  peer: string | null,
  session: number | null,
];

/** What is known of a URI and what is done with it; times are in seconds since 1970. */
export interface UriRecord {
  /** Its id. */
  readonly uuid: string;
  /** The URI or pattern. */
  readonly uri: string;
  /** What is done with it; `register` is what is kept track of. */
  readonly action: string;
  /** Whether it is registered now. */
  readonly active: boolean;
  /** Whether it belongs to the system itself. */
  readonly system: boolean;
  /** How it matches. */
  readonly match: string;
  /** Which of several callees gets a call. */
  readonly invoke: string | null;
  /** What it is for. */
  readonly description: string | null;
  /** Whom to ask about it. */
  readonly contact: string | null;
  /** When it was last registered, as ISO 8601. */
  readonly create: string | null;
  /** From where it was last registered. */
  readonly peer: string | null;
  /** Who registered it last. */
  readonly authid: string | null;
  /** Which session registered it last. */
  readonly session_id: number | null;
  /** After how many seconds without it there is a warning; null for never. */
  readonly disconnect_warn_after: number | null;
  /** After how many seconds more there is another; null for never. */
  readonly disconnect_warn_reminder_after: number | null;
  /** When there was a warning, if it has not come back since. */
  readonly disconnect_warn_last: number | null;
  /** When it was registered, at most the last hundred times. */
  readonly history: readonly UriHistoryEntry[];
  /** Since when it is not registered. */
  readonly disconnect: number | null;
  /** At how many disconnections within ten minutes there is a warning; null for never. */
  readonly disconnect_count_warn_after: number | null;
  /** After how many seconds more there is another; null for never. */
  readonly disconnect_count_warn_reminder_after: number | null;
  /** When there was a warning of disconnections, if there are not fewer since. */
  readonly disconnect_count_warn_last: number | null;
  /** After how many seconds without it the record is removed; true for never, false for at once, null for as usual. */
  readonly zombie_lifespan: number | boolean | null;
  /** When other warnings hold: lines of cron fields and `field:value`. */
  readonly schedule: string | null;
  /** URI, match and action. */
  readonly key: string;
  /** What it belongs to. */
  readonly owner: string;
}

/** What the records need. */
export interface UriRecordTools {
  /** Where time comes from. */
  readonly clock: Clock;
  /** Where ids come from. */
  readonly random: Random;
  /** Told when a change could not be kept. */
  readonly onError: (error: unknown) => void;
}

const COLLECTION = "uris";
/** Whoever may register any URI could otherwise fill the disk with their records. */
const MAX_RECORDS = 100_000;
/** What comes and goes is kept a little later, many changes at once: nobody was told that it is kept. */
const WRITE_DELAY = 100;
const AT_ONCE = 2000;

const blank: Omit<UriRecord, "uuid" | "uri" | "action" | "match" | "key"> = {
  active: false,
  system: false,
  invoke: null,
  description: "",
  contact: null,
  create: null,
  peer: null,
  authid: null,
  session_id: null,
  disconnect_warn_after: null,
  disconnect_warn_reminder_after: null,
  disconnect_warn_last: null,
  history: [],
  disconnect: null,
  disconnect_count_warn_after: null,
  disconnect_count_warn_reminder_after: null,
  disconnect_count_warn_last: null,
  zombie_lifespan: null,
  schedule: null,
  owner: "%root",
};

/** The names of the fields of a record. */
const uriFields: readonly string[] = ["uuid", "uri", "action", "match", "key", ...Object.keys(blank)];

/** The URIs that are documented or were registered once; all in memory, since registrations ask for them. */
export class UriRecords {
  readonly #store: Store;
  readonly #tools: UriRecordTools;
  readonly #records: Map<string, UriRecord>;
  readonly #changed: Set<string> = new Set();
  readonly #watched: Set<string> = new Set();
  readonly #byId: Map<string, string> = new Map();
  /** Those that may be forgotten for others, since they are gone and nobody has said anything of them. */
  readonly #forgettable: Set<string> = new Set();
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(store: Store, tools: UriRecordTools, records: Map<string, UriRecord>) {
    this.#store = store;
    this.#tools = tools;
    this.#records = records;
    for (const record of records.values()) this.#index(record);
  }

  /**
   * Reads the records.
   *
   * @param store Where they are kept.
   * @param tools What they need.
   * @returns The records.
   * @throws {WampError} `store_damaged` when one of them is not what it has to be.
   */
  static async load(store: Store, tools: UriRecordTools): Promise<UriRecords> {
    const entries = await store.list(COLLECTION);
    const records = entries.map(({ key, value }): [string, UriRecord] => {
      const isWell = ["uuid", "uri", "action", "match"].every((name) => typeof value[name] === "string");
      if (!isWell) throw damagedRecord({ store: store.name, collection: COLLECTION, key }, "it names no URI");
      return [key, { ...blank, ...soundFields(value), key } as unknown as UriRecord];
    });
    return new UriRecords(store, tools, new Map(records));
  }

  /**
   * Names a record.
   *
   * @param uri The URI.
   * @param match How it matches.
   * @param action What is done with it.
   * @returns The key of the record.
   */
  static key(uri: string, match: string, action: string): string {
    return `${uri}_${match}_${action}`;
  }

  /**
   * Finds a record.
   *
   * @param key Its key.
   * @returns The record, or undefined.
   */
  get(key: string): UriRecord | undefined {
    return this.#records.get(key);
  }

  /**
   * Finds a record by its id.
   *
   * @param uuid The id.
   * @returns The record, or undefined.
   */
  byId(uuid: string): UriRecord | undefined {
    return this.#records.get(this.#byId.get(uuid) ?? "");
  }

  /** How many there are. */
  get size(): number {
    return this.#records.size;
  }

  /**
   * Lists the records.
   *
   * @returns All of them, in the order in which they were made.
   */
  all(): UriRecord[] {
    return [...this.#records.values()];
  }

  /**
   * Lists the records of which there may have to be warnings.
   *
   * @returns Those that say after what to warn, or have warned of something that is not over.
   */
  watched(): UriRecord[] {
    return [...this.#watched].map((key) => this.#records.get(key)!);
  }

  /**
   * Changes a record, or makes it when there is none. It is kept soon; {@linkcode flush} waits for that.
   *
   * @param uri The URI.
   * @param match How it matches.
   * @param action What is done with it.
   * @param fields What is to be other than before.
   * @returns The record, or undefined when there are too many to make another, or it could not be kept for what it is called.
   */
  set(uri: string, match: string, action: string, fields: Partial<UriRecord>): UriRecord | undefined {
    const key = UriRecords.key(uri, match, action);
    const known = this.#records.get(key);
    if (known === undefined && !([uri, match, action].every(canBeKept) && this.#hasRoom())) return undefined;
    const before = known ?? { ...blank, uuid: recordId(this.#tools.random), uri, action, match, key };
    const record = { ...before, ...fields };
    this.#records.set(key, record);
    this.#index(record);
    this.#touch(key);
    return record;
  }

  /**
   * Removes a record; it is gone from the store soon.
   *
   * @param key Its key.
   */
  remove(key: string): void {
    const record = this.#records.get(key);
    if (record === undefined) return;
    this.#records.delete(key);
    this.#byId.delete(record.uuid);
    this.#watched.delete(key);
    this.#forgettable.delete(key);
    this.#touch(key);
  }

  /**
   * Keeps what has changed.
   *
   * @returns When it is kept.
   * @throws {WampError} When the store fails; what was to be kept is tried again with the next change. What can never be kept is left out alone.
   */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    return this.#write(Infinity);
  }

  #touch(key: string): void {
    this.#changed.add(key);
    this.#timer ??= this.#tools.clock.timer(WRITE_DELAY, () => void this.#flushSome(), { background: true });
  }

  /** However many services come at once, nobody waits long for their records to be written. */
  async #flushSome(): Promise<void> {
    this.#timer = undefined;
    try {
      await this.#write(AT_ONCE);
      const [left] = this.#changed;
      if (left !== undefined) this.#touch(left);
    } catch (error) {
      this.#tools.onError(error);
    }
  }

  #write(most: number): Promise<void> {
    const write = () => this.#writeAll([...this.#changed].slice(0, most));
    const writing = this.#writing.then(write, write);
    this.#writing = writing.catch(() => {});
    return writing;
  }

  async #writeAll(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#changed.delete(key);
    const operations = keys.map((key) => this.#operation(key));
    const left = await writeApart(this.#store, operations, this.#tools.onError);
    if (left === undefined) return;
    for (const operation of left.operations) this.#changed.add(keyOf(operation));
    throw left.error;
  }

  #operation(key: string): StoreOperation {
    const record = this.#records.get(key);
    return record === undefined ? remove(COLLECTION, key) : put(COLLECTION, key, { ...record });
  }

  /** Makes room by forgetting what is gone and of which nobody has said anything. */
  #hasRoom(): boolean {
    if (this.#records.size < MAX_RECORDS) return true;
    const [longestGone] = this.#forgettable;
    if (longestGone !== undefined) this.remove(longestGone);
    return longestGone !== undefined;
  }

  #index(record: UriRecord): void {
    const { key, uuid, active } = record;
    this.#byId.set(uuid, key);
    if (isWatched(record)) this.#watched.add(key);
    else this.#watched.delete(key);
    if (active || isCaredFor(record)) this.#forgettable.delete(key);
    else this.#forgettable.add(key);
  }
}

/** Whether somebody has said something of a URI: whom to ask, what it is for, when to warn. */
function isCaredFor(record: UriRecord): boolean {
  return Boolean(record.description) || Boolean(record.contact) || isWatched(record) || record.zombie_lifespan === true;
}

function isWatched(record: UriRecord): boolean {
  const { disconnect_warn_after, disconnect_count_warn_after, schedule } = record;
  return Boolean(disconnect_warn_after) || Boolean(disconnect_count_warn_after) || Boolean(schedule) ||
    record.disconnect_warn_last !== null || record.disconnect_count_warn_last !== null;
}

const settable: { readonly [field: string]: (value: WampValue) => boolean } = {
  description: isTextOrNull,
  contact: isTextOrNull,
  schedule: (value) => isTextOrNull(value) && isSchedule(value),
  disconnect_warn_after: isSecondsOrNull,
  disconnect_warn_reminder_after: isSecondsOrNull,
  disconnect_count_warn_after: isSecondsOrNull,
  disconnect_count_warn_reminder_after: isSecondsOrNull,
  zombie_lifespan: (value) => typeof value === "boolean" || isSecondsOrNull(value),
};

const told: { readonly [field: string]: (value: WampValue) => boolean } = {
  invoke: isTextOrNull,
  create: isTextOrNull,
  peer: isTextOrNull,
  authid: isTextOrNull,
  session_id: isNumberOrNull,
  disconnect: isNumberOrNull,
  disconnect_warn_last: isNumberOrNull,
  disconnect_count_warn_last: isNumberOrNull,
  active: (value) => typeof value === "boolean",
  system: (value) => typeof value === "boolean",
};

/**
 * Reads the fields of a record that was not made here, or long ago: each that has the wrong kind of value is left out, and so are entries of its history that
 * are none.
 *
 * @param value The record.
 * @returns Its fields.
 */
export function soundFields(value: Dict): Dict {
  const fields = Object.entries(value).filter(([name, field]) =>
    uriFields.includes(name) && (settable[name] ?? told[name])?.(field ?? null) !== false
  );
  const { history } = value;
  return { ...Object.fromEntries(fields), history: Array.isArray(history) ? history.filter(isHistoryEntry) : [] };
}

/**
 * Finds what is wrong with what somebody says of a URI.
 *
 * @param fields What is said.
 * @returns The name of the first field that nobody can say or that has the wrong kind of value, or undefined when all is well.
 */
export function wrongUriField(fields: Dict): string | undefined {
  return Object.entries(fields).find(([name, value]) =>
    !Object.hasOwn(settable, name) || !settable[name]!(value ?? null)
  )?.[0];
}

/** A text that fits into a record and is no way to fill the disk. */
function isTextOrNull(value: WampValue): boolean {
  return value === null || (typeof value === "string" && value.length <= 65_536 && canBeKept(value));
}

function isSchedule(value: WampValue): boolean {
  try {
    new WarningSchedule(String(value ?? ""));
    return true;
  } catch (error) {
    if (error instanceof WampError) return false;
    throw error;
  }
}

function isHistoryEntry(entry: WampValue): boolean {
  if (!Array.isArray(entry) || entry.length !== 5) return false;
  const [connect, disconnect, authid, peer, session] = entry as WampValue[];
  return [connect, disconnect, session].every((time) => isNumberOrNull(time ?? null)) &&
    [authid, peer].every((text) => isTextOrNull(text ?? null));
}

function isNumberOrNull(value: WampValue): boolean {
  return value === null || (typeof value === "number" && Number.isFinite(value));
}

function isSecondsOrNull(value: WampValue): boolean {
  return value === null || (typeof value === "number" && value >= 0 && Number.isFinite(value));
}

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { WampError } from "../wire/errors.ts";
import type { Dict } from "../wire/values.ts";
import { openSqliteFile } from "./sqlite_file.ts";
import type { SqliteFile } from "./sqlite_file.ts";
import type { Store, StoreEntry, StoreOperation } from "./store.ts";
import { checkKey, endOfPrefix, promised, recordFromText, recordToText } from "./store_text.ts";

/** A store in a file of its own. */
export interface FileStore extends Store {
  /**
   * Writes a copy of the store as it is at this moment, while it goes on being used. The copy is a store, too: to go back to it, put it in the place of
   * the file of a server that has stopped.
   *
   * The event loop waits for it: some two milliseconds per megabyte, measured with files of 30 to 300 MB on a disk that is not busy.
   *
   * @param target The path of the copy, readable by its owner alone; there must be nothing yet, folders that lack are made.
   * @throws {WampError} `invalid_argument` when there is something; `store_damaged` when the copy cannot be written, and then there is none.
   */
  backup(target: string): Promise<void>;
}

/** One table, prepared statements, every call done when it returns: promises only so that other engines fit behind {@linkcode Store}. */
class SqliteStore implements FileStore {
  readonly name: string;
  readonly #file: SqliteFile;
  readonly #get: StatementSync;
  readonly #listFrom: StatementSync;
  readonly #listBetween: StatementSync;
  readonly #count: StatementSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;

  constructor(name: string, file: SqliteFile) {
    const { database } = file;
    const select = "SELECT key, value FROM records WHERE collection = ? AND key >= ?";
    this.name = name;
    this.#file = file;
    this.#get = database.prepare("SELECT value FROM records WHERE collection = ? AND key = ?");
    this.#listFrom = database.prepare(`${select} ORDER BY key`);
    this.#listBetween = database.prepare(`${select} AND key < ? ORDER BY key`);
    this.#count = database.prepare("SELECT count(*) AS number FROM records WHERE collection = ?");
    this.#put = database.prepare(
      "INSERT INTO records (collection, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    );
    this.#remove = database.prepare("DELETE FROM records WHERE collection = ? AND key = ?");
  }

  get(collection: string, key: string): Promise<Dict | undefined> {
    return promised(() => {
      const row = this.#get.get(collection, escapeKey(key));
      return row === undefined ? undefined : this.#record(collection, key, row["value"]);
    });
  }

  list(collection: string, prefix = ""): Promise<StoreEntry[]> {
    return promised(() => {
      const end = endOfPrefix(prefix);
      const from: SQLInputValue[] = [collection, escapeKey(prefix)];
      const rows = end === undefined ? this.#listFrom.all(...from) : this.#listBetween.all(...from, escapeKey(end));
      return rows.map((row) => {
        const key = unescapeKey(row["key"] as string);
        return { key, value: this.#record(collection, key, row["value"]) };
      });
    });
  }

  count(collection: string): Promise<number> {
    return promised(() => Number(this.#count.get(collection)!["number"]));
  }

  write(operations: readonly StoreOperation[]): Promise<void> {
    return promised(() => {
      if (operations.length > 0) this.#writeAll(operations);
    });
  }

  backup(target: string): Promise<void> {
    return promised(() => this.#file.backup(target));
  }

  close(): Promise<void> {
    return promised(() => this.#file.close());
  }

  #record(collection: string, key: string, text: SQLOutputValue | undefined): Dict {
    return recordFromText(String(text), { store: this.name, collection, key });
  }

  #writeAll(operations: readonly StoreOperation[]): void {
    const { database } = this.#file;
    database.exec("BEGIN IMMEDIATE");
    try {
      for (const operation of operations) this.#apply(operation);
      database.exec("COMMIT");
    } catch (error) {
      rollBack(database);
      throw error;
    }
  }

  #apply(operation: StoreOperation): void {
    const { collection } = operation;
    if ("remove" in operation) {
      this.#remove.run(collection, escapeKey(operation.remove));
    } else {
      const { key, value } = operation.put;
      checkKey(collection, key);
      this.#put.run(collection, escapeKey(key), recordToText(value));
    }
  }
}

function rollBack(database: DatabaseSync): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // Some failures, such as a full disk, have rolled back already; Node 22.13 has nothing to ask whether this one did.
  }
}

/** Deno's node:sqlite ends a text at its first U+0000, so that character is written as two others; the order of keys stays. */
function escapeKey(key: string): string {
  return key.replaceAll("\x01", "\x01\x02").replaceAll("\0", "\x01\x01");
}

function unescapeKey(text: string): string {
  return text.replaceAll("\x01\x01", "\0").replaceAll("\x01\x02", "\x01");
}

/**
 * Opens a store in one SQLite file and makes it where there is none.
 *
 * What is made, folders and files, can be read by its owner alone; what is there already keeps its mode.
 *
 * The file belongs to this store until it is closed or its process ends, however that comes: a lock beside it keeps a second server out.
 *
 * @param file The path of the file; folders that lack are made.
 * @returns The store.
 * @throws {WampError} `store_locked` when another process has it open, and which; `invalid_argument` when it is a folder; `store_damaged` when the file is no
 * database, not one of Nexus, damaged or written by a later version, and then it is left as it was.
 */
export function openSqliteStore(file: string): FileStore {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    return new SqliteStore(file, openSqliteFile(file));
  } catch (error) {
    if (error instanceof WampError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new WampError(
      "store_damaged",
      `Cannot open the store ${file}: ${why}. Check that the path is right and may be written`,
      { cause: error },
    );
  }
}

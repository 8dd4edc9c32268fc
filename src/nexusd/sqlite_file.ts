import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { WampError } from "../wire/errors.ts";

/** A database file that is open, and the lock that keeps others out. */
export interface SqliteFile {
  /** The database, with the schema of this version. */
  readonly database: DatabaseSync;

  /**
   * Writes a copy of the database as it is now.
   *
   * @param target The path of the copy; there must be nothing yet.
   * @throws {WampError} `invalid_argument` when there is something, `store_damaged` when it cannot be written.
   */
  backup(target: string): void;

  /** Closes the database, then gives the lock back. */
  close(): void;
}

/** "WAMP" in the header of the file, so that another program's database is not taken for ours. */
const APPLICATION_ID = 0x57414d50;

/** What makes each version of the schema out of the one before; the count of those applied is the file's user_version. */
const migrations: readonly string[] = [
  `CREATE TABLE records (
    collection TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (collection, key)
  ) STRICT, WITHOUT ROWID`,
];

const BUSY = 5;

/**
 * Opens the database file of a store for this process alone. What is not fit to be opened is found out before anything is written.
 *
 * @param file The path.
 * @returns The database and its lock.
 * @throws {WampError} `store_locked`, `store_damaged`; `invalid_argument` when it is a folder.
 */
export function openSqliteFile(file: string): SqliteFile {
  checkIsFile(file);
  return judged(file, () => {
    const lock = takeLock(file);
    try {
      if (!isEmpty(file)) inspect(file);
      const database = openForWriting(file);
      let open = true;
      return {
        database,
        backup: (target) => copyTo(file, database, target),
        close: () => {
          if (!open) return;
          open = false;
          database.close();
          release(file, lock);
        },
      };
    } catch (error) {
      release(file, lock);
      throw error;
    }
  });
}

/** SQLite writes the copy of one moment; it gets its name when it is complete and on the disk. */
function copyTo(file: string, database: DatabaseSync, target: string): void {
  if (existsSync(target)) {
    throw new WampError(
      "invalid_argument",
      `Cannot back the store ${file} up to ${target}: there is a file already; choose another name`,
    );
  }
  const part = `${target}.part`;
  let begun = false;
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    rmSync(part, { force: true });
    makePrivate(part);
    begun = true;
    database.exec(`VACUUM INTO '${part.replaceAll("'", "''")}'`);
    const handle = openSync(part, "r+");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(part, target);
  } catch (error) {
    if (begun) rmSync(part, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    throw new WampError("store_damaged", `Cannot back the store ${file} up to ${target}: ${why}`, { cause: error });
  }
}

/**
 * The lock is SQLite's own, on an empty database beside the file: the system gives it back when the process ends, `kill -9` included, and taking it touches
 * nothing of the store.
 */
function takeLock(file: string): DatabaseSync {
  makePrivate(`${file}-lock`);
  const lock = new DatabaseSync(`${file}-lock`);
  try {
    lock.exec("BEGIN EXCLUSIVE");
    writeHolder(file);
    return lock;
  } catch (error) {
    lock.close();
    if (!(error instanceof Error) || !isBusy(error)) throw error;
    throw new WampError(
      "store_locked",
      `Cannot open the store ${file}: ${holder(file)} has it open. Stop that one, or use another data directory`,
      { cause: error },
    );
  }
}

function release(file: string, lock: DatabaseSync): void {
  rmSync(`${file}-holder`, { force: true });
  lock.close();
}

/** Says who has the lock. What a killed server leaves is overwritten by the next; it alone locks nobody out. */
function writeHolder(file: string): void {
  const since = new Date().toISOString();
  const text = JSON.stringify({ pid: process.pid, host: hostname(), since });
  rmSync(`${file}-holder`, { force: true });
  writeFileSync(`${file}-holder`, text, { mode: 0o600 });
}

/** Who has the lock, in words; the file may be missing or half written at this moment. */
function holder(file: string): string {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(`${file}-holder`, "utf8")) as { [field: string]: unknown };
    return `the process ${String(pid)} on ${String(host)} (since ${String(since)})`;
  } catch {
    return "another server";
  }
}

/** Makes a file that its owner alone can read, where there is none; what SQLite puts beside it gets the same mode. */
function makePrivate(file: string): void {
  closeSync(openSync(file, "a", 0o600));
}

/** SQLite would call it an error of the disk, and its lock would be left beside it. */
function checkIsFile(file: string): void {
  if (!existsSync(file) || !statSync(file).isDirectory()) return;
  throw new WampError(
    "invalid_argument",
    `Cannot open the store ${file}: it is a folder; give the name of a file in it`,
  );
}

function isEmpty(file: string): boolean {
  return !existsSync(file) || statSync(file).size === 0;
}

/** Opening for writing may already change a file (a WAL is applied, a journal rolled back), so this looks at it as a reader. */
function inspect(file: string): void {
  // After a crash while the schema was made, only a writer can read the file.
  if (existsSync(`${file}-journal`)) return;
  const leftBehind = [`${file}-wal`, `${file}-shm`].filter((side) => !existsSync(side));
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    checkOrigin(file, database);
    const verdict = String(database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"]);
    if (verdict !== "ok") throw damaged(file, verdict);
  } finally {
    database.close();
    for (const side of leftBehind) rmSync(side, { force: true });
  }
}

function checkOrigin(file: string, database: DatabaseSync): void {
  if (pragma(database, "application_id") !== APPLICATION_ID) {
    throw new WampError(
      "store_damaged",
      `Cannot open the store ${file}: it is a database of another program. Use another file`,
    );
  }
  const version = pragma(database, "user_version");
  if (version > migrations.length) {
    throw new WampError(
      "store_damaged",
      `Cannot open the store ${file}: a later version wrote it (schema ${version}, this one knows ${migrations.length}). ` +
        "Use that version, or another file",
    );
  }
}

function openForWriting(file: string): DatabaseSync {
  makePrivate(file);
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    const version = pragma(database, "user_version");
    if (version > 0) checkOrigin(file, database);
    if (version < migrations.length) migrate(database, version);
    database.exec("PRAGMA journal_mode = WAL");
    // In a WAL, NORMAL loses nothing when the process is killed, for what was committed is with the system. FULL would hold up the event loop for the
    // disk at each write, and all that it adds are the last commits before a power cut; the file stays whole with both.
    database.exec("PRAGMA synchronous = NORMAL");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function migrate(database: DatabaseSync, version: number): void {
  database.exec("BEGIN IMMEDIATE");
  for (const migration of migrations.slice(version)) database.exec(migration);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  database.exec(`PRAGMA user_version = ${migrations.length}`);
  database.exec("COMMIT");
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** Runs what may fail in SQLite and says what that means for the file. */
function judged<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_SQLITE_ERROR") throw error;
    if (isBusy(error)) {
      throw new WampError(
        "store_locked",
        `Cannot open the store ${file}: another server has it open. Stop that one, or use another data directory`,
        { cause: error },
      );
    }
    throw damaged(file, error.message, error);
  }
}

/** Deno's errors do not always have the number. */
function isBusy(error: Error): boolean {
  return "errcode" in error && error.errcode !== undefined
    ? (Number(error.errcode) & 0xff) === BUSY
    : error.message.includes("database is locked");
}

function damaged(file: string, why: string, cause?: unknown): WampError {
  return new WampError(
    "store_damaged",
    `Cannot open the store ${file}: ${why}. It was left as it is: restore a backup, or use another file`,
    { cause },
  );
}

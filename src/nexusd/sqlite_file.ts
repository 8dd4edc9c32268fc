import { closeSync, existsSync, openSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { WampError } from "../wire/errors.ts";

/** A database file that is open, and the lock that keeps others out. */
export interface SqliteFile {
  /** The database, with the schema of this version. */
  readonly database: DatabaseSync;

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
 * @throws {WampError} `store_locked`, `store_damaged`.
 */
export function openSqliteFile(file: string): SqliteFile {
  return judged(file, () => {
    const lock = takeLock(file);
    try {
      if (!isEmpty(file)) inspect(file);
      const database = openForWriting(file);
      let open = true;
      return {
        database,
        close: () => {
          if (!open) return;
          open = false;
          database.close();
          lock.close();
        },
      };
    } catch (error) {
      lock.close();
      throw error;
    }
  });
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
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Makes a file that its owner alone can read, where there is none; what SQLite puts beside it gets the same mode. */
function makePrivate(file: string): void {
  closeSync(openSync(file, "a", 0o600));
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

import { closeSync, existsSync, openSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { codeOf } from "../lib/error-code.ts";
import { makeFolder } from "../lib/make-folder.ts";
import { migrations } from "./migrations.ts";

export type Db = Database.Database;

export const databaseFile = (dir: string): string => join(dir, "turnpike.db");

/** Opens the data folder's database for writing, making or upgrading it. Throws one sentence a person can act on. */
export const openDatabase = (dir: string, steps: readonly string[] = migrations): Db => {
  makeDataFolder(dir);
  const file = databaseFile(dir);
  if (isNew(file)) refuseOrphans(dir);
  return explain(file, () => {
    if (isNew(file)) makeForOwner(file);
    const db = new Database(file);
    try {
      // Refuse before the first write: a damaged file or one of a newer version must stay as it is.
      refuseNewer(db, steps.length, file);
      db.pragma("journal_mode = WAL");
      db.pragma("synchronous = FULL");
      db.pragma("wal_autocheckpoint = 4000");
      db.pragma("journal_size_limit = 67108864");
      db.pragma("cache_size = -32768");
      db.pragma("temp_store = MEMORY");
      db.pragma("secure_delete = ON"); // what is erased or sealed must not stay readable in free pages
      migrate(db, steps);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
};

/** A folder that was there before, such as a mounted one, may be open to everybody on the machine. */
const makeForOwner = (file: string): void => {
  try {
    closeSync(openSync(file, "a", 0o600)); // SQLite gives the files beside it the same mode
  } catch {} // SQLite meets the same hindrance, which has its sentence
};

const isNew = (file: string): boolean => !isThere(file) || statSync(file).size === 0;

/** Sealed events are what is left where the database is lost: a new one would take them for what a crash leaves. */
const refuseOrphans = (dir: string): void => {
  const events = join(dir, "events");
  const names = existsSync(events) ? readdirSync(events, { recursive: true, encoding: "utf8" }) : [];
  if (!names.some((name) => name.endsWith(".parquet"))) return;
  throw new Error(
    `store: ${events} holds sealed events, and the turnpike.db that goes with them is gone: put it back from a backup, or move events/ away to begin anew; nothing was changed`,
  );
};

/**
 * Throws one sentence where the database has not all tables of this version yet: an earlier program wrote it, and none of
 * this version has opened it for writing since.
 */
export const refuseOlder = (dir: string): void => {
  const db = openDatabaseReadOnly(dir);
  try {
    const found = schemaVersion(db);
    if (found === migrations.length) return;
    throw new Error(
      `store: ${databaseFile(dir)} was written by an earlier Turnpike (schema ${found}, this one has ${migrations.length}): start this version on it, or run \`turnpike verify\` while no gateway runs, which brings it up to date; nothing was changed`,
    );
  } finally {
    db.close();
  }
};

/** Opens it for reading only; the gateway may be writing meanwhile. */
export const openDatabaseReadOnly = (dir: string): Db => {
  const file = databaseFile(dir);
  return explain(file, () => {
    const db = new Database(file, { readonly: true, fileMustExist: true });
    refuseNewer(db, migrations.length, file);
    return db;
  });
};

/**
 * Whether anything was ever stored there. A gateway that is about to make its first database has none yet. What cannot be
 * read counts: opening it says why.
 */
export const hasData = (dir: string): boolean => {
  if (!isThere(databaseFile(dir))) return false;
  try {
    const db = new Database(databaseFile(dir), { readonly: true, fileMustExist: true });
    try {
      return schemaVersion(db) > 0;
    } finally {
      db.close();
    }
  } catch {
    return true;
  }
};

/** Throws one sentence where this user may not know: most such folders are a service's, which no other may enter. */
const isThere = (file: string): boolean => {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    if (codeOf(cause) !== "EACCES") return false;
    throw new Error(
      `store: ${file} is in a folder that this user may not enter: run this as the user of the gateway, or name another folder with --data`,
      { cause },
    );
  }
};

/**
 * Each step in a transaction of its own, so that a crash leaves a whole version behind. A new file gets all in one:
 * commands that come meanwhile see nothing, or everything.
 */
const migrate = (db: Db, steps: readonly string[]): void => {
  const all = (): void => {
    for (let version = schemaVersion(db); version < steps.length; version++) {
      db.transaction(() => {
        db.exec(steps[version] ?? "");
        db.pragma(`user_version = ${version + 1}`);
      })();
    }
  };
  if (schemaVersion(db) === 0) db.transaction(all)();
  else all();
};

const schemaVersion = (db: Db): number => Number(db.pragma("user_version", { simple: true }));

const refuseNewer = (db: Db, known: number, file: string): void => {
  const found = schemaVersion(db);
  if (found > known) {
    throw new Error(
      `store: ${file} was written by a newer Turnpike (schema ${found}, this one knows ${known}): start that version; nothing was changed`,
    );
  }
};

const makeDataFolder = (dir: string): void => {
  try {
    makeFolder(dir, 0o700);
  } catch (cause) {
    throw new Error(
      `store: the data folder ${dir} cannot be made (${codeOf(cause)}): choose another with --data`,
      {
        cause,
      },
    );
  }
};

const explain = <T>(file: string, open: () => T): T => {
  try {
    return open();
  } catch (cause) {
    const sentence = sentences[codeOf(cause)];
    if (!sentence) throw cause;
    throw new Error(`store: ${file} ${sentence}`, { cause });
  }
};

const sentences: Readonly<Record<string, string>> = {
  SQLITE_NOTADB:
    "is damaged or not a database: put a backup in its place or move it away; nothing was changed",
  SQLITE_CORRUPT: "is damaged: put a backup in its place or move it away; nothing was changed",
  SQLITE_CANTOPEN:
    "cannot be opened: check that the folder exists and that this user may write to it, or choose another with --data",
  SQLITE_READONLY: "cannot be written by this user: change its owner, or choose another folder with --data",
  SQLITE_READONLY_DIRECTORY:
    "lies in a folder that this user cannot write to: change its owner, or choose another with --data",
  SQLITE_FULL: "cannot be written, the disk is full: make room and start again",
};

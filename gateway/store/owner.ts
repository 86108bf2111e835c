/**
 * One process owns a data folder: it holds a lock on `owner.db` for life, which the kernel gives back when it
 * dies, however it dies. `owner.json` beside it says who that is.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { codeOf } from "../lib/error-code.ts";
import { makeFolder } from "../lib/make-folder.ts";

export interface Owner {
  readonly pid: number;
  /** HOST:PORT of its admin listener; empty until it listens */
  readonly admin: string;
}

export interface Ownership {
  /** Says where the admin listener is, for commands that must go through the owner. */
  announce(admin: string): void;
  release(): void;
}

/** Takes the folder, or throws a sentence that names the process which has it. */
export const holdOwnership = (dir: string): Ownership => {
  const lock = lockFolder(dir);
  if (!lock) throw new Error(taken(dir));
  const info = join(dir, "owner.json");
  const write = (admin: string) =>
    writeFileSync(info, JSON.stringify({ pid: process.pid, admin } satisfies Owner), { mode: 0o600 });
  try {
    write("");
  } catch (cause) {
    lock.close();
    throw unwritable(dir, cause);
  }
  return {
    announce: write,
    release: () => {
      rmSync(info, { force: true });
      lock.close();
    },
  };
};

/** Who owns the folder now, or null when nobody does. */
export const readOwner = (dir: string): Owner | null => {
  if (!existsSync(join(dir, "owner.db"))) return null; // asking makes no folder
  const lock = lockFolder(dir);
  if (lock) {
    lock.close();
    return null;
  }
  return readInfo(dir);
};

const lockFolder = (dir: string): Database.Database | null => {
  try {
    makeFolder(dir, 0o700);
    const db = new Database(join(dir, "owner.db"), { timeout: 0 });
    try {
      db.exec("BEGIN EXCLUSIVE");
      return db;
    } catch (error) {
      db.close();
      if (codeOf(error).startsWith("SQLITE_BUSY")) return null;
      throw error;
    }
  } catch (cause) {
    throw unwritable(dir, cause);
  }
};

const unwritable = (dir: string, cause: unknown): Error =>
  new Error(
    `store: the data folder ${dir} cannot be written (${codeOf(cause)}): make it writable for this user, or choose another with --data`,
    { cause },
  );

const readInfo = (dir: string): Owner => {
  try {
    const { pid, admin } = JSON.parse(readFileSync(join(dir, "owner.json"), "utf8")) as Owner; // our own file
    return { pid: Number(pid), admin: String(admin) };
  } catch {
    return { pid: 0, admin: "" }; // it has just started or is stopping: the lock alone is certain
  }
};

const taken = (dir: string): string => {
  const { pid } = readInfo(dir);
  const who = pid ? `pid ${pid}` : "its process is just starting";
  return `store: the data folder ${dir} is in use by another Turnpike (${who}): stop it, or start with --data OTHER`;
};

/**
 * One process owns a data folder: it holds a lock on `owner.db` for life, which the kernel gives back when it
 * dies, however it dies. `owner.json` beside it says who that is.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { codeOf } from "../lib/error-code.ts";
import { isRunning } from "../lib/is-running.ts";
import { makeFolder } from "../lib/make-folder.ts";
import { writeSoon } from "../lib/write-whole.ts";

export interface Owner {
  /** 0 where it has not said yet who it is */
  readonly pid: number;
  /** HOST:PORT of its admin listener; empty until it listens */
  readonly admin: string;
}

export interface Ownership {
  /** Says where the admin listener is, for commands that must go through the owner. */
  announce(admin: string): void;
  release(): void;
}

/** The folder is this process's, or somebody else's. */
export type Found =
  | { readonly kind: "ours"; readonly ownership: Ownership }
  | { readonly kind: "theirs"; readonly owner: Owner };

/** Whoever starts, stops, or is a command that writes, seldom has the folder for longer. */
const patienceMs = 10_000;
const lookEveryMs = 50;

/**
 * Takes the folder, or answers whose it is. Who has it only for a moment is waited for: a gateway that starts or stops, a
 * command, or somebody who just looks whose it is.
 */
export const takeOrFind = async (dir: string, waitMs = patienceMs): Promise<Found> => {
  for (const until = performance.now() + waitMs; ; await sleep(lookEveryMs)) {
    const ownership = tryToOwn(dir);
    if (ownership) return { kind: "ours", ownership };
    const owner = readInfo(dir);
    if (serves(owner) || performance.now() >= until) return { kind: "theirs", owner: ofTheLiving(owner) };
  }
};

/** Takes the folder, waiting likewise; rejects with a sentence that names the process which has it. */
export const takeOwnership = async (dir: string, waitMs?: number): Promise<Ownership> => {
  const found = await takeOrFind(dir, waitMs);
  if (found.kind === "ours") return found.ownership;
  throw new Error(taken(dir, found.owner));
};

/** The same for a gateway's start, which waits for a command at work as long as that takes, and says so once. */
export const takeOwnershipAfterCommands = async (
  dir: string,
  warn: (sentence: string) => void,
  waitMs?: number,
): Promise<Ownership> => {
  for (let told = false; ; told = true) {
    const found = await takeOrFind(dir, waitMs);
    if (found.kind === "ours") return found.ownership;
    const { owner } = found;
    if (!isAtWork(owner)) throw new Error(taken(dir, owner));
    if (!told)
      warn(
        `store: a command has the data folder ${dir} (pid ${owner.pid}): the start goes on when that ends`,
      );
  }
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

/** `readOwner`, which waits until a gateway that has just started says where it can be asked. */
export const findOwner = async (dir: string, waitMs = patienceMs): Promise<Owner | null> => {
  for (const until = performance.now() + waitMs; ; await sleep(lookEveryMs)) {
    const owner = readOwner(dir);
    if (!owner || serves(owner)) return owner;
    if (performance.now() >= until) return ofTheLiving(owner);
  }
};

const tryToOwn = (dir: string): Ownership | null => {
  const lock = lockFolder(dir);
  if (!lock) return null;
  const info = join(dir, "owner.json");
  // Whoever asks meanwhile reads the one before or this one, and never half of it.
  const write = (admin: string) =>
    writeSoon(info, JSON.stringify({ pid: process.pid, admin } satisfies Owner), 0o600);
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

const unwritable = (dir: string, cause: unknown): Error => {
  const code = codeOf(cause);
  const advice = /^(SQLITE_FULL|ENOSPC)$/.test(code)
    ? "the disk is full: make room on it"
    : "make it writable for this user";
  return new Error(
    `store: the data folder ${dir} cannot be written (${code}): ${advice}, or choose another with --data`,
    { cause },
  );
};

const readInfo = (dir: string): Owner => {
  try {
    const { pid, admin } = JSON.parse(readFileSync(join(dir, "owner.json"), "utf8")) as Owner; // our own file
    return { pid: Number(pid), admin: String(admin) };
  } catch {
    return { pid: 0, admin: "" }; // it has just started or is stopping: the lock alone is certain
  }
};

/** It has come up and lives: what a killed gateway has left says who had the folder, not who has it. */
const serves = ({ pid, admin }: Owner): boolean => admin !== "" && isRunning(pid);

/** It has the folder and says nowhere that it serves: a command, or a gateway that takes long to start. */
const isAtWork = ({ pid, admin }: Owner): boolean => pid !== 0 && admin === "";

/** Who has the folder now has not said so yet. */
const ofTheLiving = (owner: Owner): Owner => (isRunning(owner.pid) ? owner : { pid: 0, admin: "" });

const taken = (dir: string, { pid }: Owner): string => {
  const who = pid ? `pid ${pid}` : "its process is just starting";
  return `store: the data folder ${dir} is in use by another Turnpike (${who}): stop it, or start with --data OTHER`;
};

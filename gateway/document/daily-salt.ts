/**
 * The salt of the day, by which visitors of cookieless sites are told apart without anything in their browsers. It lies
 * in the data folder, so that a restart and other processes go on with it, and is gone once the day (UTC) is over:
 * from then on nobody can say whose an id was, nor join two days of one visitor.
 */
import { createHmac, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../lib/clock.ts";
import { makeFolder } from "../lib/make-folder.ts";
import { writeFirst } from "../lib/write-whole.ts";

export interface DailySalt {
  /** The salt of the day of a time, in ms since 1970. */
  at(ms: number): Buffer;
  close(): void;
}

const dayMs = 86_400_000;
const lookEveryMs = 600_000;

/**
 * Salts below `dir`. Days that are not the clock's, which only a replay asks for, have one made of the secret: whoever
 * replays holds the addresses themselves.
 */
export const createDailySalt = (dir: string, secret: Buffer, clock: Clock): DailySalt => {
  const folder = join(dir, "salts");
  let current: { readonly day: number; readonly salt: Buffer } | null = null;
  const today = (): Buffer => {
    const day = Math.floor(clock() / dayMs);
    if (current?.day !== day) {
      forgetBefore(folder, day);
      current = { day, salt: takeSalt(folder, day) };
    }
    return current.salt;
  };
  // Also where nobody comes after midnight.
  const look = setInterval(() => forgetBefore(folder, Math.floor(clock() / dayMs)), lookEveryMs).unref();
  today();
  return {
    at(ms) {
      const salt = today();
      const day = Math.floor(ms / dayMs);
      return day === current?.day ? salt : createHmac("sha256", secret).update(`salt ${day}`).digest();
    },
    close: () => clearInterval(look),
  };
};

/** Of several processes that want the day's first salt, one makes it: the file appears whole, under its name, or not. */
const takeSalt = (folder: string, day: number): Buffer => {
  const salt = randomBytes(32);
  const file = join(folder, String(day));
  try {
    makeFolder(folder, 0o700);
    writeFirst(file, salt, 0o600);
    const kept = readFileSync(file);
    return kept.length === salt.length ? kept : salt;
  } catch {
    return salt; // the disk takes nothing: then it lives in this process alone
  }
};

const forgetBefore = (folder: string, day: number): void => {
  for (const name of namesIn(folder)) {
    if (Number.parseInt(name, 10) < day) rmSync(join(folder, name), { force: true });
  }
};

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return []; // none has been made yet
  }
};

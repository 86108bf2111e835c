/** Of several processes that write one file, one at a time moves it on. */
import type { Stats } from "node:fs";
import { link, open, rm, stat } from "node:fs/promises";
import { codeOf } from "../lib/error-code.ts";

/** A lock that is older is that of a process which died. */
const livesMs = 10_000;

/** Takes the lock and gives what lets go of it; null where another has it, whose lock is taken away if he died. */
export const lockRotation = async (lock: string): Promise<(() => Promise<void>) | null> => {
  const held = await open(lock, "wx").catch(() => null);
  if (held) {
    return async () => {
      await held.close();
      await rm(lock, { force: true });
    };
  }
  const found = await stat(lock).catch(() => null);
  if (found && Date.now() - found.mtimeMs > livesMs) await takeAway(lock, found);
  return null;
};

/**
 * Takes away the lock that was found dead, and no other: of all who found it, one alone gives it a second name, and only
 * while it is there. Whoever was slow would take away the lock of who came next, and two would move the files at once.
 */
export const takeAway = async (lock: string, { ino, mtimeMs }: Stats): Promise<void> => {
  const second = `${lock}.${ino}-${mtimeMs}`;
  try {
    await link(lock, second);
  } catch (error) {
    if (codeOf(error) === "EEXIST") await removeLeft(second);
    else await rm(lock, { force: true }); // a file system without second names
    return;
  }
  const named = await stat(second);
  if (named.ino === ino && named.mtimeMs === mtimeMs) await rm(lock, { force: true });
  await rm(second, { force: true });
};

/** Who gave it died, too: the next try gives it again. */
const removeLeft = async (second: string): Promise<void> => {
  const left = await stat(second).catch(() => null);
  if (left && Date.now() - left.ctimeMs > livesMs) await rm(second, { force: true });
};

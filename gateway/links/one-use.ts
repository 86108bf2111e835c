/**
 * What may be used once, in the data folder: a file appears under a name or is there already, whoever asks, so that
 * several processes and a restart agree. What is over is removed.
 */
import { closeSync, openSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../lib/clock.ts";
import { makeFolder } from "../lib/make-folder.ts";

export interface OneUse {
  /** True the first time a name is asked for within its life; false again, and where the disk takes nothing. */
  take(name: string): boolean;
}

/** Names are words of letters, digits, `_` and `-`; nothing is kept for longer than twice `lifeMs`. */
export const createOneUse = (dir: string, lifeMs: number, clock: Clock): OneUse => {
  let tidiedAt = 0;
  return {
    take(name) {
      const now = clock();
      try {
        makeFolder(dir, 0o700);
        if (now - tidiedAt > lifeMs) {
          tidiedAt = now;
          removeOlder(dir, now - lifeMs);
        }
        closeSync(openSync(join(dir, name), "wx", 0o600));
        return true;
      } catch {
        return false; // used, or nobody could say later that it was
      }
    },
  };
};

const removeOlder = (dir: string, before: number): void => {
  for (const name of readdirSync(dir)) {
    const file = join(dir, name);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found && found.mtimeMs < before) rmSync(file, { force: true });
  }
};

import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** Nobody who lives takes as long to write a file. */
const finishedMs = 60_000;

/** What `write-whole.ts` writes beside a file, and the second name of one that was just made. */
const beside = /\.[0-9a-f]{12}\.(?:new|first)$/;

/**
 * Removes what processes that were killed in the middle of writing have left in a folder: files of such names that are
 * older than any write takes. Those that cannot be removed stay.
 */
export const removeUnfinished = (folder: string, names = beside, now = Date.now()): void => {
  for (const name of namesIn(folder)) {
    if (!names.test(name)) continue;
    const file = join(folder, name);
    try {
      if (statSync(file).mtimeMs < now - finishedMs) rmSync(file, { force: true });
    } catch {
      // it has gone by itself, or is not ours
    }
  }
};

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return []; // there is none yet
  }
};

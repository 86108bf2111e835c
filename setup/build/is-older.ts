import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Whether anything under `sources` changed after `stamp` was written, or the stamp is missing; false without sources. */
export const isOlder = async (stamp: string, sources: readonly string[]): Promise<boolean> => {
  const newest = Math.max(...(await Promise.all(sources.map(newestChange))));
  if (newest === 0) return false;
  return newest > (await modified(stamp));
};

// A folder counts as well: it changes when a file in it is removed.
const newestChange = async (path: string): Promise<number> => {
  const own = await modified(path);
  if (own === 0) return 0;
  const entries = await readdir(path).catch(() => []); // a file has none
  return Math.max(own, ...(await Promise.all(entries.map((name) => newestChange(join(path, name))))));
};

const modified = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return 0; // not there
  }
};

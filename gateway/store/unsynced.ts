import type { Db } from "./database.ts";

/**
 * Runs transactions whose commits do not wait for the disk, because events wait behind them. A power cut may take the newest,
 * never what an earlier, synced commit brought to the disk; whatever is committed later brings what was written before it
 * onto the disk as well.
 */
export const unsynced = <T>(db: Db, work: () => T): T => {
  const before = Number(db.pragma("synchronous", { simple: true }));
  db.pragma("synchronous = NORMAL");
  try {
    return work();
  } finally {
    db.pragma(`synchronous = ${before}`);
  }
};

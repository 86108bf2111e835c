import { codeOf } from "../lib/error-code.ts";

/** The disk or the file is at fault, not what was to be written: nothing of it was kept, and it may work later. */
export const isDiskTrouble = (error: unknown): boolean =>
  /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|BUSY|LOCKED|CORRUPT|NOTADB|NOMEM)/.test(codeOf(error));

/** Null where the disk has no room for it, and nothing of it was kept. */
export const unlessFull = <T>(work: () => T): T | null => {
  try {
    return work();
  } catch (error) {
    if (codeOf(error) === "SQLITE_FULL") return null;
    throw error;
  }
};

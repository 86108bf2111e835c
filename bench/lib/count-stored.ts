import { statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";

export interface Counted {
  /** rows of the journal, and the different ids in them */
  readonly events: number;
  readonly ids: number;
  readonly visitors: number;
  readonly sessions: number;
  /** events that the sessions count */
  readonly inSessions: number;
  readonly bodyBytes: number;
  readonly fileBytes: number;
}

/** Counts what is in a data folder, without writing to it; the gateway may be running. */
export const countStored = (dir: string): Counted => {
  const file = join(dir, "turnpike.db");
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    const counts = db.prepare(sql).get() as Omit<Counted, "fileBytes">; // the columns of the statement
    return { ...counts, fileBytes: statSync(file).size };
  } finally {
    db.close();
  }
};

const sql = `
  SELECT count(*) AS events, count(DISTINCT body ->> 0) AS ids, sum(length(CAST(body AS BLOB))) AS bodyBytes,
    (SELECT count(*) FROM visitors) AS visitors,
    (SELECT count(*) FROM sessions) AS sessions,
    (SELECT ifnull(sum(events), 0) FROM sessions) AS inSessions
  FROM journal`;

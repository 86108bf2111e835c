/** Keeps the numbers of the live page what the store holds, where events or sessions are taken out of it. */
import { mainCounterOf } from "../count-event.ts";
import type { Db } from "../database.ts";
import { eventOf } from "../stored-event.ts";
import { showEvent } from "./erasures.ts";
import { readErasures, readState } from "./manifest.ts";

/** What is stored, counted at one moment. */
export interface CountResult {
  /** how far the files reached */
  readonly watermark: number;
  /** counted are the events up to here */
  readonly upTo: number;
  readonly counts: readonly SiteCount[];
}

export interface SiteCount {
  readonly site: string;
  readonly counter: string;
  readonly n: number;
}

/**
 * Sets the numbers of events to what was counted and what the journal has got since. False where the files reach further
 * by now: then the count is of another moment.
 */
export const setEventCounts = (db: Db, { watermark, upTo, counts }: CountResult): boolean => {
  if (readState(db).watermark !== watermark) return false;
  db.prepare("UPDATE counters SET n = 0 WHERE counter IN ('events', 'bots', 'documents', 'requests')").run();
  const add = db.prepare(
    "INSERT INTO counters (site, counter, n) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
  );
  for (const { site, counter, n } of [...counts, ...countJournal(db, upTo).counts]) add.run(site, counter, n);
  // Whoever was marked meanwhile is counted once his events have gone.
  db.prepare("UPDATE sealing SET miscounted = EXISTS (SELECT 1 FROM erasures)").run();
  return true;
};

/** Events are taken out: until they are counted anew, also by another process, the numbers are too large. */
export const markMiscounted = (db: Db): void => void db.prepare("UPDATE sealing SET miscounted = 1").run();

/** What the journal holds above a place, as far as it was followed: what comes later is counted when it is. */
export const countJournal = (
  db: Db,
  after: number,
): { readonly upTo: number; readonly counts: readonly SiteCount[] } => {
  const followed = Number(
    db.prepare("SELECT seq FROM offsets WHERE projection = 'index'").pluck().get() ?? after,
  );
  const erasures = readErasures(db);
  const rows = db.prepare("SELECT seq, body FROM journal WHERE seq > ? AND seq <= ?");
  const counts = new Map<string, SiteCount>();
  for (const { seq, body } of rows.iterate(after, followed) as Iterable<{ seq: number; body: string }>) {
    const event = eventOf(body);
    const counter = showEvent(erasures, seq, event) && mainCounterOf(event);
    if (!counter) continue;
    const site = event.property_id;
    const key = `${site} ${counter}`;
    counts.set(key, { site, counter, n: (counts.get(key)?.n ?? 0) + 1 });
  }
  return { upTo: Math.max(after, followed), counts: [...counts.values()] };
};

/** Deletes the sessions for which `isGone` holds, with their part in the numbers; answers how many. */
export const deleteSessions = (
  db: Db,
  isGone: (table: string) => string,
  given: Readonly<Record<string, unknown>>,
): number => {
  const isPeople = "NOT EXISTS (SELECT 1 FROM visitors v WHERE v.no = s.person AND v.bot = 1)";
  const gone = db
    .prepare(
      `SELECT site, sum(sessions) AS sessions, sum(NOT stays) AS visitors FROM (
         SELECT s.site, s.person, count(*) AS sessions,
           EXISTS (SELECT 1 FROM sessions r WHERE r.person = s.person AND NOT (${isGone("r")})) AS stays
         FROM sessions s WHERE ${isGone("s")} AND ${isPeople} GROUP BY s.site, s.person) GROUP BY site`,
    )
    .all(given) as { site: string; sessions: number; visitors: number }[];
  const subtract = db.prepare("UPDATE counters SET n = n - ? WHERE site = ? AND counter = ?");
  for (const { site, sessions, visitors } of gone) {
    subtract.run(sessions, site, "sessions");
    subtract.run(visitors, site, "visitors");
  }
  return db.prepare(`DELETE FROM sessions AS s WHERE ${isGone("s")}`).run(given).changes;
};

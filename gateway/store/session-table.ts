import { createCache } from "../lib/cache.ts";
import type { SessionTable } from "../model/projection.ts";
import type { Session, SplitCause } from "../model/session.ts";
import type { Db } from "./database.ts";
import type { PersonEvents } from "./person-events.ts";
import type { History } from "./segments/history.ts";
import { eventOf } from "./stored-event.ts";

export interface SessionRow {
  session_id: string;
  started_at: number;
  ended_at: number;
  last_sequence: number;
  last_id: string;
  events: number;
  page_views: number;
  entry_page: string | null;
  exit_page: string | null;
  source: string | null;
  medium: string | null;
  campaign: string | null;
  last_campaign: string | null;
  last_user_id: string | null;
  referrer: string | null;
  split_cause: SplitCause | null;
}

/** Sessions in SQLite. The latest session of the people seen last is kept in memory as well. */
export const createSessionTable = (
  db: Db,
  history: Pick<History, "events">,
  personEvents: Pick<PersonEvents, "flush">,
): SessionTable & { forget(): void } => {
  const latest = createCache<number, Session>(50_000);
  // `+?` keeps SQLite's planner from looking at the value: with STAT4 and ORDER BY it plans such a statement anew
  // whenever another value is bound, which takes ten times as long as running it.
  const last = db.prepare(
    "SELECT * FROM sessions WHERE person = +? ORDER BY started_at DESC, ended_at DESC, last_sequence DESC, last_id DESC LIMIT 1",
  );
  const list = db.prepare(
    "SELECT * FROM sessions WHERE person = +? ORDER BY started_at, ended_at, last_sequence, last_id",
  );
  const put = db.prepare(`
    INSERT INTO sessions (person, started_at, session_id, ended_at, last_sequence, last_id, events, page_views,
      entry_page, exit_page, source, medium, campaign, last_campaign, last_user_id, referrer, split_cause, site)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET ended_at = excluded.ended_at, last_sequence = excluded.last_sequence,
      last_id = excluded.last_id, events = excluded.events, page_views = excluded.page_views,
      entry_page = excluded.entry_page, exit_page = excluded.exit_page, campaign = excluded.campaign,
      last_campaign = excluded.last_campaign, last_user_id = excluded.last_user_id,
      split_cause = excluded.split_cause`);
  // What every further event changes; an upsert of the whole row takes longer, and so does each column.
  const extend = db.prepare(`
    UPDATE sessions SET ended_at = ?, last_sequence = ?, last_id = ?, events = ?, page_views = ?, exit_page = ?
    WHERE person = ? AND started_at = ? AND session_id = ?`);
  const remove = db.prepare("DELETE FROM sessions WHERE person = ? AND started_at = ? AND session_id = ?");
  const events = db
    .prepare(
      `SELECT body FROM person_events JOIN journal USING (seq) WHERE person = +? AND timestamp >= +?
       ORDER BY timestamp`,
    )
    .pluck();

  const write = (person: number, site: string, s: Session): void => {
    put.run(
      person,
      s.startedAt,
      s.id,
      s.endedAt,
      s.lastSequence,
      s.lastId,
      s.events,
      s.pageViews,
      s.entryPage,
      s.exitPage,
      s.source,
      s.medium,
      s.campaign,
      s.lastCampaign,
      s.lastUserId,
      s.referrer,
      s.splitCause,
      site,
    );
  };

  const lengthen = (person: number, s: Session): void => {
    extend.run(
      s.endedAt,
      s.lastSequence,
      s.lastId,
      s.events,
      s.pageViews,
      s.exitPage,
      person,
      s.startedAt,
      s.id,
    );
  };

  return {
    last(person) {
      const known = latest.get(person);
      if (known) return known;
      const row = last.get(person) as SessionRow | undefined;
      return row ? toSession(row) : null;
    },
    list: (person) => (list.all(person) as SessionRow[]).map(toSession),
    put(person, site, session) {
      const known = latest.get(person);
      if (known && isLonger(known, session)) lengthen(person, session);
      else write(person, site, session);
      latest.set(person, session);
    },
    replace(person, site, gone, come) {
      for (const session of gone) remove.run(person, session.startedAt, session.id);
      for (const session of come) write(person, site, session);
      latest.delete(person);
    },
    *events(person, fromAt) {
      personEvents.flush();
      // In order of time; events of the same millisecond are put in order by whoever reads them.
      const sealed = history.events(person, fromAt);
      if (sealed.length > 0) {
        const kept = (events.all(person, fromAt) as string[]).map(eventOf);
        yield* [...sealed, ...kept].sort((a, b) => a.timestamp_utc - b.timestamp_utc);
        return;
      }
      for (const body of events.iterate(person, fromAt)) yield eventOf(body as string);
    },
    forget: () => latest.clear(),
  };
};

/** The same session, and nothing has changed that is not part of every further event. */
const isLonger = (known: Session, now: Session): boolean =>
  known.id === now.id &&
  known.entryPage === now.entryPage &&
  known.campaign === now.campaign &&
  known.lastCampaign === now.lastCampaign &&
  known.lastUserId === now.lastUserId;

export const toSession = (row: SessionRow): Session => ({
  id: row.session_id,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  lastSequence: row.last_sequence,
  lastId: row.last_id,
  events: row.events,
  pageViews: row.page_views,
  entryPage: row.entry_page,
  exitPage: row.exit_page,
  source: row.source,
  medium: row.medium,
  campaign: row.campaign,
  lastCampaign: row.last_campaign,
  lastUserId: row.last_user_id,
  referrer: row.referrer,
  splitCause: row.split_cause,
});

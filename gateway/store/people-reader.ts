/** What is known of the people behind events, for those who read: their sessions, where they came from, who sent them. */
import { createCache } from "../lib/cache.ts";
import type { Event } from "../model/event.ts";
import type { Referral } from "../model/projection.ts";
import type { Session } from "../model/session.ts";
import type { Db } from "./database.ts";
import { visitorIdOf } from "./owner-id.ts";
import { createSealedSpans, type Span } from "./sealed-spans.ts";
import { type SessionRow, toSession } from "./session-table.ts";
import { eventOf } from "./stored-event.ts";

export interface PeopleReader {
  /** the visitor and person behind an event; null where it has none, or is not followed yet */
  who(event: Event): Who | null;
  /** the person's session at this moment; several where it was cut within the moment */
  sessionsAt(person: number, at: number): readonly Session[];
  /** for each span the person's events in it, in any order */
  events(spans: readonly Span[]): readonly (readonly Event[])[];
  touches(person: number, at: number): Touches;
  /** all ids under which the site knows a person: his visitors' and his users' */
  idsOf(person: number): readonly string[];
  /** who sent the person, earliest first */
  referrals(person: number): readonly Referral[];
  /** the person whom a site knows by this id: a visitor's or a user's */
  personOf(site: number, id: string): number | null;
  /** what became of a visitor's claim to be this user; null where none was read */
  claim(visitor: number, site: number, userId: string): "joined" | "surplus" | "undone" | null;
  /** sessions in order of when they began, those after this place */
  sessionsAfter(place: SessionPlace, limit: number): readonly SessionOfPerson[];
}

export interface Who {
  readonly visitor: number;
  readonly person: number;
  readonly site: number;
}

export interface Touches {
  readonly first: Touch | null;
  /** the last at a moment that did not come straight */
  readonly last: Touch | null;
}

export interface Touch {
  readonly at: number;
  readonly source: string | null;
  readonly medium: string | null;
  readonly campaign: string | null;
}

export interface SessionPlace {
  readonly startedAt: number;
  readonly id: string;
}

export interface SessionOfPerson extends SessionPlace {
  readonly person: number;
  readonly site: string;
  readonly siteNo: number;
  readonly bot: boolean;
  readonly session: Session;
}

/** Sessions that are cut within one millisecond: each has another user or campaign. */
const sameMomentSessions = 100;

export const createPeopleReader = (db: Db): PeopleReader => {
  const sealed = createSealedSpans(db);
  const found = createCache<string, Who>(20_000);
  const who = db.prepare(
    `SELECT v.no AS visitor, ifnull(v.joined_to, v.no) AS person, v.site FROM visitors v JOIN sites s ON s.no = v.site
     WHERE s.id = +? AND v.client_id = +? AND v.bot = +?`,
  );
  const before = db.prepare(
    `SELECT * FROM sessions WHERE person = +? AND started_at <= +?
     ORDER BY started_at DESC, ended_at DESC, last_sequence DESC, last_id DESC LIMIT +?`,
  );
  const latest = createCache<number, Session>(20_000);
  const sessionsBefore = (person: number, at: number, limit: number): readonly Session[] =>
    (before.all(person, at, limit) as SessionRow[]).map(toSession).filter((session) => session.endedAt >= at);
  const events = db
    .prepare(
      "SELECT body FROM person_events JOIN journal USING (seq) WHERE person = +? AND timestamp >= +? AND timestamp <= +?",
    )
    .pluck();
  /** As of one moment: what leaves the journal while files are read is in none of both. */
  const eventsIn = db.transaction((spans: readonly Span[]) => ({
    place: sealed.place(),
    rows: spans.map(({ person, fromAt, toAt }) => events.all(person, fromAt, toAt) as string[]),
  }));
  const touch = "started_at AS at, source, medium, campaign FROM sessions WHERE person = +?";
  const first = db.prepare(`SELECT ${touch} ORDER BY started_at, ended_at, last_sequence, last_id LIMIT 1`);
  const last = db.prepare(
    `SELECT ${touch} AND started_at <= +? AND source IS NOT NULL AND source <> 'direct'
     ORDER BY started_at DESC, ended_at DESC, last_sequence DESC, last_id DESC LIMIT 1`,
  );
  const members = "(SELECT no FROM visitors WHERE no = +:person OR joined_to = +:person)";
  const ids = db
    .prepare(
      `SELECT client_id FROM visitors WHERE no IN ${members}
       UNION SELECT i.id FROM identity_links l JOIN identities i ON i.no = l.identity
       WHERE l.visitor IN ${members} AND l.applied = 1 AND i.kind = 'user'`,
    )
    .pluck();
  const referrals = db.prepare(
    `SELECT at, id, ref, rcode, aff FROM referrals WHERE visitor IN ${members} ORDER BY at, id`,
  );
  const byId = db
    .prepare(
      `SELECT ifnull(joined_to, no) FROM visitors WHERE site = +:site AND client_id = +:id AND bot = 0
       UNION ALL SELECT ifnull(v.joined_to, v.no) FROM identities i JOIN identity_links l ON l.identity = i.no
       JOIN visitors v ON v.no = l.visitor WHERE i.site = +:site AND i.kind = 'user' AND i.id = +:id AND l.applied = 1
       LIMIT 1`,
    )
    .pluck();
  const claim = db.prepare(
    `SELECT applied, undone FROM identities i LEFT JOIN identity_links l ON l.identity = i.no AND l.visitor = +?
     WHERE i.site = +? AND i.kind = 'user' AND i.id = +?`,
  );
  const after = db.prepare(
    `SELECT s.*, v.bot, v.site AS site_no FROM sessions s JOIN visitors v ON v.no = s.person
     WHERE (s.started_at, s.session_id) > (?, ?) ORDER BY s.started_at, s.session_id LIMIT ?`,
  );

  return {
    who(event) {
      const clientId = visitorIdOf(event);
      if (!clientId) return null;
      const bot = event.bot ? 1 : 0;
      const key = `${bot}${event.property_id} ${clientId}`;
      const known = found.get(key);
      if (known) return known;
      const row = who.get(event.property_id, clientId, bot) as Who | undefined;
      if (row) found.set(key, row);
      return row ?? null;
    },
    sessionsAt(person, at) {
      // Mostly one event after the other is asked for, of the same session.
      const known = latest.get(person);
      if (known && at > known.startedAt && at < known.endedAt) return [known];
      const found = sessionsBefore(person, at, 2);
      if (found.length > 1) return sessionsBefore(person, at, sameMomentSessions);
      if (found[0]) latest.set(person, found[0]);
      return found;
    },
    events(spans) {
      const { place, rows } = eventsIn(spans);
      const old = sealed.events(spans, place);
      return rows.map((bodies, i) => [...(old[i] ?? []), ...bodies.map(eventOf)]);
    },
    touches: (person, at) => ({
      first: (first.get(person) as Touch | undefined) ?? null,
      last: (last.get(person, at) as Touch | undefined) ?? null,
    }),
    idsOf: (person) => ids.all({ person }) as string[],
    referrals: (person) => referrals.all({ person }) as Referral[],
    personOf: (site, id) => (byId.get({ site, id }) as number | undefined) ?? null,
    claim(visitor, site, userId) {
      const row = claim.get(visitor, site, userId) as
        | { applied: number | null; undone: number | null }
        | undefined;
      if (!row) return null;
      if (row.undone === 1) return "undone";
      return row.applied === 1 ? "joined" : "surplus";
    },
    sessionsAfter: ({ startedAt, id }, limit) =>
      (after.all(startedAt, id, limit) as PersonRow[]).map((row) => ({
        person: row.person,
        startedAt: row.started_at,
        id: row.session_id,
        site: row.site,
        siteNo: row.site_no,
        bot: row.bot === 1,
        session: toSession(row),
      })),
  };
};

interface PersonRow extends SessionRow {
  readonly person: number;
  readonly site: string;
  readonly site_no: number;
  readonly bot: number;
}

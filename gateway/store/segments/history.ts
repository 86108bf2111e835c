/** A person's events whose journal rows have gone: projections ask for them when something very old comes late. */
import { dirname } from "node:path";
import { createCache } from "../../lib/cache.ts";
import type { Event } from "../../model/event.ts";
import type { Stored } from "../../model/event-store.ts";
import type { Db } from "../database.ts";
import type { Match } from "./read-job.ts";
import { findSealed } from "./sealed-reader.ts";

export interface History {
  /** The person's events with fromAt ≤ event time < toAt that the journal no longer has; mostly none, at no cost. */
  events(person: number, fromAt: number, toAt?: number, upToSeq?: number): readonly Event[];
}

interface Visitor {
  readonly site: string;
  readonly id: string;
  readonly bot: number;
}

/** Begins the id of a user whose visitors are unknown: there the rest of it is the user's id. */
const ownerMark = "\u001f";

/** Reading takes a child process and its time: who was asked for is often asked for again at once. */
const peopleKept = 100;
const eventsKept = 5000;

export const createHistory = (db: Db): History => {
  const state = db.prepare("SELECT dropped, dropped_until AS until, removed FROM sealing");
  const members = db.prepare(
    `SELECT sites.id AS site, client_id AS id, bot FROM visitors JOIN sites ON sites.no = visitors.site
     WHERE visitors.no = :person OR visitors.joined_to = :person ORDER BY visitors.no`,
  );
  const dir = dirname(db.name);
  const kept = createCache<string, readonly Stored[]>(peopleKept);

  const read = (visitors: readonly Visitor[], { dropped, removed }: State): readonly Stored[] => {
    const key = JSON.stringify([dropped, removed, visitors]);
    const known = kept.get(key);
    if (known) return known;
    const found = [...findSealed(dir, dropped, matchOf(visitors))].filter(
      ({ event }) => event.type !== "log" && (event.bot ? 1 : 0) === visitors[0]?.bot,
    );
    if (found.length <= eventsKept) kept.set(key, found);
    return found;
  };

  return {
    events(person, fromAt, toAt = Number.MAX_SAFE_INTEGER, upToSeq = Number.MAX_SAFE_INTEGER) {
      const now = state.get() as State;
      if (now.dropped === 0 || fromAt > now.until) return [];
      const visitors = members.all({ person }) as Visitor[];
      if (visitors.length === 0) return [];
      return read(visitors, now)
        .filter(({ seq }) => seq <= upToSeq)
        .map(({ event }) => event)
        .filter(({ timestamp_utc }) => timestamp_utc >= fromAt && timestamp_utc < toAt);
    },
  };
};

interface State {
  readonly dropped: number;
  readonly until: number;
  readonly removed: number;
}

const matchOf = (visitors: readonly Visitor[]): Match => {
  const ids = visitors.map(({ id }) => id);
  return {
    ...(visitors[0] && { site: visitors[0].site }),
    clientIds: ids.filter((id) => !id.startsWith(ownerMark)),
    userIds: ids.filter((id) => id.startsWith(ownerMark)).map((id) => id.slice(ownerMark.length)),
  };
};

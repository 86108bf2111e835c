/**
 * A person's events whose journal rows have gone: projections ask for them when something very old comes late, or when
 * visitors are joined. They lie in files, which a child process reads, and projections do not wait: so an attempt to
 * follow is made with what is in memory, and whom it lacks is read before the next one, while events are taken.
 */
import { dirname } from "node:path";
import { createCache } from "../../lib/cache.ts";
import type { Event } from "../../model/event.ts";
import type { Stored } from "../../model/event-store.ts";
import type { Db } from "../database.ts";
import { belongsTo, matchOf, readHistory, type Visitor, type Wanted } from "./read-history.ts";
import { findSealed } from "./sealed-reader.ts";

export interface History {
  /** The person's events with fromAt ≤ event time < toAt that the journal no longer has; mostly none, at no cost. */
  events(person: number, fromAt: number, toAt?: number, upToSeq?: number): readonly Event[];
  /**
   * Does work that waits for no file, and answers whose past it lacked. Where it lacked any, all that it did must be
   * taken back: `isComplete` tells it to.
   */
  attempt(work: () => void): readonly Wanted[];
  isComplete(): boolean;
  /** Reads what an attempt lacked, for the next one. Answers whether that fits into memory: else try less at a time. */
  fetch(wanted: readonly Wanted[], signal: AbortSignal): Promise<boolean>;
  /** Somebody was erased. */
  forget(): void;
}

/** Who was asked for is often asked for again at once. */
const peopleKept = 100;
const eventsKept = 5000;
/** Events of several people that are read for one attempt. */
const mostFetched = 50_000;

export const createHistory = (db: Db): History => {
  const state = db.prepare("SELECT dropped, dropped_until AS until, removed FROM sealing");
  const members = db.prepare(
    `SELECT sites.id AS site, client_id AS id, bot FROM visitors JOIN sites ON sites.no = visitors.site
     WHERE visitors.no = :person OR visitors.joined_to = :person ORDER BY visitors.no`,
  );
  const dir = dirname(db.name);
  const kept = createCache<string, readonly Stored[]>(peopleKept);
  /** read for the attempt that is next; an error where it could not be */
  const fetched = new Map<string, readonly Stored[] | Error>();
  /** whose past the attempt that runs lacks; null while files are waited for */
  let lacking: Map<string, Wanted> | null = null;

  const find = ({ key, dropped, visitors }: Wanted): readonly Stored[] => {
    const known = fetched.get(key) ?? kept.get(key);
    if (known instanceof Error) throw known;
    if (known) return known;
    if (lacking) {
      lacking.set(key, { key, dropped, visitors });
      return [];
    }
    const found = [...findSealed(dir, dropped, matchOf(visitors))].filter(({ event }) =>
      belongsTo(visitors, event),
    );
    if (found.length <= eventsKept) kept.set(key, found);
    return found;
  };

  return {
    events(person, fromAt, toAt = Number.MAX_SAFE_INTEGER, upToSeq = Number.MAX_SAFE_INTEGER) {
      const { dropped, until, removed } = state.get() as State;
      if (dropped === 0 || fromAt > until) return [];
      const visitors = members.all({ person }) as Visitor[];
      if (visitors.length === 0) return [];
      return find({ key: JSON.stringify([dropped, removed, visitors]), dropped, visitors })
        .filter(({ seq }) => seq <= upToSeq)
        .map(({ event }) => event)
        .filter(({ timestamp_utc }) => timestamp_utc >= fromAt && timestamp_utc < toAt);
    },
    attempt(work) {
      const lacked = new Map<string, Wanted>();
      lacking = lacked;
      try {
        work();
      } catch (error) {
        if (lacked.size === 0) throw error; // else it worked with half of what it needs
      } finally {
        lacking = null;
      }
      if (lacked.size === 0) fetched.clear();
      return [...lacked.values()];
    },
    isComplete: () => lacking === null || lacking.size === 0,
    async fetch(wanted, signal) {
      const most = wanted.length === 1 ? Number.MAX_SAFE_INTEGER : mostFetched;
      try {
        const found = await readHistory(dir, wanted, most, signal);
        if (found === null) {
          fetched.clear();
          return false;
        }
        for (const [key, events] of found) {
          fetched.set(key, events);
          if (events.length <= eventsKept) kept.set(key, events);
        }
      } catch (error) {
        // Whoever asks is told, event by event: one file that cannot be read must not hold everybody up.
        const failure = error instanceof Error ? error : new Error(String(error));
        for (const { key } of wanted) fetched.set(key, failure);
      }
      return true;
    },
    forget() {
      kept.clear();
      fetched.clear();
    },
  };
};

interface State {
  readonly dropped: number;
  readonly until: number;
  readonly removed: number;
}

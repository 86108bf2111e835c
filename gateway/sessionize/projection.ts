import type { Event } from "../model/event.ts";
import type { Applied, CounterTable, Projection, SessionTable } from "../model/projection.ts";
import type { Session, SessionEvent } from "../model/session.ts";
import type { SessionRules } from "../model/site.ts";
import { mergeLate } from "./merge-late.ts";
import { countsForSessions, toSessionEvent } from "./session-event.ts";
import { extendSession, sortsAfter, splitCause, startSession } from "./split-sessions.ts";

/**
 * Keeps the table of sessions. An event that comes in order extends the person's latest session in memory, written
 * once a batch; late ones are gathered, and the person is recomputed around them at the end of the batch.
 */
export const createSessionProjection = (
  tables: { readonly sessions: SessionTable; readonly counters: CounterTable },
  rulesOf: (site: string) => SessionRules,
): Projection => {
  const { sessions, counters } = tables;
  const touched = new Map<number, Touched>();

  const apply = ({ event, person }: Applied) => {
    if (person === null || !countsForSessions(event)) return;
    const next = toSessionEvent(event);
    const known = touched.get(person) ?? open(person, event);
    if (known.late.length > 0 || (known.latest && !sortsAfter(known.latest, next))) {
      known.late.push(next.at);
      return;
    }
    const rules = rulesOf(known.site);
    const longer = known.latest && extendSession(known.latest, next, rules);
    if (longer) {
      known.latest = longer;
      return;
    }
    if (known.latest) sessions.put(person, known.site, known.latest);
    count(known, 1, known.latest === null ? 1 : 0);
    known.latest = startSession(next, known.latest && splitCause(known.latest, next, rules));
  };

  const open = (person: number, event: Event): Touched => {
    const entry: Touched = {
      site: event.property_id,
      people: !event.bot,
      latest: sessions.last(person),
      late: [],
    };
    touched.set(person, entry);
    return entry;
  };

  const count = (known: Touched, newSessions: number, newVisitors: number) => {
    if (!known.people) return;
    if (newSessions !== 0) counters.add(known.site, "sessions", newSessions);
    if (newVisitors !== 0) counters.add(known.site, "visitors", newVisitors);
  };

  const mergeAll = (person: number, known: Touched) => {
    let settledBefore = Number.NEGATIVE_INFINITY;
    for (const at of known.late.sort((a, b) => a - b)) {
      if (at < settledBefore) continue;
      const load = (from: number) => readEvents(sessions.events(person, from));
      const change = mergeLate(sessions.list(person), load, at, rulesOf(known.site));
      sessions.replace(person, known.site, change.remove, change.insert);
      count(known, change.insert.length - change.remove.length, 0);
      settledBefore = change.settledBefore;
    }
  };

  return {
    id: "sessions",
    apply,
    flush() {
      for (const [person, known] of touched) {
        if (known.latest) sessions.put(person, known.site, known.latest);
        if (known.late.length > 0) mergeAll(person, known);
      }
      touched.clear();
    },
    forget: () => touched.clear(),
  };
};

interface Touched {
  readonly site: string;
  readonly people: boolean;
  latest: Session | null;
  /** times of events that came after later ones */
  readonly late: number[];
}

function* readEvents(events: Iterable<Event>): Generator<SessionEvent> {
  for (const event of events) if (countsForSessions(event)) yield toSessionEvent(event);
}

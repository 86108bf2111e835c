import type { Event } from "../model/event.ts";
import type { Applied, CounterTable, Projection, Regrouped, SessionTable } from "../model/projection.ts";
import type { Session, SessionEvent } from "../model/session.ts";
import type { SessionRules } from "../model/site.ts";
import { mergeLate } from "./merge-late.ts";
import { resplit } from "./resplit.ts";
import { countsForSessions, toSessionEvent } from "./session-event.ts";
import { extendSession, sortsAfter, splitCause, startSession } from "./split-sessions.ts";

/**
 * Keeps the table of sessions. An event that comes in order extends the person's latest session in memory, written
 * once a batch; late ones are gathered, and the person is recomputed around them at the end of the batch. So are people
 * whose events have changed hands.
 */
export const createSessionProjection = (
  tables: { readonly sessions: SessionTable; readonly counters: CounterTable },
  rulesOf: (site: string) => SessionRules,
): Projection => {
  const { sessions, counters } = tables;
  const touched = new Map<number, Touched>();
  /** people to be cut anew: from which event time on */
  const regrouped = new Map<number, { since: number; site: string }>();

  const apply = ({ event, person }: Applied) => {
    if (person === null || !countsForSessions(event)) return;
    const anew = regrouped.get(person);
    if (anew) {
      anew.since = Math.min(anew.since, event.timestamp_utc);
      return;
    }
    const next = toSessionEvent(event);
    const known = touched.get(person) ?? open(person, event);
    if (known.late.length > 0 || (known.latest && !sortsAfter(known.latest, next))) {
      known.late.push(next.at);
      return;
    }
    const rules = known.rules;
    const longer = known.latest && extendSession(known.latest, next, rules);
    if (longer) {
      known.latest = longer;
      return;
    }
    if (known.latest) sessions.put(person, known.site, known.latest);
    count(known.site, known.people, 1, known.latest === null ? 1 : 0);
    known.latest = startSession(next, known.latest && splitCause(known.latest, next, rules));
  };

  const open = (person: number, event: Event): Touched => {
    const entry: Touched = {
      site: event.property_id,
      rules: rulesOf(event.property_id),
      people: !event.bot,
      latest: sessions.last(person),
      late: [],
    };
    touched.set(person, entry);
    return entry;
  };

  const count = (site: string, people: boolean, newSessions: number, newVisitors: number) => {
    if (!people) return;
    if (newSessions !== 0) counters.add(site, "sessions", newSessions);
    if (newVisitors !== 0) counters.add(site, "visitors", newVisitors);
  };

  const loadOf = (person: number) => (from: number) => readEvents(sessions.events(person, from));

  const mergeAll = (person: number, known: Touched) => {
    let settledBefore = Number.NEGATIVE_INFINITY;
    for (const at of known.late.sort((a, b) => a - b)) {
      if (at < settledBefore) continue;
      const change = mergeLate(sessions.list(person), loadOf(person), at, known.rules);
      sessions.replace(person, known.site, change.remove, change.insert);
      count(known.site, known.people, change.insert.length - change.remove.length, 0);
      settledBefore = change.settledBefore;
    }
  };

  const write = (person: number, known: Touched) => {
    if (known.latest) sessions.put(person, known.site, known.latest);
    if (known.late.length > 0) mergeAll(person, known);
  };

  const cutAnew = (person: number, site: string, since: number) => {
    const before = sessions.list(person);
    const { remove, insert } = resplit(before, loadOf(person), since, rulesOf(site));
    sessions.replace(person, site, remove, insert);
    const has = before.length - remove.length + insert.length > 0;
    count(site, true, insert.length - remove.length, has ? 1 : 0);
  };

  const settle = (people: readonly number[]) => {
    for (const person of people) {
      const known = touched.get(person);
      if (known) write(person, known);
      touched.delete(person);
    }
  };

  /** Sessions go with the events; who has them from now on is cut anew at the end of the batch. */
  const regroup = ({ from, to, since, site }: Regrouped) => {
    let earliest = since;
    for (const person of new Set([...from, ...to])) {
      const waiting = regrouped.get(person);
      if (waiting) earliest = Math.min(earliest, waiting.since);
      // How many people they are is known when they are cut.
      else if (sessions.last(person) !== null) count(site, true, 0, -1);
      regrouped.delete(person);
    }
    const [heir] = to;
    for (const person of from) {
      if (heir === undefined || person === heir) continue;
      const moved = sessions.list(person);
      sessions.replace(person, site, moved, []);
      sessions.replace(heir, site, [], moved);
    }
    for (const person of to) regrouped.set(person, { since: earliest, site });
  };

  return {
    id: "sessions",
    apply,
    settle,
    regroup,
    flush() {
      for (const [person, known] of touched) write(person, known);
      touched.clear();
      for (const [person, { site, since }] of regrouped) cutAnew(person, site, since);
      regrouped.clear();
    },
    forget() {
      touched.clear();
      regrouped.clear();
    },
  };
};

interface Touched {
  readonly site: string;
  readonly rules: SessionRules;
  readonly people: boolean;
  latest: Session | null;
  /** times of events that came after later ones */
  readonly late: number[];
}

function* readEvents(events: Iterable<Event>): Generator<SessionEvent> {
  for (const event of events) if (countsForSessions(event)) yield toSessionEvent(event);
}

import type { Session, SessionEvent, SplitCause } from "../model/session.ts";
import type { SessionRules } from "../model/site.ts";
import { inOrder } from "./in-order.ts";
import { extendSession, splitCause, startSession } from "./split-sessions.ts";

/** What a late event changes: delete `remove`, then write `insert`. Both ascend; an id may be in both. */
export interface SessionChange {
  /** event time from which the person was recomputed */
  readonly removeFrom: number;
  readonly remove: readonly Session[];
  readonly insert: readonly Session[];
  /** late events from `removeFrom` to before this time are counted now, and need no call of their own */
  readonly settledBefore: number;
}

/**
 * The event time from which a person must be recomputed for an event at `at`: the start of the session
 * the event falls in, or that ends within the idle window before it; else `at` itself.
 * `sessions` are the person's, ascending.
 */
export const affectedFrom = (sessions: readonly Session[], at: number, rules: SessionRules): number =>
  findAffected(sessions, at, rules).from;

/**
 * Recomputes a person's sessions around a late event at `at`. `sessions` are all the person's,
 * ascending. `loadEvents(from)` yields the person's events from that time on, in order of time, the late
 * one included; it is read only until the new sessions meet the old ones again. Of several late events
 * each gets its own call: that others are loaded before their turn does no harm, and a call for an event
 * that is counted already changes nothing.
 */
export const mergeLate = (
  sessions: readonly Session[],
  loadEvents: (fromAt: number) => Iterable<SessionEvent>,
  at: number,
  rules: SessionRules,
): SessionChange => {
  const { first, from } = findAffected(sessions, at, rules);
  const meetings = new Map(sessions.map((session, index) => [session.id, index]));
  const insert: Session[] = [];
  let removeStart = first;
  let current = sessions[first - 1] ?? null;
  for (const event of inOrder(loadEvents(from))) {
    const longer: Session | null = current && extendSession(current, event, rules);
    if (longer) {
      // Before anything new has started, this extends the session ahead of the affected ones: an event
      // loaded before its turn, at the very millisecond, can do that.
      if (insert.length === 0) removeStart = first - 1;
      insert.splice(-1, 1, longer);
      current = longer;
      continue;
    }
    const cause = current && splitCause(current, event, rules);
    const meet = event.at > at ? meetings.get(event.id) : undefined;
    if (meet !== undefined) {
      const before = { removeFrom: from, settledBefore: event.at };
      return { ...before, ...resync(sessions, removeStart, meet, insert, cause) };
    }
    current = startSession(event, cause);
    insert.push(current);
  }
  const remove = sessions.slice(removeStart);
  return { removeFrom: from, remove, insert, settledBefore: Number.POSITIVE_INFINITY };
};

// From where a new session starts with the same event as an old one, all is as before, because a session
// is a pure function of its own events. Only the reason why that one starts may have changed.
const resync = (
  sessions: readonly Session[],
  removeStart: number,
  meet: number,
  insert: readonly Session[],
  cause: SplitCause | null,
): Pick<SessionChange, "remove" | "insert"> => {
  const met = sessions[meet];
  if (!met || met.splitCause === cause) return { remove: sessions.slice(removeStart, meet), insert };
  const relabelled = { ...met, splitCause: cause };
  return { remove: sessions.slice(removeStart, meet + 1), insert: [...insert, relabelled] };
};

const findAffected = (
  sessions: readonly Session[],
  at: number,
  rules: SessionRules,
): { readonly first: number; readonly from: number } => {
  // Strictly before: at the very start of a session the event may still sort ahead of its first one.
  let first = sessions.findLastIndex((session) => session.startedAt < at);
  let session = sessions[first];
  if (!session || at - session.endedAt > rules.idleMinutes * 60_000) return { first: first + 1, from: at };
  // Sessions that were cut within one millisecond are recomputed together: time alone cannot part them.
  let before = sessions[first - 1];
  while (before && before.endedAt >= session.startedAt) {
    session = before;
    first--;
    before = sessions[first - 1];
  }
  return { first, from: session.startedAt };
};

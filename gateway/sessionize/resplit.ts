import type { Session, SessionEvent } from "../model/session.ts";
import type { SessionRules } from "../model/site.ts";
import { inOrder } from "./in-order.ts";
import { affectedFrom } from "./merge-late.ts";
import { extendSession, splitCause, startSession } from "./split-sessions.ts";

/** Sessions that go, and those that come in their place. */
export interface Resplit {
  readonly remove: readonly Session[];
  readonly insert: readonly Session[];
}

/**
 * Cuts a person's events anew from the interval on that an event at `at` would touch, whatever sessions lie after it: for
 * a person whose events have come from, or gone to, another. `sessions` are the person's, ascending.
 */
export const resplit = (
  sessions: readonly Session[],
  loadEvents: (fromAt: number) => Iterable<SessionEvent>,
  at: number,
  rules: SessionRules,
): Resplit => {
  // Until then all is one person's; what overlaps comes after it.
  const before = sessions.filter((session) => session.startedAt < at);
  const from = affectedFrom(before, at, rules);
  let first = before.findIndex((session) => session.startedAt >= from);
  if (first < 0) first = before.length;
  let current = before[first - 1] ?? null;
  const insert: Session[] = [];
  for (const event of inOrder(loadEvents(from))) {
    const longer: Session | null = current && extendSession(current, event, rules);
    if (longer) {
      // An event of the very millisecond may belong to the session ahead of the affected ones.
      if (insert.length === 0) first--;
      insert.splice(-1, 1, longer);
      current = longer;
      continue;
    }
    current = startSession(event, current && splitCause(current, event, rules));
    insert.push(current);
  }
  return { remove: sessions.slice(first), insert };
};

/** With `--dev`: says in one line when a session is over, which no event does. */
import { visitorTail } from "./commands/event-line.ts";
import { createCache } from "./lib/cache.ts";
import type { Clock } from "./lib/clock.ts";
import { countOf } from "./lib/count-of.ts";
import { printable } from "./lib/printable.ts";
import type { Event } from "./model/event.ts";

/** What is told of a session. */
export interface SessionFacts {
  readonly id: string;
  /** ms since 1970 */
  readonly lastAt: number;
  readonly events: number;
  readonly pageViews: number;
  readonly seconds: number;
  readonly source: string;
  readonly medium: string;
}

export interface EndedSessionsOptions {
  /** the gap that ends a session of the site, ms */
  readonly idleMs: (site: string) => number;
  /** the session that the event belongs to, as it is now; null where it is in none */
  readonly sessionOf: (event: Event) => SessionFacts | null;
  readonly print: (line: string) => void;
  readonly clock: Clock;
}

export interface EndedSessions {
  /** an event has just been stored */
  stored(event: Event): void;
  /** Prints the sessions that have ended since the last look. */
  look(): void;
}

const mostVisitors = 10_000;

/** Sessions follow the journal a moment later. */
const patienceMs = 500;

export const createEndedSessions = (options: EndedSessionsOptions): EndedSessions => {
  const { idleMs, sessionOf, print, clock } = options;
  const waiting = new Map<string, { readonly event: Event; readonly storedAt: number }>();
  const told = createCache<string, true>(mostVisitors);
  const tell = (event: Event): void => {
    const session = sessionOf(event);
    if (session === null || told.get(session.id)) return;
    // Another visitor of the same person may have gone on.
    if (session.lastAt + idleMs(event.property_id) > clock()) return;
    told.set(session.id, true);
    print(sessionLine(event, session));
  };
  return {
    stored(event) {
      if (!event.client_id) return;
      const key = `${event.property_id} ${event.client_id}`;
      waiting.delete(key);
      if (waiting.size < mostVisitors) waiting.set(key, { event, storedAt: clock() });
    },
    look() {
      const now = clock();
      for (const [key, { event, storedAt }] of waiting) {
        if (now < storedAt + idleMs(event.property_id) + patienceMs) continue;
        waiting.delete(key);
        tell(event);
      }
    },
  };
};

const sessionLine = (event: Event, session: SessionFacts): string =>
  printable(
    [
      new Date(session.lastAt).toISOString().slice(11, 23),
      "session over",
      `${countOf(session.events, "event")}, ${countOf(session.pageViews, "page view")}, ${session.seconds} s`,
      visitorTail(event) ?? "-",
      `${session.source} / ${session.medium}`,
    ].join("  "),
  );

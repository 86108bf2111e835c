import { eventLine } from "./commands/event-line.ts";
import { createSessionJoin } from "./commands/session-join.ts";
import type { Config } from "./config/schema.ts";
import { createEndedSessions, type EndedSessions, type SessionFacts } from "./ended-sessions.ts";
import { systemClock } from "./lib/clock.ts";
import type { Event } from "./model/event.ts";
import { sessionColumns } from "./sessionize/columns.ts";
import type { PeopleReader } from "./store/people-reader.ts";

/** What `--dev` prints: a line for every event that is stored, and one for every session that is over. */
export interface DevOutput {
  stored(event: Event): void;
  /** Looks for sessions that are over, from now on; ended by what it answers. */
  follow(people: PeopleReader, config: () => Config): () => void;
}

const lookEveryMs = 1000;

export const createDevOutput = (write: (text: string) => void): DevOutput => {
  const print = (line: string): void => write(`${line}\n`);
  let sessions: EndedSessions | null = null;
  return {
    stored(event) {
      print(eventLine(event));
      sessions?.stored(event);
    },
    follow(people, config) {
      const own = createEndedSessions({
        idleMs: (id) => idleMinutesOf(config(), id) * 60_000,
        sessionOf: (event) => sessionOf(event, people),
        print,
        clock: systemClock,
      });
      sessions = own;
      const timer = setInterval(() => own.look(), lookEveryMs).unref();
      return () => clearInterval(timer);
    },
  };
};

const idleMinutesOf = ({ sites }: Config, id: string): number =>
  sites.find((site) => site.id === id)?.sessions.idleMinutes ?? 30;

const sessionOf = (event: Event, people: PeopleReader): SessionFacts | null => {
  // A join remembers what it has seen, and a session that goes on changes.
  const [joined] = createSessionJoin(people).events([event]);
  if (!joined?.session) return null;
  const cells = new Map(sessionColumns.map(({ name }, i) => [name, joined.session?.[i] ?? null]));
  const text = (name: string): string => String(cells.get(`session_${name}`) ?? "-");
  const count = (name: string): number => Number(cells.get(`session_${name}`) ?? 0);
  return {
    id: text("id"),
    lastAt: Date.parse(text("last_event_time")),
    events: count("total_events"),
    pageViews: count("total_page_views"),
    seconds: count("duration"),
    source: text("source"),
    medium: text("medium"),
  };
};

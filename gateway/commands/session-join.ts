/** Joins events with what is known of their sessions and people, a page at a time. */
import { type CountedReferral, referralOf } from "../identity/referral-of.ts";
import { createCache } from "../lib/cache.ts";
import type { Column, Event } from "../model/event.ts";
import type { Json } from "../model/json.ts";
import type { Session } from "../model/session.ts";
import { placeColumns, sessionColumns } from "../sessionize/columns.ts";
import { countsForSessions, toSessionEvent } from "../sessionize/session-event.ts";
import { viewSession } from "../sessionize/session-view.ts";
import { compareEvents } from "../sessionize/split-sessions.ts";
import type { PeopleReader, Who } from "../store/people-reader.ts";
import type { Span } from "../store/sealed-spans.ts";
import { timeCell } from "./export-source.ts";

/** What an event learns; cells stand in the order of their columns. */
export interface Joined {
  /** `placeColumns`; null where the event is of no session */
  readonly place: readonly Json[] | null;
  /** `sessionColumns` and `touchColumns` */
  readonly session: readonly Json[] | null;
  /** `referralColumns` */
  readonly referral: readonly Json[];
  /** the event's problems, where there is one more than it was stored with */
  readonly problems: Json;
}

export interface SessionJoin {
  events(page: readonly Event[]): readonly Joined[];
  sessions(page: readonly PersonSession[]): readonly Pick<Joined, "session" | "referral">[];
}

/** Where a person came from, joined to events and sessions. */
export const touchColumns: readonly Column[] = [
  { name: "first_touch_time", type: "time", meaning: "when the person first came" },
  { name: "first_touch_source", type: "text", meaning: "where the person first came from" },
  { name: "first_touch_medium", type: "text", meaning: "kind of that source" },
  { name: "first_touch_campaign", type: "text", meaning: "campaign of that visit" },
  { name: "last_touch_time", type: "time", meaning: "when the person last came from anywhere but straight" },
  { name: "last_touch_source", type: "text", meaning: "from where" },
  { name: "last_touch_medium", type: "text", meaning: "kind of that source" },
  { name: "last_touch_campaign", type: "text", meaning: "campaign of that visit" },
];

export const referralColumns: readonly Column[] = [
  { name: "referral_ref", type: "text", meaning: "the entity that first referred the person" },
  { name: "referral_rcode", type: "text", meaning: "referral code of that referral" },
  { name: "referral_aff", type: "text", meaning: "affiliate of that referral" },
  { name: "referral_generation", type: "int", meaning: "how many referrals lead to the person" },
];

export interface PersonSession {
  readonly who: Omit<Who, "visitor">;
  readonly site: string;
  readonly session: Session;
}

/** Events of sessions that are kept in memory: the next page mostly goes on with the same sessions. */
const keptEvents = 200_000;

interface View {
  readonly session: readonly Json[];
  readonly places: ReadonlyMap<string, readonly Json[]>;
}

type Person = Omit<Who, "visitor">;

export const createSessionJoin = (people: PeopleReader): SessionJoin => {
  const views = new Map<string, View>();
  const referrals = createCache<number, readonly (CountedReferral | null)[]>(20_000);
  let kept = 0;

  const load = (wanted: readonly PersonSession[]): void => {
    if (kept > keptEvents) {
      views.clear();
      kept = 0;
    }
    const missing = new Map<string, PersonSession>();
    for (const one of wanted) if (!views.has(keyOf(one))) missing.set(keyOf(one), one);
    const loaded = people.events([...missing.values()].map(spanOf));
    let i = 0;
    for (const [key, one] of missing) {
      const events = eventsWithin(one.session, loaded[i++] ?? []);
      kept += events.length;
      views.set(key, viewOf(people, one, events));
    }
  };

  const referral = ({ person, site }: Person): CountedReferral | null => {
    const known = referrals.get(person);
    if (known) return known[0] ?? null;
    const found = referralOf({ ...people, personOf: (id) => people.personOf(site, id) }, person);
    referrals.set(person, [found]);
    return found;
  };

  const referralCells = (who: Person, at: number): readonly Json[] => {
    const by = referral(who);
    return by === null || by.at > at ? noReferral : [by.ref, by.rcode, by.aff, by.generation];
  };

  return {
    events(page) {
      const found = page.map((event) => candidatesOf(people, event));
      load(found.flatMap(({ sessions }) => sessions));
      return page.map((event, i) => {
        const { who, sessions } = found[i] ?? nobody;
        if (who === null) return nothing;
        const view = sessions.map((one) => views.get(keyOf(one))).find((one) => one?.places.has(event.id));
        return {
          place: view?.places.get(event.id) ?? null,
          session: view?.session ?? null,
          referral: referralCells(who, event.timestamp_utc),
          problems: problemsOf(people, event, who),
        };
      });
    },
    sessions(page) {
      load(page);
      return page.map((one) => ({
        session: views.get(keyOf(one))?.session ?? null,
        referral: referralCells(one.who, one.session.endedAt),
      }));
    },
  };
};

const noReferral: readonly Json[] = referralColumns.map(() => null);

const nothing: Joined = { place: null, session: null, referral: noReferral, problems: null };

/** Cells are made once a session, and once an event: a session's are repeated on each of its events. */
const viewOf = (people: PeopleReader, { who, session }: PersonSession, events: readonly Event[]): View => {
  const view = viewSession(session, events);
  const cells = sessionColumns.map((column) => timeCell(column, view.session[column.name] ?? null));
  const touches = touchCells(people, who.person, session).map((value, i) =>
    timeCell(touchColumns[i] ?? sessionId, value),
  );
  const places = [...view.places].map(
    ([id, place]) => [id, placeColumns.map(({ name }) => place[name] ?? null)] as const,
  );
  return { session: [...cells, ...touches], places: new Map(places) };
};

const sessionId: Column = { name: "session_id", type: "uuid", meaning: "" };

interface Candidates {
  readonly who: Who | null;
  readonly sessions: readonly PersonSession[];
}

const nobody: Candidates = { who: null, sessions: [] };

/** Sessions that the event may belong to: one, or several that share its millisecond. */
const candidatesOf = (people: PeopleReader, event: Event): Candidates => {
  const who = people.who(event);
  if (who === null) return nobody;
  if (!countsForSessions(event)) return { who, sessions: [] };
  const at = event.timestamp_utc;
  const sessions = people.sessionsAt(who.person, at);
  return { who, sessions: sessions.map((session) => ({ who, site: event.property_id, session })) };
};

const keyOf = ({ who, session }: PersonSession): string => `${who.person} ${session.id}`;

const spanOf = ({ who, site, session }: PersonSession): Span => ({
  person: who.person,
  site,
  fromAt: session.startedAt,
  toAt: session.endedAt,
});

/** Of a person's events from its first moment to its last, those of the session: others may share these moments. */
const eventsWithin = (session: Session, events: readonly Event[]): readonly Event[] => {
  const ordered = events
    .filter(countsForSessions)
    .map((event) => ({ event, place: toSessionEvent(event) }))
    .sort((a, b) => compareEvents(a.place, b.place))
    .map(({ event }) => event);
  const first = ordered.findIndex(({ id }) => id === session.id);
  const last = ordered.findIndex(({ id }) => id === session.lastId);
  return first < 0 || last < 0 ? ordered : ordered.slice(first, last + 1);
};

const touchCells = (people: PeopleReader, person: number, session: Session): readonly Json[] => {
  const { first, last } = people.touches(person, session.startedAt);
  return [first, last].flatMap((touch) => [
    touch?.at ?? null,
    touch?.source ?? null,
    touch?.medium ?? null,
    touch?.campaign ?? null,
  ]);
};

/** A claim that was kept and joins nobody is named with the event that made it. */
const problemsOf = (people: PeopleReader, event: Event, who: Who): Json => {
  if (!event.user_claim || !event.user_id || !event.client_id) return null;
  const state = people.claim(who.visitor, who.site, event.user_id);
  const problem = state === null ? undefined : claimProblems[state];
  return problem === undefined ? null : [...(event.problems ?? []), { field: "user_id", problem }];
};

const claimProblems: Readonly<Record<string, string>> = {
  surplus: "more visitors or users are claimed than can be one person: kept, and not joined",
  undone: "taken back by the site: not joined",
};

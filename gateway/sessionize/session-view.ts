/** A session as it is read: what its events say together, and where each of them stands. */
import type { ColumnName, Event } from "../model/event.ts";
import type { Json } from "../model/json.ts";
import type { Session, SplitCause } from "../model/session.ts";
import { isTagEvent } from "../model/tag-event.ts";
import { clickNames, mainNames, utmNames } from "./columns.ts";
import { isPageView, type Place, placeEvents } from "./page-places.ts";
import { totalEvents } from "./session-totals.ts";

export interface SessionView {
  /** values of `sessionColumns` by name */
  readonly session: Readonly<Record<string, Json>>;
  /** values of `placeColumns` by name, by the event's id */
  readonly places: ReadonlyMap<string, Place>;
}

/** `events` are the session's own, in any order. */
export const viewSession = (session: Session, events: readonly Event[]): SessionView => {
  const ordered = events.toSorted(compareRead);
  const placed = placeEvents(ordered);
  return {
    session: describe(session, ordered),
    places: new Map(ordered.map((event, i) => [event.id, placed[i] ?? {}])),
  };
};

/**
 * Of events of one moment those of one page stand together, so that no page is left and come back to in between.
 * All of a session's events are in hand here, unlike where it is cut.
 */
const compareRead = (a: Event, b: Event): number =>
  a.timestamp_utc - b.timestamp_utc ||
  (a.sequence ?? 0) - (b.sequence ?? 0) ||
  compareText(a.page_location ?? "", b.page_location ?? "") ||
  compareText(a.id, b.id);

const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

const describe = (session: Session, events: readonly Event[]): SessionView["session"] => {
  const [first] = events;
  const views = events.filter(isPageView);
  const main = mainEvent(events);
  return {
    session_id: session.id,
    session_client_id: first?.client_id ?? null,
    session_source: session.source,
    session_medium: session.medium,
    session_term: first?.traffic_term ?? "",
    session_channel: first?.channel ?? null,
    session_referrer: textOf(first, "page_referrer"),
    session_duration: Math.floor((session.endedAt - session.startedAt) / 1000),
    session_total_events: events.length,
    session_first_event_time: session.startedAt,
    session_last_event_time: session.endedAt,
    session_split_cause: session.splitCause && causes[session.splitCause],
    ...pageOf("entry", views[0]),
    ...pageOf("second", views[1]),
    ...pageOf("exit", views.at(-1)),
    ...taken(views[0], utmNames, "utm_"),
    ...taken(views[0], clickNames, "click_id_"),
    ...taken(main, mainNames, ""),
    ...(main && isTagEvent(main) ? placeOf(main) : {}),
    ...totalEvents(events),
  };
};

const causes: Readonly<Record<SplitCause, string>> = {
  idle: "idle",
  campaign: "utm_campaign_changed",
  user: "user_id_changed",
  max_hours: "max_time_since_first_event_reached",
  max_events: "max_events_reached",
};

const pageOf = (which: string, view: Event | undefined) => ({
  [`session_${which}_page_location`]: textOf(view, "page_location"),
  [`session_${which}_page_title`]: textOf(view, "page_title"),
});

/** Null where there is no such event; of a tag that sent none an empty text. */
const textOf = (event: Event | undefined, name: "page_location" | "page_referrer" | "page_title"): Json =>
  event?.[name] ?? (event && isTagEvent(event) ? "" : null);

const taken = (event: Event | undefined, names: readonly string[], prefix: string) =>
  Object.fromEntries(
    names.map((name) => [
      `session_${prefix}${name}`,
      event?.[`${prefix}${name}` as ColumnName] ?? null, // the lists name columns; a test compares them
    ]),
  );

/** Of a tag's visit a place that nobody knows is an empty text, as in its events. */
const placeOf = (event: Event) => ({
  session_geo_city: event.geo_city ?? "",
  session_geo_country: event.geo_country ?? "",
  session_geo_continent: event.geo_continent ?? "",
});

/** The first event of the visitor with most events; of two with as many, of the one who came first. */
const mainEvent = (events: readonly Event[]): Event | undefined => {
  const counts = new Map<string, { readonly first: Event; n: number }>();
  for (const event of events) {
    const visitor = counts.get(event.client_id ?? "");
    if (visitor) visitor.n++;
    else counts.set(event.client_id ?? "", { first: event, n: 1 });
  }
  let most: { readonly first: Event; n: number } | undefined;
  for (const visitor of counts.values()) if (!most || visitor.n > most.n) most = visitor;
  return most?.first;
};

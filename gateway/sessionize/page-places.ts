/** The pages of a session in order: how long each was looked at, and which came before and after it. */
import type { Event } from "../model/event.ts";
import type { Json } from "../model/json.ts";

/** Values of `placeColumns` by name. */
export type Place = Readonly<Record<string, Json>>;

/** Where each event of a session stands in it; `events` are all of the session, in order. */
export const placeEvents = (events: readonly Event[]): readonly Place[] => {
  const spans = spansOf(events);
  const views = spans.flatMap(({ view }) => (view ? [view] : []));
  const locations = neighbours(views.map((view) => view.page_location ?? ""));
  const titles = neighbours(views.map((view) => view.page_title ?? ""));
  const numbers = pageNumbers(events);
  const places: Place[] = [];
  let number = -1;
  for (const span of spans) {
    if (span.view) number++;
    for (let i = span.start; i < span.end; i++) {
      const event = events[i];
      const viewed = event !== undefined && event === span.view;
      places.push({
        session_hit_number: i,
        session_page_number: numbers[i] ?? 0,
        time_on_page: span.seconds,
        session_is_entry_page: viewed && number === 0,
        session_is_exit_page: viewed && number === views.length - 1,
        page_is_bounce: viewed && views.length === 1,
        previous_page_location: locations.before(number),
        next_page_location: locations.after(number, event?.page_location ?? ""),
        previous_page_title: titles.before(number),
        next_page_title: titles.after(number, event?.page_title ?? ""),
      });
    }
  }
  return places;
};

export const isPageView = (event: Event): boolean => event.name === "page_view";

/** Events from `start` to before `end` are on one page: that of `view`, or none where nothing was viewed yet. */
interface Span {
  readonly view: Event | null;
  readonly start: number;
  readonly end: number;
  readonly seconds: number;
}

const spansOf = (events: readonly Event[]): readonly Span[] => {
  const starts = events.flatMap((event, i) => (i === 0 || isPageView(event) ? [i] : []));
  return starts.map((start, n) => {
    const first = events[start];
    const end = starts[n + 1] ?? events.length;
    const last = events[Math.min(end, events.length - 1)];
    const ms = (last?.timestamp_utc ?? 0) - (first?.timestamp_utc ?? 0);
    return { view: first && isPageView(first) ? first : null, start, end, seconds: Math.floor(ms / 1000) };
  });
};

/** Counts changes of the page; an event that names no page is on the one before it. */
const pageNumbers = (events: readonly Event[]): readonly number[] => {
  let number = 0;
  let page: string | null = null;
  return events.map(({ page_location: location }) => {
    if (location === undefined || location === null) return number;
    if (page !== null && location !== page) number++;
    page = location;
    return number;
  });
};

interface Neighbours {
  /** the nearest other value before the view of this number; null where there is none */
  before(view: number): string | null;
  /** likewise after it; `own` is the value of an event before the first view (-1) */
  after(view: number, own: string): string | null;
}

const neighbours = (values: readonly string[]): Neighbours => {
  const before: (string | null)[] = [];
  for (const [i, value] of values.entries()) {
    const previous = values[i - 1];
    before.push(previous === undefined || previous === value ? (before[i - 1] ?? null) : previous);
  }
  const after: (string | null)[] = values.map(() => null);
  for (let i = values.length - 2; i >= 0; i--) {
    const next = values[i + 1];
    after[i] = next === undefined || next === values[i] ? (after[i + 1] ?? null) : next;
  }
  return {
    before: (view) => before[view] || null, // an empty text is a page without the value
    after(view, own) {
      const [first] = values;
      const found = view >= 0 ? after[view] : first === own ? after[0] : first;
      return found || null;
    },
  };
};

import type { NewestEvent } from "../model/admin.ts";
import type { Event } from "../model/event.ts";
import type { EventStore, Stored } from "../model/event-store.ts";
import { type Reach, reaches } from "../model/token.ts";

/**
 * The last events of these sites in order of receipt, newest last; with `after`, only those above it. Documents are left
 * out. Where others are much busier, those of the last moments only.
 */
export const newestEvents = (
  store: Pick<EventStore, "read">,
  reach: Reach,
  lastSeq: number,
  after: number,
  limit: number,
): readonly NewestEvent[] => {
  // Documents and exposures come beside page views: three rows a view is the most that is usual.
  const most = limit * (reach === null ? 4 : 20);
  return store
    .read(Math.max(after, lastSeq - most), most)
    .filter(({ event }) => reaches(reach, event.property_id))
    .filter(({ event }) => event.type !== "log" || isRequest(event))
    .slice(-limit)
    .map(toNewest);
};

/**
 * Events above `after`, and up to where they were looked through: a site of which there are few among many others' may
 * have none yet, and the next question begins there.
 */
export const readEvents = (
  store: Pick<EventStore, "read">,
  reach: Reach,
  after: number,
  limit: number,
): { readonly events: readonly Stored[]; readonly upTo: number } => {
  const looked = store.read(after, reach === null ? limit : mostLooked);
  const events = looked.filter(({ event }) => reaches(reach, event.property_id)).slice(0, limit);
  const last = events.length === limit ? events.at(-1) : looked.at(-1);
  return { events, upTo: last?.seq ?? after };
};

/** They are read in some 15 ms. */
const mostLooked = 2000;

/** A finished request of a tracked route. */
const isRequest = ({ type, tracking_protocol: protocol, name }: Event): boolean =>
  type === "log" && protocol === "gateway" && name !== "document";

const requestOf = (event: Event): NewestEvent["request"] =>
  isRequest(event)
    ? {
        method: String(event.properties?.["method"] ?? ""),
        status: event.status ?? null,
        durationMs: event.duration_ms ?? null,
      }
    : null;

const variantsOf = ({ experiment_id: key, variation_id: seen, experiments }: Event): readonly string[] =>
  (seen ? [[key ?? "", seen]] : Object.entries(experiments ?? {})).map((pair) => pair.join("="));

const toNewest = ({ seq, event }: Stored): NewestEvent => ({
  seq,
  id: event.id,
  receivedAt: event.received_at,
  name: event.name,
  type: event.type,
  visitor: event.client_id ? event.client_id.slice(-4) : null,
  page: event.page_path ?? event.page_location ?? null,
  value: event.value ?? null,
  currency: event.currency ?? null,
  variant: event.variation_id ?? Object.values(event.experiments ?? {})[0] ?? null,
  variants: variantsOf(event),
  request: requestOf(event),
  bot: event.bot ?? null,
  demo: event.traffic_filter_name === "demo",
  problems: (event.problems ?? []).map(({ field, problem }) => `${field}: ${problem}`),
});

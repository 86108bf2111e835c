import type { NewestEvent } from "../model/admin.ts";
import type { Event } from "../model/event.ts";
import type { EventStore, Stored } from "../model/event-store.ts";

/** The last events in order of receipt, newest last; with `after`, only those above it. Documents are left out. */
export const newestEvents = (
  store: Pick<EventStore, "read">,
  lastSeq: number,
  after: number,
  limit: number,
): readonly NewestEvent[] => {
  // Documents and exposures come beside page views: three rows a view is the most that is usual.
  const from = Math.max(after, lastSeq - limit * 4);
  return store
    .read(from, limit * 4)
    .filter(({ event }) => event.type !== "log" || isRequest(event))
    .slice(-limit)
    .map(toNewest);
};

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

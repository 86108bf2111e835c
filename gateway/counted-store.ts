import type { Tally } from "./metrics/tally.ts";
import type { Event, Keyed } from "./model/event.ts";
import type { EventStore } from "./model/event-store.ts";
import { StoreBusy } from "./model/event-store.ts";
import type { Site } from "./model/site.ts";

type Appending = Pick<EventStore, "append" | "reject">;

/** Later than this an event did not come at once: it waited in a browser that was away, or was imported. */
const lateMs = 3_600_000;

/** The store, with what becomes of events counted for the metrics. */
export const countedStore = (store: Appending, tally: Tally | undefined): Appending => {
  if (!tally) return store;
  return {
    append(events) {
      return store.append(events).then(
        () => countEvents(tally, events),
        (error: unknown) => {
          if (error instanceof StoreBusy) tally.add("refused", events.length);
          throw error;
        },
      );
    },
    reject(hit) {
      tally.add("rejected", 1);
      store.reject(hit);
    },
  };
};

const countEvents = (tally: Tally, events: readonly Keyed[]): void => {
  tally.add("accepted", events.length);
  for (const { event } of events) {
    if (event.problems) tally.add("problems", 1);
    if (event.received_at - event.timestamp_utc > lateMs) tally.add("late", 1);
  }
};

/**
 * The store, without the events that filters of the settings drop. They are counted apart from all others, once what
 * they came with is stored: a client that is told to come back brings them again.
 */
export const filteredStore = (
  store: Appending,
  sites: readonly Pick<Site, "filters">[],
  keeps: (event: Event) => boolean,
  tally: Tally | undefined,
): Appending => {
  if (sites.every(({ filters }) => filters.conditions.length === 0)) return store;
  return {
    async append(events) {
      const kept = events.filter(({ event }) => keeps(event));
      if (kept.length > 0) await store.append(kept);
      if (kept.length < events.length) tally?.add("filtered", events.length - kept.length);
    },
    reject: (hit) => store.reject(hit),
  };
};

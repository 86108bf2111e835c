import type { Tally } from "./metrics/tally.ts";
import type { Keyed } from "./model/event.ts";
import type { EventStore } from "./model/event-store.ts";
import { StoreBusy } from "./model/event-store.ts";

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

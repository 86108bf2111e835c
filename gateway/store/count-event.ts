import type { Event } from "../model/event.ts";
import type { CounterTable } from "../model/projection.ts";

/** The numbers of the live page and of its checklist, counted as events are stored. */
export const countEvent = (counters: CounterTable, event: Event): void => {
  const site = event.property_id;
  if (event.bot) {
    counters.add(site, "bots", 1);
    return;
  }
  if (event.type === "log") {
    if (event.tracking_protocol === "gateway") counters.add(site, "documents", 1);
    return;
  }
  counters.add(site, "events", 1);
  if (event.traffic_filter_name === "demo") return;
  if (event.type === "exposure") counters.add(site, "exposures", 1);
  if (event.type === "page" && event.tracking_protocol === "native") counters.add(site, "script_views", 1);
  if (event.properties && "gu" in event.properties) counters.add(site, "tagged", 1);
};

import type { Event } from "../model/event.ts";
import type { SinkEvent } from "./sink.ts";

/** The n-th of many events, as it is stored. */
export const storedEvent = (n: number, change: Partial<Event> = {}): Event => ({
  id: `0190a5b2-0000-7000-8000-${String(n).padStart(12, "0")}`,
  property_id: "main",
  tracking_protocol: "native",
  type: "track",
  name: "click",
  timestamp_utc: 1_769_860_800_000 + n,
  received_at: 1_769_860_800_000 + n,
  client_id: `visitor-${n % 7}`,
  properties: { n },
  ...change,
});

/** The same as a sink gets it, about. */
export const sinkEvent = (n: number): SinkEvent => {
  const { timestamp_utc, ...event } = storedEvent(n);
  return { ...event, timestamp_utc: new Date(timestamp_utc).toISOString() } as SinkEvent; // its columns are JSON
};

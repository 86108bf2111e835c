import type { Event } from "./event.ts";

/** A page view for tests, with the columns that they are about. */
export const makeEvent = (columns: Partial<Event>): Event => ({
  id: "01900000-0000-7000-8000-000000000001",
  property_id: "main",
  tracking_protocol: "native",
  type: "page",
  name: "page_view",
  timestamp_utc: 0,
  received_at: 0,
  ...columns,
});

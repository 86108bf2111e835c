import type { Event } from "../model/event.ts";

/** Columns that tell who somebody is, or where. */
const personal = [
  "client_id",
  "user_id",
  "user_claim",
  "session_stamp",
  "client_session_id",
  "ip_address",
  "did",
  "lat",
  "lon",
  "zip",
  "traits",
  "ehash",
  "chash",
  "uhash",
  "bhash",
  "iphash",
  "email_hash",
  "phone_hash",
  "username_hash",
] as const satisfies readonly (keyof Event)[];

/**
 * The event as it may leave the process: without what is personal where the visitor has said no. Decoders leave that
 * out already; this holds also for what an older version or an import has stored.
 */
export const withheld = (event: Event): Event => {
  if (event.consent !== "denied" && event.privacy_analytics_storage !== false) return event;
  const open = { ...event };
  for (const column of personal) delete open[column];
  return open;
};

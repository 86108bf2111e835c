import type { Event } from "../model/event.ts";
import { personalColumns } from "../model/personal-columns.ts";

/** Beside what hits say, what was made of them. */
const personal = [
  ...personalColumns,
  "user_claim",
  "session_stamp",
  "ip_address",
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

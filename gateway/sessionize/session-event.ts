import type { Event } from "../model/event.ts";
import type { SessionEvent } from "../model/session.ts";

/** False for what the gateway itself wrote (documents, exposures): that is no act of the visitor. */
export const countsForSessions = (event: Event): boolean => event.type !== "log" && event.type !== "exposure";

export const toSessionEvent = (event: Event): SessionEvent => ({
  id: event.id,
  at: event.timestamp_utc,
  sequence: event.sequence ?? 0,
  name: event.name,
  userId: event.user_id ?? null,
  campaign: event.utm_campaign ?? null,
  source: event.utm_source ?? event.referrer_source ?? null,
  medium: event.utm_medium ?? event.referrer_medium ?? null,
  referrer: event.page_referrer ?? null,
  page: event.page_location ?? null,
});

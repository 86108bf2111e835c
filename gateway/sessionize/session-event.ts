import type { Event } from "../model/event.ts";
import type { SessionEvent } from "../model/session.ts";

/**
 * False for what is no act of a visitor: what the gateway itself wrote (documents, exposures), and what the site's
 * server says of a user without saying where he was.
 */
export const countsForSessions = (event: Event): boolean =>
  !noActs.has(event.type) && Boolean(event.client_id) && !isTakenBack(event);

/** The owner has taken back whom a visitor was taken for. */
const isTakenBack = ({ type, tracking_protocol: by }: Event): boolean => type === "alias" && by === "gateway";

/** A payment may be a renewal that nobody was there for. */
const noActs: ReadonlySet<string> = new Set(["log", "exposure", "payment"]);

export const toSessionEvent = (event: Event): SessionEvent => ({
  id: event.id,
  at: event.timestamp_utc,
  sequence: event.sequence ?? 0,
  name: event.name,
  userId: event.user_id ?? null,
  campaign: event.utm_campaign ?? null,
  source: event.traffic_source ?? event.utm_source ?? event.referrer_source ?? null,
  medium: event.traffic_medium ?? event.utm_medium ?? event.referrer_medium ?? null,
  referrer: event.page_referrer ?? null,
  page: event.page_location ?? null,
});

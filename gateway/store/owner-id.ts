import type { Event } from "../model/event.ts";

/**
 * Under which id the site knows whose event it is; null where it is nobody's. A served document alone makes no visitor:
 * whether somebody saw it, its page view says.
 */
export const visitorIdOf = (event: Event): string | null => {
  if (event.type === "log") return null;
  return event.client_id || (event.user_claim && event.user_id ? ownerId(event.user_id) : null);
};

/**
 * A user whom the site's server speaks of without saying which visitor he is: nobody's browser, but joined with all
 * that the user's browsers did. No client's id begins with a control character.
 */
export const ownerId = (userId: string): string => `${ownerMark}${userId}`;

/** The user of such an id; null for a browser's. */
export const userOfOwner = (visitorId: string): string | null =>
  visitorId.startsWith(ownerMark) ? visitorId.slice(ownerMark.length) : null;

const ownerMark = "\u001f";

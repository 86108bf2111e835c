/**
 * A user whom the site's server speaks of without saying which visitor he is: nobody's browser, but joined with all
 * that the user's browsers did. No client's id begins with a control character.
 */
export const ownerId = (userId: string): string => `${ownerMark}${userId}`;

/** The user of such an id; null for a browser's. */
export const userOfOwner = (visitorId: string): string | null =>
  visitorId.startsWith(ownerMark) ? visitorId.slice(ownerMark.length) : null;

const ownerMark = "\u001f";

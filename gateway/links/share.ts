/** A link that says who passed it on, and finding out from an event who that was. */
import type { Event } from "../model/event.ts";
import type { ShareCodes } from "./share-code.ts";

/** How whoever passes on came here himself is no part of what he passes on. */
const ofTheVisit = /^(utm_\w+|\w+(clk?id|braid)|ref|rcode|aff)$/;

/** An address with the code of who shares it, instead of the campaign and the referral by which he came; null where it is none. */
export const sharedLink = (address: string, page: string | undefined, code: string): string | null => {
  const url = URL.parse(address, page);
  if (!url || !/^https?:$/.test(url.protocol)) return null;
  for (const name of [...url.searchParams.keys()]) if (ofTheVisit.test(name)) url.searchParams.delete(name);
  url.searchParams.set("rcode", code);
  return url.href;
};

/**
 * Puts the visitor who shared in the place of his code, so that referrals join people; his own browser does not refer
 * itself. Codes that are not ours stay.
 */
export const readShareCode = (event: Event, codes: ShareCodes): void => {
  for (const field of ["ref", "rcode"] as const) {
    const code = event[field];
    const sharer = code ? codes.visitorOf(event.property_id, code) : null;
    if (sharer === null) continue;
    delete event[field];
    if (sharer !== event.client_id) event.ref = sharer;
  }
};

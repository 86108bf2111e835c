import type { Event, Keyed } from "../model/event.ts";
import { newId, type VisitorId } from "../model/ids.ts";

/** A visitor's claim to be a user. */
export interface UserClaim {
  readonly site: string;
  /** the visitor's id */
  readonly visitor: string;
  /** the user's id */
  readonly user: string;
}

/**
 * What the journal holds of a claim that the owner takes back: it joins nobody any more, also when it is made again. An
 * event like the others, so that the people are the same whenever they are worked out again.
 */
export const undoClaim = ({ site, visitor, user }: UserClaim, now: number): Keyed => {
  const event: Event = {
    id: newId(),
    property_id: site,
    tracking_protocol: "gateway",
    type: "alias",
    name: "identity_undo",
    timestamp_utc: now,
    received_at: now,
    client_id: visitor as VisitorId, // as it is stored
    user_id: user,
    user_claim: "server",
    properties: { undo: true },
  };
  return { event, keyTime: now };
};

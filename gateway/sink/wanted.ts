import type { Event } from "../model/event.ts";

export interface Wish {
  /** names or types of events; none means all */
  readonly only: readonly string[];
  /** sites; none means all */
  readonly sites: readonly string[];
  readonly bots: "exclude" | "only" | "all";
}

/** Tells which events a sink gets. */
export const wantedBy = ({ only, sites, bots }: Wish): ((event: Event) => boolean) => {
  const names = new Set(only);
  const ofSites = new Set(sites);
  return ({ name, type, property_id: site, bot }) =>
    (names.size === 0 || names.has(name) || names.has(type)) &&
    (ofSites.size === 0 || ofSites.has(site)) &&
    (bots === "all" || (bots === "only") === Boolean(bot));
};

import type { Site } from "../model/site.ts";
import { createHostTable } from "./host-table.ts";

/** Finds the site of a host, most exact pattern first; null when no site has it. */
export const createSiteFinder = (sites: readonly Site[]): ((host: string) => Site | null) => {
  const sitesOf = createHostTable(sites.map((site) => ({ hosts: site.hosts, value: site })));
  return (host) => sitesOf(host)[0] ?? null;
};
